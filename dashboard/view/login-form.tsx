import { useEffect, useRef, useState } from "preact/hooks";
import { Brand } from "./brand.js";

export interface LoginFormProps {
  /** Why the page asks now, as a sentence. */
  readonly reason: string | undefined;
  /** Rejects with a reason worth showing. */
  readonly onLogIn: (user: string, password: string) => Promise<void>;
  /** Where the page can be looked at without, too. */
  readonly onCancel?: (() => void) | undefined;
}

export function LoginForm({ reason, onLogIn, onCancel }: LoginFormProps) {
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const user = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => user.current?.focus(), []);

  const submit = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      await onLogIn(user.current?.value ?? "", password.current?.value ?? "");
    } catch (error) {
      setFault((error as Error).message);
      setBusy(false);
      password.current?.focus();
      password.current?.select();
    }
  };
  const wrong = fault !== undefined;
  return (
    <main class="login">
      <Brand />
      <form
        class="card"
        aria-labelledby="login-title"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void submit();
        }}
      >
        <h2 id="login-title">Log in</h2>
        <p class="muted" id="login-reason" role="status">
          {reason ?? "This server shows its data to those who have an account."}
        </p>
        <label for="login-user">Name</label>
        <input
          id="login-user"
          ref={user}
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          maxLength={1024}
          required
          aria-invalid={wrong}
          aria-describedby="login-fault"
        />
        <label for="login-password">Password</label>
        <input
          id="login-password"
          ref={password}
          name="password"
          type="password"
          autocomplete="current-password"
          maxLength={1024}
          required
          aria-invalid={wrong}
          aria-describedby="login-fault"
        />
        <p class="fault" id="login-fault" role="alert">
          {fault}
        </p>
        <div class="buttons">
          <button type="submit" class="primary" aria-disabled={busy}>
            {busy ? "Logging in…" : "Log in"}
          </button>
          {onCancel ? (
            <button type="button" onClick={onCancel}>
              Cancel
            </button>
          ) : null}
        </div>
      </form>
    </main>
  );
}
