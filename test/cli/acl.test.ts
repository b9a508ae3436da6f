import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";

const dist = join(import.meta.dirname, "..", "..", "dist");
const main = join(dist, "main.js");
const cli = pathToFileURL(join(dist, "cli", "index.js"));
/** Runs command after command in one process, since most of the time would go into starting many. */
const DRIVER = `
  const { runCli } = await import(process.argv[1]);
  process.stderr.write = process.stdout.write.bind(process.stdout);
  for (const args of JSON.parse(process.argv[2])) process.stdout.write("exit " + (await runCli(args)) + "\\0");
`;

const RULES = {
  rules: [
    { allow: ["publish", "subscribe"], topics: ["devices/%u/#"] },
    { deny: ["publish"], topics: ["devices/+/locked"] },
    { allow: ["presence"], channels: ["room:*"] },
    { allow: ["subscribe"], topics: ["#"], users: ["admin-*"], qos: 1 },
    { deny: ["subscribe"], topics: ["secret/#"] },
    { allow: ["subscribe"], topics: ["by/%c"], anonymous: true },
    { deny: ["subscribe"], channels: ["*"], users: ["lone"] },
  ],
};

/** A configuration with rules of its own, a rights file and an acl_file. */
function written(t: TestContext) {
  const home = mkdtempSync(join(tmpdir(), "causeway-acl-"));
  t.after(() => rmSync(home, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  const acl = file("acl", "topic read open/#\nuser ana\ntopic deny devices/ana/acl\n");
  const yaml = file("rights.yaml", "rules:\n  - allow: [publish]\n    topics: [yaml/x]\n");
  const config = file("causeway.yaml", JSON.stringify({ rights: { ...RULES, aclFile: acl, file: yaml } }));
  return { acl, yaml, config, file };
}

/** Exit code and output of each. */
function askAll(config: string, questions: readonly string[]): { code: number; text: string }[] {
  const commands = questions.map((args) => ["acl", "test", "--config", config, ...args.split(" ")]);
  const node = ["--input-type=module", "-e", DRIVER, cli.href, JSON.stringify(commands)];
  const { stdout } = spawnSync(process.execPath, node, { encoding: "utf8", timeout: 50_000 });
  return stdout
    .split("\0")
    .slice(0, -1)
    .map((part) => {
      const [, text = "", code] = /^(.*)exit (\d+)$/s.exec(part) ?? [];
      return { code: Number(code), text: text.trimEnd() };
    });
}

function ask(config: string, args: string) {
  return askAll(config, [args])[0] ?? { code: -1, text: "" };
}

describe("causeway acl test", () => {
  const answers: [args: string, code: number, text: string][] = [
    ["--user ana publish devices/ana/x", 0, "allowed by rights.rules[0]"],
    ["--user ana publish devices/ana/locked --qos 1 --retain", 1, "denied by rights.rules[1]"],
    ["--user ana publish devices/ana/acl", 1, "denied by ACL:3"],
    ["--user ana publish devices/bo/x", 1, "denied: no rule allows it"],
    ["--user ana publish yaml/x", 0, "allowed by YAML:2"],
    ["--user ana publish $SYS/x", 1, "denied: topics that begin with $ are reserved"],
    ["--anonymous receive open/x", 0, "allowed by ACL:1"],
    ["--anonymous receive by/c1", 1, "denied: no rule allows it"],
    ["--anonymous --client c1 receive by/c1", 0, "allowed by rights.rules[5]"],
    ["--user admin-1 subscribe other/# --qos 2", 0, "allowed at QoS 1 by rights.rules[3]"],
    ["--user admin-1 subscribe $share/g/other/#", 0, "allowed at QoS 0 by rights.rules[3]"],
    ["--user admin-1 subscribe secret/#", 1, "denied by rights.rules[4]"],
    [
      "--user admin-1 subscribe #",
      0,
      "allowed in part at QoS 0 by rights.rules[0], rights.rules[3], but for what is denied by rights.rules[4]",
    ],
    ["--user ana --channel presence room:1", 0, "allowed by rights.rules[2]"],
    ["--user bo --channel subscribe mqtt:devices/bo/+", 0, "allowed at QoS 0 by rights.rules[0]"],
    ["--user lone --channel subscribe mqtt:devices/lone/+", 1, "denied by rights.rules[6]"],
    [
      "--user ana --channel subscribe room:1",
      2,
      "undecided: no rule names the channel; the rights to its topics decide",
    ],
  ];
  test("says what is decided, and by which rules", (t) => {
    const { acl, yaml, config } = written(t);
    const given = askAll(
      config,
      answers.map(([args]) => args),
    );
    const wanted = answers.map(([, code, text]) => ({
      code,
      text: text.replace("ACL", acl).replace("YAML", yaml),
    }));
    assert.deepEqual(given, wanted);
  });

  test("as JSON", (t) => {
    const { config } = written(t);
    const { code, text } = ask(config, "--user ana subscribe devices/# --json");
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(text), {
      allowed: true,
      qos: 0,
      whole: false,
      rules: [
        { origin: `${config.replace("causeway.yaml", "acl")}:3`, deny: true },
        { origin: "rights.rules[0]", deny: false },
      ],
    });
  });

  test("without rights everything is allowed", (t) => {
    const config = written(t).file("plain.yaml", "log: {level: warn}\n");
    assert.deepEqual(ask(config, "--anonymous publish a"), {
      code: 0,
      text: "allowed: the configuration has no rights",
    });
  });

  test("a configuration that is not named is not taken for one that allows everything", () => {
    const { CAUSEWAY_CONFIG: _, ...env } = process.env;
    const { status, stdout } = spawnSync(
      process.execPath,
      [main, "acl", "test", "--anonymous", "publish", "a"],
      {
        encoding: "utf8",
        env,
      },
    );
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^allowed: no configuration is named \(--config FILE\), and the default one has no rights$/m,
    );
  });

  test("a configuration that is faulty, and mistakes on the command line", (t) => {
    const { config, file } = written(t);
    const faulty = file("faulty.yaml", "rights: {rules: [{allow: [publish]}]}\n");
    const refused = ask(faulty, "--user ana publish a");
    assert.equal(refused.code, 78);
    assert.match(refused.text, /rights\.rules\[0\]: a rule needs topics, channels or both/);
    const mistakes: [args: string, text: RegExp][] = [
      ["publish a", /name somebody with --user, or say --anonymous/],
      ["--user ana --anonymous publish a", /name somebody/],
      ["--user ana publish", /name what is to be done and one topic/],
      ["--user ana fly a", /"fly" is none of publish, subscribe, receive/],
      ["--user ana --channel fly a", /"fly" is none of/],
      ["--user ana publish a/#", /wildcards/],
      ["--user ana subscribe a/#/b", /# must be/],
      ["--user ana publish a --qos 3", /--qos must be 0, 1 or 2/],
    ];
    const said = askAll(
      config,
      mistakes.map(([args]) => args),
    );
    for (const [index, [args, text]] of mistakes.entries()) {
      assert.equal(said[index]?.code, 64, args);
      assert.match(said[index]?.text ?? "", text);
    }
  });
});
