import { Failure } from "./failure.js";

/** What MQTT can carry. */
const MOST_BYTES = 65_535;

/** From a terminal, without showing it; asked for a second time where it is a new one. */
export async function promptPassword(isNew: boolean): Promise<string> {
  const { stdin } = process;
  // Raw mode is what keeps a terminal from showing what is typed, so it begins before anybody is asked to type.
  stdin.setRawMode(true);
  try {
    const password = await ask("Password: ");
    if (isNew && (await ask("Once more: ")) !== password)
      throw new Failure("the two are not the same; nothing was changed");
    return checked(password);
  } finally {
    stdin.setRawMode(false);
  }
}

/** The one line of standard input. */
export async function readPassword(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BYTES + 2) break;
  }
  return checked(
    Buffer.concat(chunks)
      .toString("utf8")
      .replace(/\r?\n$/, ""),
  );
}

function checked(password: string): string {
  if (password === "") throw new Failure("the password is empty; nothing was changed");
  if (Buffer.byteLength(password) > MOST_BYTES)
    throw new Failure(`the password is longer than ${MOST_BYTES} bytes; nothing was changed`);
  if (/[\r\n]/.test(password)) throw new Failure("the password must be one line; nothing was changed");
  return password;
}

const ENTER = ["\r", "\n"];
const END_OF_INPUT = "\u0004";
const INTERRUPT = "\u0003";
/** Terminals send the one or the other. */
const BACKSPACE = ["\b", "\u007f"];
const CLEAR_LINE = "\u0015";

/** In raw mode the keys for editing are ours to heed. */
function ask(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const end = (settle: () => void) => {
      stdin.off("data", onData).off("end", onEnd).pause();
      stderr.write("\n");
      settle();
    };
    const giveUp = () => end(() => reject(new Failure("interrupted; nothing was changed")));
    const onEnd = giveUp;
    const onData = (text: string) => {
      const keys = [...text];
      for (const [index, key] of keys.entries()) {
        if (key === INTERRUPT || (key === END_OF_INPUT && typed.length === 0)) return giveUp();
        if (ENTER.includes(key)) {
          // What was pasted beyond the line belongs to the next question.
          const rest = keys.slice(index + 1).join("");
          if (rest) stdin.unshift(rest);
          return end(() => resolve(typed.join("")));
        }
        if (BACKSPACE.includes(key)) typed.pop();
        else if (key === CLEAR_LINE) typed = [];
        else typed.push(key);
      }
    };
    stdin.on("data", onData).on("end", onEnd);
  });
}
