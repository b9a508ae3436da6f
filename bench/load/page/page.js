/*
 * Runs in the browser: shows the newest value of each topic, as a dashboard does, and keeps a record of its frames. Whoever drives it
 * uses `bench`; times are in milliseconds of the page's clock.
 */

/** @typedef {{ n: string, t: string }} Data */

const query = new URLSearchParams(location.search);
const board = document.querySelector("#topics");
/** @type {Map<string, HTMLElement>} */
const cells = new Map();
const record = { since: 0, frames: [], ages: [], tasks: [], losses: 0 };
let lastFrame = performance.now();
/** Of the publishers' clock, when the page's is at 0. */
let clockOffset = 0;

/** @param {string} topic @param {Data} data */
function show(topic, data) {
  let cell = cells.get(topic);
  if (!cell) {
    cell = document.createElement("span");
    cells.set(topic, cell);
    board.append(cell);
  }
  cell.textContent = data.n;
  record.ages.push(performance.now() + clockOffset - Number(data.t) / 1000);
}

function lost() {
  record.losses++;
}

const clients = {
  centrifugal(url, channel) {
    const client = new window.Centrifuge(url);
    const subscription = client.newSubscription(channel);
    subscription.on("publication", ({ tags, data }) => show(tags.topic, data));
    client.on("connecting", ({ code }) => code !== 0 && lost()).on("disconnected", lost);
    client.connect();
    return new Promise((resolve, reject) => {
      subscription.on("subscribed", () => resolve()).on("error", ({ error }) => reject(error));
      subscription.subscribe();
    });
  },
  socketio(url, channel) {
    const { origin, pathname } = new URL(url);
    const socket = window.io(origin, { path: pathname, transports: ["websocket"] });
    socket.on("message", show).on("disconnect", lost);
    return new Promise((resolve, reject) => {
      socket.on("connect_error", reject);
      socket.emit("subscribe", channel, () => resolve());
    });
  },
};

function frame() {
  const now = performance.now();
  record.frames.push(now - lastFrame);
  lastFrame = now;
  requestAnimationFrame(frame);
}

const tasks = new PerformanceObserver((list) => note(list.getEntries()));

function note(entries) {
  for (const { startTime, duration } of entries) if (startTime >= record.since) record.tasks.push(duration);
}

requestAnimationFrame(frame);
tasks.observe({ type: "longtask" });

window.bench = {
  connected: clients[query.get("protocol")](query.get("url"), query.get("channel")),
  now: () => performance.now(),
  setClock(offset) {
    clockOffset = offset;
  },
  begin() {
    Object.assign(record, { since: performance.now(), frames: [], ages: [], tasks: [], losses: 0 });
  },
  /** What has been since the beginning. The frame that is still to come counts by what it takes so far. */
  end() {
    note(tasks.takeRecords());
    const { since, frames, ages, tasks: longTasks, losses } = record;
    const now = performance.now();
    return {
      seconds: (now - since) / 1000,
      frames: [...frames, now - lastFrame],
      longTasks,
      publications: ages.length,
      ages: spread(ages),
      losses,
    };
  },
};

/** Some of the values in order, so that no list of hundreds of thousands has to leave the page. */
function spread(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  return sorted.length === 0 ? undefined : { p50: at(0.5), p99: at(0.99), max: at(1) };
}
