/* What the tests use of the package, which brings no types of its own. */
declare module "piesocket-js" {
  export interface PieMember {
    readonly uuid: string;
    readonly user: string;
  }

  export interface PieChannel {
    readonly uuid: string;
    readonly members: readonly PieMember[];
    listen(event: string, callback: (...told: never[]) => void): void;
    on(event: "close" | "error" | "message", callback: (event: never) => void): void;
    publish(event: string, data?: unknown, meta?: unknown): Promise<void>;
    getMemberByUUID(uuid: string): PieMember | null;
    getCurrentMember(): PieMember | null;
  }

  export default class PieSocket {
    constructor(options: Readonly<Record<string, unknown>>);
    subscribe(channel: string): Promise<PieChannel>;
    unsubscribe(channel: string): boolean;
    getConnections(): Readonly<Record<string, PieChannel>>;
  }
}
