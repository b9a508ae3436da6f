import { SECURE_SESSION_COOKIE, SESSION_COOKIE } from "../access/cookie.js";

/** The login cookie: no script reads it, no other site has it sent [RFC 6265bis, 4.1]. `seconds` of 0 take it away. */
export function loginCookie(value: string, seconds: number, secure: boolean): string {
  const name = secure ? SECURE_SESSION_COOKIE : SESSION_COOKIE;
  const parts = [`${name}=${value}`, "Path=/", `Max-Age=${seconds}`, "HttpOnly", "SameSite=Strict"];
  return [...parts, ...(secure ? ["Secure"] : [])].join("; ");
}
