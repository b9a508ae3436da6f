import { createHmac } from "node:crypto";

/** What the receiver checks: that whoever knows the secret sent this body, and when. */
export function signatureOf(body: Buffer, secret: string, sent: number): string {
  const seconds = Math.floor(sent / 1_000);
  const hmac = createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex");
  return `t=${seconds},v1=${hmac}`;
}
