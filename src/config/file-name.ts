import { z } from "zod";

/** The name of a file that the configuration points at. */
export const file = (what: string) =>
  z.string().min(1).describe(`${what} Relative to the working directory.`);
