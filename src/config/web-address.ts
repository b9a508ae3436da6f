import { z } from "zod";

const EXPECTED = "an http:// or https:// address without user name and password";

/** Where something is posted to. */
export const webAddress = () =>
  z.string({ error: EXPECTED }).refine(isAddress, { error: EXPECTED }).meta({ title: "url" });

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}
