import { useEffect, useState } from "preact/hooks";
import { copyText } from "./clipboard.js";

const SHOWN = 2_000;

export interface CopyButtonProps {
  /** What is copied, asked for when it is needed. */
  readonly text: () => string;
  /** What the button copies, for those who do not see what is beside it. */
  readonly label: string;
}

export function CopyButton({ text, label }: CopyButtonProps) {
  const [result, setResult] = useState<string>();
  useEffect(() => {
    if (result === undefined) return;
    const timer = setTimeout(() => setResult(undefined), SHOWN);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = async () => setResult((await copyText(text())) ? "Copied" : "Press Ctrl+C");
  return (
    <button type="button" class="quiet copy" aria-label={label} onClick={copy}>
      <span aria-live="polite">{result ?? "Copy"}</span>
    </button>
  );
}
