import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { certificate } from "../helpers/certificate.js";
import { run } from "../helpers/command.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { openPage } from "./browser.js";
import { mosquittoPub } from "./shell.js";

const NAME = "ada";
const PASSWORD = "a password with spaces";
const TOPIC = "sensors/kitchen/temperature";

interface Served extends RunningServer {
  /** Of the accounts. */
  readonly file: string;
  publish(value: string): Promise<void>;
}

/** A server that lets in nobody but ada and max. */
async function serve(t: TestContext, config: object = {}): Promise<Served> {
  const directory = await temporaryDirectory(t, "login");
  const file = join(directory, "accounts");
  await writeFile(file, "");
  for (const name of [NAME, "max"])
    assert.equal((await run("mosquitto_passwd", ["-b", file, name, PASSWORD])).code, 0);
  const server = await startServer(t, { config: { accounts: { file }, ...config } });
  const publish = (value: string) =>
    mosquittoPub(server.mqtt, TOPIC, "-u", NAME, "-P", PASSWORD, "-r", "-m", value);
  return Object.assign(server, { file, publish });
}

async function logIn(page: Page, password: string, name = NAME): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

async function isLive(page: Page): Promise<void> {
  await page.locator("#link-state", { hasText: "Live" }).waitFor();
}

function row(page: Page, text: string) {
  return page.locator("tbody tr", { has: page.getByTitle(TOPIC, { exact: true }) }).getByText(text);
}

test("who logs in sees what there is, until logging out", async (t) => {
  const server = await serve(t);
  await server.publish("21.5");
  const { page, errors } = await openPage(t, server.httpUrl);
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  assert.equal(await page.locator("table").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "login-user");
  // With the keyboard alone.
  await page.keyboard.type(NAME);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await isLive(page);
  await row(page, "21.5").waitFor();
  assert.match((await page.locator(".user").textContent()) ?? "", /Logged in as ada/);

  const [cookie, ...others] = await page.context().cookies();
  assert.equal(others.length, 0);
  assert.equal(cookie?.name, "causeway_session");
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, "Strict");
  assert.ok(cookie.expires > Date.now() / 1_000 + 11 * 3_600);
  assert.equal(await page.evaluate(() => document.cookie), "");
  assert.ok(
    !(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).includes("ada"),
  );

  await page.reload();
  await row(page, "21.5").waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByText("You are logged out.").waitFor();
  assert.equal(await page.locator("table").count(), 0);
  assert.deepEqual(await page.context().cookies(), []);
  // Neither is there anything of it for the next one.
  await logIn(page, PASSWORD, "max");
  await row(page, "21.5").getByText("stored").or(row(page, "21.5")).first().waitFor();
  assert.equal(await page.locator("#message-count").textContent(), "0");
  assert.deepEqual(errors, []);
  const cut = await server.logged(
    ({ part, msg, user }) => part === "audit" && msg === "ended" && user === NAME,
  );
  assert.equal(cut.door, "login");
  assert.ok(!JSON.stringify(server.log).includes(PASSWORD));
  assert.ok(!JSON.stringify(server.log).includes(cookie.value));
});

test("a wrong password is said, and the next attempt is a key press away", async (t) => {
  const server = await serve(t);
  const { page } = await openPage(t, server.httpUrl);
  await logIn(page, "not the password");
  await page.getByRole("alert").getByText("The name or the password is wrong.").waitFor();
  const password = page.getByLabel("Password", { exact: true });
  assert.equal(await password.getAttribute("aria-invalid"), "true");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "login-password");
  // What was wrong is selected: typing replaces it.
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await isLive(page);
});

test("when a login has ended the page says so, and shows nothing any more", async (t) => {
  const server = await serve(t, { login: { lifetime: "10s" } });
  await server.publish("21.5");
  const { page } = await openPage(t, server.httpUrl);
  await logIn(page, PASSWORD);
  await row(page, "21.5").waitFor();
  await page.getByText("Your login has ended. Log in again to go on.").waitFor();
  assert.equal(await page.locator("table").count(), 0);
  assert.equal(await page.getByText("21.5").count(), 0);
  await logIn(page, PASSWORD);
  await row(page, "21.5").waitFor();
});

test("when the account is gone, so is the page", async (t) => {
  const server = await serve(t);
  await server.publish("21.5");
  const { page } = await openPage(t, server.httpUrl);
  await logIn(page, PASSWORD);
  await row(page, "21.5").waitFor();
  assert.equal((await run("mosquitto_passwd", ["-D", server.file, NAME])).code, 0);
  await page.getByText("Your login has ended").waitFor();
  await logIn(page, PASSWORD);
  await page.getByText("The name or the password is wrong.").waitFor();
});

test("who logs out in one tab is logged out in the other", async (t) => {
  const server = await serve(t);
  const { page } = await openPage(t, server.httpUrl);
  await logIn(page, PASSWORD);
  await isLive(page);
  const other = await page.context().newPage();
  await other.goto(server.httpUrl);
  await isLive(other);
  await page.getByRole("button", { name: "Log out" }).click();
  await other.getByText("Your login has ended").waitFor();
});

test("after a restart of the server the page asks again", async (t) => {
  const server = await serve(t);
  const { page } = await openPage(t, server.httpUrl);
  await logIn(page, PASSWORD);
  await isLive(page);
  await server.stop();
  await startServer(t, {
    config: { accounts: { file: server.file } },
    args: ["--http", server.addresses.http ?? ""],
    data: server.data,
  });
  await page.getByText("Your login has ended").waitFor();
  await logIn(page, PASSWORD);
  await isLive(page);
});

test("a login that a restart has ended keeps nobody out where nobody has to log in", async (t) => {
  const server = await serve(t, { allowAnonymous: true });
  const { page } = await openPage(t, server.httpUrl);
  await page.getByRole("button", { name: "Log in" }).click();
  await logIn(page, PASSWORD);
  await page.getByRole("button", { name: "Log out" }).waitFor();
  await isLive(page);
  await server.stop();
  await startServer(t, {
    config: { accounts: { file: server.file }, allowAnonymous: true },
    args: ["--http", server.addresses.http ?? ""],
    data: server.data,
  });
  await page.getByRole("button", { name: "Log in" }).waitFor();
  await isLive(page);
});

test("over HTTPS the cookie is for this host and for HTTPS alone", async (t) => {
  const directory = await certificate(t);
  const [cert, key] = ["cert.pem", "key.pem"].map((name) => join(directory, name));
  const server = await serve(t, { tls: { cert, key, http: true } });
  const { page } = await openPage(t, `https://${server.addresses.http}`, { ignoreHTTPSErrors: true });
  await logIn(page, PASSWORD);
  await isLive(page);
  const [cookie] = await page.context().cookies();
  assert.equal(cookie?.name, "__Host-causeway_session");
  assert.deepEqual([cookie.secure, cookie.httpOnly, cookie.sameSite], [true, true, "Strict"]);
  // Under the other name, which another host of the same domain can set, it makes nobody who they are not.
  await page.context().clearCookies();
  const url = `https://${server.addresses.http}`;
  await page.context().addCookies([{ name: "causeway_session", value: cookie.value, url }]);
  await page.reload();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
});

test("where everybody is let in, a login is offered and not asked for", async (t) => {
  const server = await serve(t, { allowAnonymous: true });
  const { page, errors } = await openPage(t, server.httpUrl);
  await isLive(page);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await isLive(page);
  await page.getByRole("button", { name: "Log in" }).click();
  await logIn(page, PASSWORD);
  await isLive(page);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).waitFor();
  await isLive(page);
  assert.deepEqual(errors, []);
});

test("on a phone, light or dark, the login fits and reads well", async (t) => {
  const server = await serve(t);
  for (const colorScheme of ["light", "dark"] as const) {
    const options: BrowserContextOptions = { viewport: { width: 390, height: 844 }, colorScheme };
    const { page } = await openPage(t, server.httpUrl, options);
    await logIn(page, "not the password");
    await page.getByText("The name or the password is wrong.").waitFor();
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(await width(), 390);
    // Smaller text in a field has the page zoomed by iOS.
    const size = await page.getByLabel("Name").evaluate((field) => getComputedStyle(field).fontSize);
    assert.equal(size, "16px");
    await logIn(page, PASSWORD);
    await isLive(page);
    await page.getByRole("button", { name: "Log out" }).waitFor();
    assert.equal(await width(), 390);
  }
});
