/** Why a key cannot be taken, as the end of a sentence that begins with where it is. Never holds the key. */
export class KeyFault extends Error {}
