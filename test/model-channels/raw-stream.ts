import { numberOf } from "./actor.js";
import type { ClientPlan } from "./plan.js";
import { type Body, RawActor } from "./raw-actor.js";
import { type StreamEntry, StreamTrack } from "./stream-track.js";
import type { Truth } from "./truth.js";
import type { Wire } from "./wire.js";

interface Position {
  epoch: string;
  offset: number;
}

/** A stream subscription. */
export class RawStream extends RawActor {
  readonly #track: StreamTrack;
  readonly #fault: (text: string) => void;
  #position: Position | undefined;
  #recovers = false;

  constructor(
    open: () => Wire,
    plan: ClientPlan,
    truth: Truth,
    hasHistory: boolean,
    fault: (text: string) => void,
  ) {
    super(open, plan, fault);
    this.#track = new StreamTrack(plan, truth, hasHistory, fault);
    this.#fault = fault;
  }

  override get wrong(): string | undefined {
    return this.#track.wrong;
  }

  override get recoveries(): number {
    return this.#track.recoveries;
  }

  protected override request(): Body {
    this.#recovers = this.#position !== undefined;
    return this.#recovers ? { recover: true, ...this.#position } : {};
  }

  protected override result(result: Body): boolean {
    const { recoverable, recovered, was_recovering, epoch, offset, publications = [] } = result;
    if (this.#recovers !== (was_recovering === true)) this.#fault(`was_recovering is ${was_recovering}`);
    this.#position = recoverable ? { epoch: String(epoch), offset: Number(offset) } : undefined;
    this.#track.subscribed(recovered === true, this.#position?.offset);
    for (const pub of publications as Body[]) this.publication(pub);
    return true;
  }

  protected override refused(code: number): void {
    this.#fault(`subscribe was refused with code ${code}`);
  }

  protected override publication(pub: Body): void {
    const { offset, epoch } = pub;
    this.#track.publication(streamEntry(pub));
    if (this.#position && typeof offset === "number") this.#position.offset = offset;
    if (this.#position && typeof epoch === "string") this.#position.epoch = epoch;
  }

  protected override gone(forGood: boolean): void {
    this.#track.left();
    if (forGood) this.#position = undefined;
  }
}

export function streamEntry({ data, offset, tags }: Body): StreamEntry {
  const { topic = "", snapshot } = tags as Record<string, string>;
  return {
    topic,
    n: numberOf(data),
    offset: typeof offset === "number" ? offset : undefined,
    isSnapshot: snapshot === "true",
  };
}
