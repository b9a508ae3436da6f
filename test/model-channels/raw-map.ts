import { numberOf } from "./actor.js";
import { type MapEntry, MapTrack } from "./map-track.js";
import type { ClientPlan } from "./plan.js";
import { type Body, RawActor } from "./raw-actor.js";
import type { Truth } from "./truth.js";
import type { Wire } from "./wire.js";

interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** A map subscription: state, changes, live. */
export class RawMap extends RawActor {
  readonly #track: MapTrack;
  readonly #limit: number;
  readonly #fault: (text: string) => void;
  /** Where it stands once it is live. */
  #position: Position | undefined;
  /** Of a subscription under way. */
  #at: Position | undefined;
  #cursor = "";
  #recovers = false;
  #catchesUp = false;
  #entries = new Map<string, MapEntry>();
  #changes: MapEntry[] = [];
  recoveries = 0;

  constructor(
    open: () => Wire,
    plan: ClientPlan,
    truth: Truth,
    isPaced: boolean,
    fault: (text: string) => void,
  ) {
    super(open, plan, fault);
    this.#track = new MapTrack(plan, truth, isPaced, fault);
    this.#limit = plan.limit;
    this.#fault = fault;
  }

  override get wrong(): string | undefined {
    return this.#track.wrong;
  }

  protected override request(): Body {
    const how = { type: 1, limit: this.#limit };
    if (!this.#at && this.#position) {
      this.#recovers = true;
      this.#catchesUp = true;
      this.#at = this.#position;
    }
    if (this.#catchesUp)
      return { ...how, phase: 1, ...this.#at, ...(this.#recovers ? { recover: true } : {}) };
    return { ...how, phase: 2, ...(this.#cursor === "" ? {} : { cursor: this.#cursor }) };
  }

  protected override result(result: Body): boolean {
    const { phase = 0, state = [], publications = [], cursor = "", epoch, offset } = result;
    const place = { epoch: String(epoch), offset: Number(offset) };
    for (const pub of state as Body[]) this.#takeState(pub);
    this.#changes.push(...(publications as Body[]).map(mapEntry));
    if (phase === 0) {
      this.#goLive(place, result.recovered === true);
      return true;
    }
    if (phase === 1) this.#at = place;
    else {
      this.#at ??= place;
      if (this.#at.epoch !== place.epoch || this.#at.offset !== place.offset)
        this.#fault("the first page moved");
      this.#cursor = String(cursor);
      this.#catchesUp = this.#cursor === "";
    }
    this.ask();
    return false;
  }

  protected override refused(code: number): void {
    if (code !== 112) this.#fault(`subscribe was refused with code ${code}`);
    this.#position = undefined;
    this.#beginAnew();
    this.ask();
  }

  protected override publication(pub: Body): void {
    this.#track.update(mapEntry(pub));
    if (this.#position) this.#position = { ...this.#position, offset: Number(pub.offset) };
  }

  protected override gone(forGood: boolean): void {
    this.#track.left();
    this.#beginAnew();
    if (forGood) this.#position = undefined;
  }

  #takeState(pub: Body): void {
    const entry = mapEntry(pub);
    if (this.#entries.has(entry.key)) this.#fault(`${entry.key} is in the state twice`);
    if (entry.n === 0) this.#fault(`${entry.key} is in the state without a value`);
    this.#entries.set(entry.key, entry);
  }

  #goLive(place: Position, recovered: boolean): void {
    if (recovered !== this.#recovers) this.#fault(`recovered is ${recovered}`);
    if (recovered) {
      this.recoveries++;
      this.#track.recovered();
      for (const change of this.#changes) this.#track.update(change);
    } else {
      for (const change of this.#changes)
        if (change.n === 0) this.#entries.delete(change.key);
        else this.#entries.set(change.key, change);
      this.#track.sync([...this.#entries.values()]);
    }
    this.#beginAnew();
    this.#position = place;
  }

  #beginAnew(): void {
    this.#at = undefined;
    this.#cursor = "";
    this.#recovers = false;
    this.#catchesUp = false;
    this.#entries = new Map();
    this.#changes = [];
  }
}

function mapEntry({ key, data, removed }: Body): MapEntry {
  return { key: String(key), n: removed === true ? 0 : numberOf(data) };
}
