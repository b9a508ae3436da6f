import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { findBrowser } from "../../process/browsers.js";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** How long a page may take for what it is asked, on a busy machine. */
const ANSWER_MS = 30_000;
/** The best of so many tells how far two clocks are apart. */
const CLOCK_TRIES = 20;

/** What a page has found since it was told to begin. Times are in milliseconds. */
export interface Findings {
  readonly seconds: number;
  /** Each the time from one frame to the next. */
  readonly frames: readonly number[];
  readonly longTasks: readonly number[];
  readonly publications: number;
  /** From publishing to showing; undefined when nothing came. */
  readonly ages?: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Times that the page lost its connection. */
  readonly losses: number;
}

/** The page in a browser of its own. */
export class Tab {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #session: CDPSession;

  private constructor(browser: Browser, page: Page, session: CDPSession) {
    this.#browser = browser;
    this.#page = page;
    this.#session = session;
  }

  /** Resolves when the page is subscribed. */
  static async open(url: string, onFault: (reason: string) => void): Promise<Tab> {
    const executablePath = findBrowser();
    if (executablePath === undefined) throw new Error("there is no browser");
    const browser = await chromium.launch({ executablePath, args: ARGS });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(ANSWER_MS);
    page.on("pageerror", ({ message }) => onFault(`the page failed: ${message}`));
    page.on("crash", () => onFault("the page crashed"));
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await page.goto(url);
    const tab = new Tab(browser, page, session);
    await tab.#ask("bench.connected");
    return tab;
  }

  /** `clock` in milliseconds: that of the times in the payloads. */
  async setClock(clock: () => number): Promise<void> {
    let [nearest, offset] = [Number.POSITIVE_INFINITY, 0];
    for (let number = 0; number < CLOCK_TRIES; number++) {
      const asked = clock();
      const theirs = (await this.#ask("bench.now()")) as number;
      const took = clock() - asked;
      if (took < nearest) [nearest, offset] = [took, asked + took / 2 - theirs];
    }
    await this.#ask(`bench.setClock(${offset})`);
  }

  async begin(): Promise<void> {
    await this.#ask("bench.begin()");
  }

  async end(): Promise<Findings> {
    return (await this.#ask("bench.end()")) as Findings;
  }

  /** Seconds that the page's thread has been busy so far. */
  async busy(): Promise<number> {
    const { metrics } = await this.#session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  async #ask(expression: string): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const reason = `the page did not answer ${expression} within ${ANSWER_MS} ms`;
      timer = setTimeout(() => reject(new Error(reason)), ANSWER_MS);
    });
    return await Promise.race([this.#page.evaluate(expression), late]).finally(() => clearTimeout(timer));
  }
}
