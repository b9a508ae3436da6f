/** What is known of one file. */
export interface DiskFile {
  /** Bytes written to it. */
  written: number;
  /** Bytes of them that were synced. */
  synced: number;
  /** Whether its directory was synced since it was made. */
  listed: boolean;
}

/** `7 write(4</a/b>, ""..., 3) = 3`, or one of its two halves when another thread came between. */
const WHOLE = /^(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)/;
const BEGIN = /^(\d+)\s+(\w+)\((.*) <unfinished \.\.\.>$/;
const END = /^(\d+)\s+<\.\.\. (\w+) resumed>(.*)\)\s+= (-?\d+)/;

interface Call {
  readonly name: string;
  readonly args: string;
  /** What had been written to its file when it began. */
  readonly written: number;
}

/**
 * The files of one directory, as a trace tells it of the process that wrote them all. A file system with a journal is
 * assumed: what a sync makes durable includes the names that were given before it.
 */
export class Disk {
  readonly files = new Map<string, DiskFile>();
  readonly #directory: string;
  readonly #begun = new Map<string, Call>();

  constructor(directory: string, trace: string) {
    this.#directory = directory;
    for (const line of trace.split("\n"))
      if (line.includes(directory) || line.includes("resumed>")) this.#read(line);
  }

  #read(line: string): void {
    const [, thread = "", name = "", args = ""] = BEGIN.exec(line) ?? [];
    if (thread) {
      this.#begun.set(thread, this.#call(name, args));
      return;
    }
    const end = END.exec(line);
    const begun = end && this.#begun.get(end[1] ?? "");
    if (end) this.#begun.delete(end[1] ?? "");
    if (end && begun) this.#done({ ...begun, args: begun.args + (end[3] ?? "") }, Number(end[4]));
    const whole = end ? null : WHOLE.exec(line);
    if (whole) this.#done(this.#call(whole[2] ?? "", whole[3] ?? ""), Number(whole[4]));
  }

  #call(name: string, args: string): Call {
    return { name, args, written: this.#open(args)?.written ?? 0 };
  }

  /** The file of a call's descriptor. */
  #open(args: string): DiskFile | undefined {
    return this.files.get(this.#nameOf(/^\d+<(.*?)>/.exec(args)?.[1] ?? ""));
  }

  #done({ name, args, written }: Call, result: number): void {
    if (result < 0) return;
    const file = this.#open(args);
    const [from = "", to = ""] = [...args.matchAll(/"(.*?)"/g)].map(([, path = ""]) => this.#nameOf(path));
    if (name === "openat" || name === "creat") this.#opened(from, args, name === "creat");
    else if (name === "write" || name === "writev") {
      if (file) file.written += result;
    } else if (name.endsWith("sync")) this.#synced(args, written);
    else if (name.startsWith("rename")) this.#renamed(from, to);
    else if (name.startsWith("unlink")) this.files.delete(from);
    else if (file) throw new Error(`${name} on a file of the data directory is not understood: ${args}`);
  }

  #opened(name: string, args: string, truncates: boolean): void {
    const isNew = !this.files.has(name) && /O_CREAT/.test(args);
    if (name && (truncates || isNew || /O_TRUNC/.test(args)))
      this.files.set(name, { written: 0, synced: 0, listed: false });
  }

  #synced(args: string, written: number): void {
    const file = this.#open(args);
    if (file) Object.assign(file, { synced: Math.max(file.synced, written), listed: true });
    else if (args.includes(`<${this.#directory}>`))
      for (const each of this.files.values()) each.listed = true;
  }

  #renamed(from: string, to: string): void {
    const file = this.files.get(from);
    this.files.delete(from);
    if (file && to) this.files.set(to, file);
  }

  /** Of a path in the directory; empty for others. */
  #nameOf(path: string): string {
    const name = path.startsWith(`${this.#directory}/`) ? path.slice(this.#directory.length + 1) : "";
    return name.includes("/") ? "" : name;
  }
}
