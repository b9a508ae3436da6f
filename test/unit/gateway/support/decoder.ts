import { Centrifuge } from "centrifuge";

interface Codec {
  applyDeltaIfNeeded(
    publication: { readonly data: string; readonly delta?: boolean },
    previous: Uint8Array | undefined,
  ): { newData: unknown; newPrevValue: Uint8Array };
}

/** What the reference client makes of a publication, and keeps for the next one. */
export const decoder: Codec = (new Centrifuge("ws://127.0.0.1") as unknown as { _codec: Codec })._codec;
