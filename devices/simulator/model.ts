export type Scalar = number | string | boolean | null;
export type Fields = Readonly<Record<string, Scalar>>;

/** A stretch of simulated time. Models must stay plausible for a step of a millisecond and of a day. */
export interface Step {
  /** End of the stretch, milliseconds since 1970. */
  readonly time: number;
  /** Its length in seconds. */
  readonly seconds: number;
}

/** Something that happened, as against a measurement. Alarms and meter readings matter exactly once: QoS 2. */
export interface Occurrence {
  readonly type: string;
  readonly qos: 1 | 2;
  readonly fields?: Fields;
}

export interface Observation {
  readonly telemetry: Fields;
  readonly occurrences: readonly Occurrence[];
}

/** Takes a value from a command and answers with its fault, or with nothing when it was carried out. */
export type Setting = (value: unknown) => string | undefined;

/** The physics of one kind of device; knows nothing of MQTT. */
export interface Model {
  readonly settings: ReadonlyMap<string, Setting>;
  step(step: Step): Observation;
}

export const event = (type: string, fields?: Fields): Occurrence =>
  fields ? { type, qos: 1, fields } : { type, qos: 1 };

/** `alarm` says what is wrong; `active` whether it came or went. */
export const alarm = (name: string, active: boolean, fields?: Fields): Occurrence => ({
  type: "alarm",
  qos: 2,
  fields: { alarm: name, active, ...fields },
});
