import type { z } from "zod";

/** Of two keys, one and not both. */
export function either(one: string, other: string) {
  return {
    check: (body: object, context: z.RefinementCtx): void => {
      if (one in body !== other in body) return;
      const message = `needs ${one} or ${other}${one in body ? ", not both" : ""}`;
      context.addIssue({ code: "custom", message });
    },
    schema: { oneOf: [{ required: [one] }, { required: [other] }] },
  };
}
