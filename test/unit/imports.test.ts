import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { describe, test } from "node:test";

/*
 * The architecture as a rule: which file may import which. Imports of types count, since a type is knowledge too.
 */

/** Folders of src from top to bottom; a file imports from its own folder or from one further down. */
const ORDER = [
  "main.ts",
  "cli",
  "app.ts",
  "config",
  "listeners",
  "mqtt",
  "storage",
  "auth",
  "webhooks",
  "bridge",
  "gateway",
  "http",
  "cluster",
  "files",
  "access",
  "outbox",
  "json",
  "log",
  "version.ts",
];
const LEAF = "src/mqtt/topics.ts";
const AEDES_BEHIND = "src/mqtt/engine.ts";
const SEE_THE_CONFIGURATION = ["cli", "app.ts", "config"];

type Sources = ReadonlyMap<string, string>;

const root = join(import.meta.dirname, "..", "..");
const tree = readTree(["src", "devices", "dashboard"]);

describe("the tree", () => {
  test("has sources", () => {
    assert.ok([...tree.keys()].some((name) => name.startsWith("src/")));
    assert.ok([...tree.keys()].some((name) => name.startsWith("dashboard/")));
    assert.ok([...tree.keys()].some((name) => name.startsWith("devices/")));
    assert.ok(tree.has(LEAF));
  });
  test("imports in one direction", () => assert.deepEqual(directionFaults(tree), []));
  test("knows aedes in one file only", () => assert.deepEqual(aedesFaults(tree), []));
  test("has no cycles", () => assert.deepEqual(cycles(tree), []));
  test("keeps devices and the dashboard apart from the server", () =>
    assert.deepEqual(outsideFaults(tree), []));
});

describe("the rules refuse", () => {
  const source = (files: Record<string, string>) => new Map(Object.entries(files));
  const refused: [string, (sources: Sources) => string[], Record<string, string>, string][] = [
    [
      "an import upwards",
      directionFaults,
      { "src/http/server.ts": 'import { a } from "../mqtt/broker.js";' },
      "src/http/server.ts imports src/mqtt/broker.ts, which is above it",
    ],
    [
      "a type that is imported upwards",
      directionFaults,
      { "src/mqtt/a.ts": 'import type {\n  A,\n  B,\n} from "../listeners/tcp.js";' },
      "src/mqtt/a.ts imports src/listeners/tcp.ts, which is above it",
    ],
    [
      "a re-export upwards",
      directionFaults,
      { "src/storage/level/a.ts": 'export * from "../../app.js";' },
      "src/storage/level/a.ts imports src/app.ts, which is above it",
    ],
    [
      "a dynamic import upwards",
      directionFaults,
      { "src/http/a.ts": 'const b = await import("../cli/index.js");' },
      "src/http/a.ts imports src/cli/index.ts, which is above it",
    ],
    [
      "the configuration in main.ts",
      directionFaults,
      { "src/main.ts": 'import { loadConfig } from "./config/load.js";' },
      "src/main.ts imports src/config/load.ts, which only src/cli and src/app.ts may",
    ],
    [
      "a leaf that imports",
      directionFaults,
      { [LEAF]: 'import { a } from "./message.js";' },
      `${LEAF} imports ./message.js, but must import nothing`,
    ],
    [
      "a folder that has no place",
      directionFaults,
      { "src/helpers/a.ts": "" },
      "src/helpers has no place in the order of folders",
    ],
    [
      "aedes elsewhere, also for its types",
      aedesFaults,
      { "src/mqtt/router.ts": 'import type { Client } from "aedes";' },
      "src/mqtt/router.ts imports aedes",
    ],
    [
      "a file inside aedes",
      aedesFaults,
      { "src/storage/a.ts": 'import x from "aedes/lib/client.js";' },
      "src/storage/a.ts imports aedes/lib/client.js",
    ],
    [
      "a cycle",
      cycles,
      {
        "src/a.ts": 'import "./b.js";',
        "src/b.ts": 'import type { C } from "./c.js";',
        "src/c.ts": 'export { a } from "./a.js";',
      },
      "src/a.ts > src/b.ts > src/c.ts > src/a.ts",
    ],
    [
      "the server's files in the dashboard",
      outsideFaults,
      { "dashboard/net/a.ts": 'import { Router } from "../../src/mqtt/router.js";' },
      "dashboard/net/a.ts imports src/mqtt/router.ts",
    ],
    [
      "what the server was compiled to in a device",
      outsideFaults,
      { "devices/simulator/a.ts": 'import { t } from "../../dist/app.js";' },
      "devices/simulator/a.ts imports dist/app.ts",
    ],
  ];
  for (const [what, rule, files, fault] of refused)
    test(what, () => assert.deepEqual(rule(source(files)), [fault]));

  test("nothing that is allowed", () => {
    const allowed = source({
      "src/main.ts": 'import { run } from "./cli/index.js";',
      "src/cli/index.ts": 'import "../config/load.js";\nimport "../app.js";\nimport "../http/server.js";',
      "src/app.ts":
        'import type { Config } from "./config/schema.js";\nimport { b } from "./mqtt/broker.js";',
      "src/mqtt/engine.ts": 'import { Aedes } from "aedes";\nimport { s } from "../storage/store.js";',
      "src/storage/store.ts":
        'import { topicMatches } from "../mqtt/topics.js";\nimport { x } from "aedes-persistence";',
      "src/http/server.ts": '// import { a } from "../app.js"\n/*\n * import "../cli/index.js"\n */',
      "dashboard/main.tsx": 'import "./styles.css";\nimport { t } from "../src/mqtt/topics.js";',
    });
    for (const rule of [directionFaults, aedesFaults, cycles, outsideFaults])
      assert.deepEqual(rule(allowed), []);
  });
});

function directionFaults(sources: Sources): string[] {
  const own = [...sources].filter(([name]) => name.startsWith("src/"));
  const homeless = new Set(own.map(([name]) => placeOf(name)).filter((place) => !ORDER.includes(place)));
  return [
    ...[...homeless].map((place) => `src/${place} has no place in the order of folders`),
    ...own.flatMap(([name, text]) => (name === LEAF ? leafFaults(name, text) : fileFaults(name, text))),
  ];
}

function leafFaults(name: string, text: string): string[] {
  return specifiers(text).map((specifier) => `${name} imports ${specifier}, but must import nothing`);
}

function fileFaults(name: string, text: string): string[] {
  const place = placeOf(name);
  return targets(name, text).flatMap((target) => {
    if (!target.startsWith("src/") || target === LEAF) return [];
    const other = placeOf(target);
    if (ORDER.indexOf(other) < ORDER.indexOf(place)) return [`${name} imports ${target}, which is above it`];
    if (other !== "config" || SEE_THE_CONFIGURATION.includes(place)) return [];
    return [`${name} imports ${target}, which only src/cli and src/app.ts may`];
  });
}

function aedesFaults(sources: Sources): string[] {
  return [...sources]
    .filter(([name]) => name !== AEDES_BEHIND)
    .flatMap(([name, text]) =>
      specifiers(text)
        .filter((specifier) => specifier === "aedes" || specifier.startsWith("aedes/"))
        .map((specifier) => `${name} imports ${specifier}`),
    );
}

/** The server's sources and what they are compiled to: a device or a page has its public interfaces, and the leaf. */
function outsideFaults(sources: Sources): string[] {
  return [...sources]
    .filter(([name]) => !name.startsWith("src/"))
    .flatMap(([name, text]) =>
      targets(name, text)
        .filter((target) => (target.startsWith("src/") && target !== LEAF) || target.startsWith("dist/"))
        .map((target) => `${name} imports ${target}`),
    );
}

/** Every file from which an import leads back to a file that is being followed, as the way around. */
function cycles(sources: Sources): string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const follow = (name: string, way: string[]) => {
    const start = way.indexOf(name);
    if (start !== -1) found.push([...way.slice(start), name].join(" > "));
    if (start !== -1 || finished.has(name)) return;
    for (const target of targets(name, sources.get(name) ?? "")) follow(target, [...way, name]);
    finished.add(name);
  };
  for (const name of sources.keys()) follow(name, []);
  return found;
}

/** `mqtt` for src/mqtt/broker.ts, `app.ts` for src/app.ts. */
function placeOf(name: string): string {
  return name.split("/")[1] ?? "";
}

/** The files of the tree that a file imports; packages and Node's modules are none. */
function targets(name: string, text: string): string[] {
  return specifiers(text)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => posix.join(posix.dirname(name), specifier).replace(/\.js$/, ".ts"))
    .map((path) => (tree.has(`${path}x`) ? `${path}x` : path));
}

function specifiers(text: string): string[] {
  const statement = /^[ \t]*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']/gm;
  const bare = /^[ \t]*import\s*["']([^"']+)["']/gm;
  const dynamic = /^(?![ \t]*(?:\/\/|\*)).*?\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]/gm;
  return [statement, bare, dynamic].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, found = ""]) => found),
  );
}

function readTree(directories: string[]): Sources {
  const names = directories.flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, withFileTypes: true }),
  );
  return new Map(
    names
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/[/\\](dist|node_modules)[/\\]/.test(relative(root, path)))
      .map((path) => [relative(root, path).replaceAll(sep, "/"), readFileSync(path, "utf8")]),
  );
}
