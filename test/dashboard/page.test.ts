import assert from "node:assert/strict";
import { test } from "node:test";
import { connectAsync } from "mqtt";
import type { Page } from "playwright-core";
import { startServer } from "../helpers/server.js";
import { openPage } from "./browser.js";
import { mosquittoPub, mosquittoSub, runInShell } from "./shell.js";

const TOPIC = "sensors/kitchen/temperature";

/** A row of the table, by its whole topic. */
function row(page: Page, topic: string) {
  return page.locator("tbody tr", { has: page.getByTitle(topic, { exact: true }) });
}

/** How many pixels of the chart have the colour of its line, which axes, grid and the area below it do not have. */
function linePixels(page: Page): Promise<number> {
  return page.locator(".detail canvas").evaluate((canvas: HTMLCanvasElement) => {
    const colour = getComputedStyle(canvas).getPropertyValue("--accent");
    const wanted = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16));
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let found = 0;
    for (let i = 0; i < pixels.length; i += 4) {
      const close = wanted.every((value, j) => Math.abs((pixels[i + j] ?? 0) - value) < 8);
      if (close && (pixels[i + 3] ?? 0) > 128) found++;
    }
    return found;
  });
}

/** Notes how long the page's thread is ever blocked at a stretch. */
async function watchLongTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const root = document.documentElement;
    root.dataset.longest = "0";
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries())
        root.dataset.longest = String(Math.max(Number(root.dataset.longest), duration));
    }).observe({ type: "longtask" });
  });
}

async function longestTask(page: Page): Promise<number> {
  return Number(await page.locator("html").getAttribute("data-longest"));
}

async function isLive(page: Page): Promise<void> {
  await page.locator("#link-state", { hasText: "Live" }).waitFor();
}

test("an empty page shows a command that works: run as copied, its value appears", async (t) => {
  const { httpUrl, mqtt } = await startServer(t);
  const { page, errors } = await openPage(t, httpUrl, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("heading", { name: "Nothing has arrived yet" }).waitFor();
  await isLive(page);
  await page.getByRole("button", { name: /^Copy the command mosquitto_pub/ }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(command, `mosquitto_pub -h ${mqtt.host} -p ${mqtt.port} -t ${TOPIC} -m '{"c":21.5}'`);
  await runInShell(command);
  await row(page, TOPIC).getByText('{"c": 21.5}').waitFor();
  assert.equal(await page.locator("#message-count").textContent(), "1");
  assert.deepEqual(errors, []);
});

test("the page is served under a policy that forbids everything foreign, and keeps to it", async (t) => {
  const { httpUrl, mqtt } = await startServer(t);
  const response = await fetch(httpUrl);
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  const { page, errors } = await openPage(t, httpUrl);
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(httpUrl)) foreign.push(request.url());
  });
  await page.reload();
  await isLive(page);
  await mosquittoPub(mqtt, TOPIC, "-m", "21.5");
  await row(page, TOPIC).click();
  await page.locator(".detail canvas").waitFor();
  assert.deepEqual(foreign, []);
  assert.deepEqual(errors, []);
});

test("the page's own sample fills the empty page", async (t) => {
  const { httpUrl } = await startServer(t);
  const { page, errors } = await openPage(t, httpUrl);
  await page.getByRole("button", { name: "Publish a sample from this page" }).click();
  await row(page, TOPIC).waitFor();
  assert.deepEqual(errors, []);
});

test("a chosen topic is drawn, field by field, and shown whole", async (t) => {
  const { httpUrl, mqtt } = await startServer(t);
  const { page, errors } = await openPage(t, httpUrl);
  await isLive(page);
  for (const [i, voltage] of [3.9, 3.8, 3.7].entries())
    await mosquittoPub(mqtt, TOPIC, "-m", JSON.stringify({ c: 20 + i, battery: { voltage }, place: "sink" }));
  await row(page, TOPIC).getByRole("button").press("Enter");
  const detail = page.getByRole("region", { name: TOPIC, exact: true });
  await detail.getByText("3 points since").waitFor();
  assert.ok((await linePixels(page)) > 50);
  assert.deepEqual(await detail.locator("#field option").allTextContents(), ["c", "battery.voltage"]);
  await detail.locator("#field").selectOption("battery.voltage");
  assert.equal(await detail.locator(".figure-list").textContent(), "Last3.7Min3.7Mean3.8Max3.9");
  const message = detail.getByRole("region", { name: "Payload of the last message" });
  assert.deepEqual(JSON.parse((await message.textContent()) ?? ""), {
    c: 22,
    battery: { voltage: 3.7 },
    place: "sink",
  });
  assert.deepEqual(errors, []);
});

test("a paused topic stands still and catches up", async (t) => {
  const { httpUrl, mqtt } = await startServer(t);
  const { page } = await openPage(t, httpUrl);
  await isLive(page);
  await mosquittoPub(mqtt, TOPIC, "-m", "1");
  await row(page, TOPIC).click();
  await page.getByText("1 point since").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await mosquittoPub(mqtt, TOPIC, "-m", "2");
  // The table is not paused: once it shows the new value, the detail has had its chance to follow.
  await row(page, TOPIC).locator(".value", { hasText: /^2$/ }).waitFor();
  assert.equal(await page.locator(".message").textContent(), "1");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("2 points since").waitFor();
  assert.equal(await page.locator(".message").textContent(), "2");
});

test("the publish box reaches an MQTT subscriber, character by character", async (t) => {
  const { httpUrl, mqtt } = await startServer(t);
  const { page, errors } = await openPage(t, httpUrl);
  await isLive(page);
  const subscriber = await mosquittoSub(t, mqtt, "devices/+/commands");
  await page.getByLabel("Topic", { exact: true }).fill("devices/7/commands");
  await page.getByLabel("Payload", { exact: true }).fill('{"id": 12345678901234567890, "ratio": 1.50}');
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  assert.equal(await subscriber.message, '{"id": 12345678901234567890, "ratio": 1.50}');
  await page.locator("#publish-outcome", { hasText: /^Published at/ }).waitFor();
  await row(page, "devices/7/commands").waitFor();
  assert.deepEqual(errors, []);
});

test("the publish box says why it does not publish", async (t) => {
  const { httpUrl } = await startServer(t);
  const { page } = await openPage(t, httpUrl);
  await isLive(page);
  const topic = page.getByLabel("Topic", { exact: true });
  for (const [text, reason] of [
    ["", /must not be empty/],
    ["devices/+/commands", /must not contain the wildcards/],
    ["x".repeat(600), /255/],
  ] as const) {
    await topic.fill(text);
    await topic.press("Enter");
    await page.locator("#publish-outcome", { hasText: reason }).waitFor();
  }
});

test("the filter box takes a part of a topic and a topic filter", async (t) => {
  const { httpUrl, mqtt } = await startServer(t);
  const { page } = await openPage(t, httpUrl);
  await isLive(page);
  for (const room of ["kitchen", "bath"])
    for (const kind of ["temperature", "humidity"])
      await mosquittoPub(mqtt, `home/${room}/${kind}`, "-m", "1");
  await page.locator("#filter-result", { hasText: "4 topics" }).waitFor();
  const filter = page.getByLabel("Filter topics");
  const shown = () => page.locator("tbody .topic-name").allTextContents();
  await filter.fill("KITCHEN");
  await page.locator("#filter-result", { hasText: "2 of 4" }).waitFor();
  assert.deepEqual(await shown(), ["home/kitchen/humidity", "home/kitchen/temperature"]);
  await filter.fill("home/+/humidity");
  await row(page, "home/bath/humidity").waitFor();
  assert.deepEqual(await shown(), ["home/bath/humidity", "home/kitchen/humidity"]);
  await filter.fill("home/#/humidity");
  await page.getByText("# must be the whole last level of a topic filter").waitFor();
});

test("what a hostile device sends is text", async (t) => {
  const { httpUrl, mqtt } = await startServer(t);
  const { page, errors } = await openPage(t, httpUrl);
  await isLive(page);
  const topic = "<img src=x onerror=document.title='owned'>";
  const payload = "<script>document.title='owned'</script>";
  await mosquittoPub(mqtt, topic, "-m", payload);
  await mosquittoPub(mqtt, "binary", "-m", payload.slice(0, 1).padEnd(40_000, "Å"));
  await row(page, topic).getByText(payload).waitFor();
  await row(page, topic).click();
  await page.getByRole("region", { name: topic, exact: true }).getByText(payload).waitFor();
  assert.equal(await page.locator("#app img, #app script").count(), 0);
  assert.equal(await page.title(), "Causeway");
  assert.deepEqual(errors, []);
});

test("a stored value is there when the page opens, marked as such", async (t) => {
  const { httpUrl, mqtt } = await startServer(t);
  await mosquittoPub(mqtt, "devices/1/status", "-r", "-m", "online");
  const { page, errors } = await openPage(t, httpUrl);
  await row(page, "devices/1/status").getByText("stored").waitFor();
  assert.equal(await page.locator("#message-count").textContent(), "0");
  assert.deepEqual(errors, []);
});

test("when the server is killed the page says so, and is live again when it is back", async (t) => {
  const server = await startServer(t);
  const { page } = await openPage(t, server.httpUrl);
  await isLive(page);
  await server.kill();
  await page.locator("#link-state", { hasText: "Reconnecting" }).waitFor();
  await page.locator("#link-detail", { hasText: /the connection was lost · attempt \d/ }).waitFor();
  const again = await startServer(t, { args: ["--http", server.addresses.http ?? ""], data: server.data });
  await isLive(page);
  await mosquittoPub(again.mqtt, TOPIC, "-m", "1");
  await row(page, TOPIC).waitFor();
});

test("when the server is stopped the page says that, and connects at once when asked to", async (t) => {
  const server = await startServer(t);
  const { page } = await openPage(t, server.httpUrl);
  await isLive(page);
  await server.stop();
  await page.locator("#link-detail", { hasText: "the server is shutting down" }).waitFor();
  await startServer(t, { args: ["--http", server.addresses.http ?? ""], data: server.data });
  await page.getByRole("button", { name: "Try now" }).click();
  await isLive(page);
});

test("a flood leaves the page usable and loses no topic", async (t) => {
  const { httpUrl, mqttUrl } = await startServer(t);
  const { page, errors } = await openPage(t, httpUrl);
  await isLive(page);
  await watchLongTasks(page);
  const client = await connectAsync(mqttUrl);
  t.after(() => client.endAsync(true));
  let published = 0;
  const flood = async (until: () => boolean) => {
    while (!until()) {
      const burst = Array.from({ length: 500 }, () => {
        const n = published++;
        return client.publishAsync(`flood/${n % 2_000}/value`, JSON.stringify({ n }), { qos: 1 });
      });
      await Promise.all(burst);
    }
  };
  let usable = false;
  const flooded = flood(() => usable && published >= 20_000);
  try {
    await row(page, "flood/0/value").click();
    await page.getByRole("region", { name: "flood/0/value", exact: true }).waitFor();
  } finally {
    usable = true;
    await flooded;
  }
  await page.locator("#topic-count", { hasText: "2,000" }).waitFor();
  await page.locator("#message-count", { hasText: published.toLocaleString("en") }).waitFor();
  await page.getByText("and 1,800 more, filter to see them").waitFor();
  assert.equal(await page.locator("tbody tr").count(), 200);
  await page.getByLabel("Filter topics").fill("flood/1999/");
  await row(page, "flood/1999/value")
    .getByText(`"n": ${published - 1}`)
    .waitFor();
  assert.ok((await longestTask(page)) < 1_000);
  assert.deepEqual(errors, []);
});

test("on a phone, light or dark, nothing sticks out to the side", async (t) => {
  const { httpUrl, mqtt } = await startServer(t);
  for (const colorScheme of ["light", "dark"] as const) {
    const { page, errors } = await openPage(t, httpUrl, {
      viewport: { width: 390, height: 844 },
      colorScheme,
    });
    await isLive(page);
    await mosquittoPub(
      mqtt,
      `plant/${"very-long-level/".repeat(30)}end`,
      "-m",
      JSON.stringify({ x: 1, y: "y".repeat(2_000) }),
    );
    await page.locator("tbody tr").first().click();
    await page.locator(".detail canvas").waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 390);
    assert.deepEqual(errors, []);
  }
});

test("without topics as channels the page shows the fixed channels and does not publish", async (t) => {
  const { httpUrl, mqtt } = await startServer(t, {
    config: {
      bridge: { mqttChannels: false, channels: [{ channel: "telemetry", topics: ["devices/+/telemetry"] }] },
    },
  });
  const { page, errors } = await openPage(t, httpUrl);
  await page.getByText("does not let a page publish").waitFor();
  await isLive(page);
  await mosquittoPub(mqtt, "devices/7/telemetry", "-m", "1");
  await row(page, "devices/7/telemetry").waitFor();
  assert.equal(await page.getByRole("button", { name: "Publish", exact: true }).isDisabled(), true);
  assert.deepEqual(errors, []);
});

test("without any channel to show the page says what to configure", async (t) => {
  const { httpUrl } = await startServer(t, { config: { bridge: { mqttChannels: false } } });
  const { page, errors } = await openPage(t, httpUrl);
  await page.getByRole("alert").getByText("Set bridge.mqttChannels to true").waitFor();
  assert.deepEqual(errors, []);
});
