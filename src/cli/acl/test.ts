import type { Principal } from "../../access/principal.js";
import { noScopes } from "../../access/scope.js";
import { ConfiguredRights } from "../../auth/rights/configured-rights.js";
import type { Question } from "../../auth/rights/explain.js";
import { namedFile } from "../../config/environment.js";
import { ConfigError, formatFaults } from "../../config/fault.js";
import { loadConfig } from "../../config/load.js";
import { readRightsFile } from "../../config/rights-file.js";
import type { Config } from "../../config/schema.js";
import { defineCommand, UsageError, type Values } from "../command.js";
import { parseQos } from "../numbers.js";
import { type Answer, answerText } from "./answer.js";
import { questionsOf } from "./question.js";

const DENIED = 1;
const UNDECIDED = 2;
/** EX_CONFIG of sysexits.h. */
const BAD_CONFIGURATION = 78;

const options = {
  config: {
    type: "string",
    short: "c",
    value: "FILE",
    description: "Configuration file (YAML); default: $CAUSEWAY_CONFIG.",
  },
  user: { type: "string", short: "u", value: "NAME", description: "Who it is." },
  anonymous: { type: "boolean", description: "Somebody without a user name, instead." },
  client: {
    type: "string",
    short: "i",
    value: "ID",
    description: "Its client identifier, for rules that ask for it.",
  },
  channel: {
    type: "boolean",
    description: "What follows is a channel; it may also be asked for presence, history and rpc.",
  },
  qos: { type: "string", short: "q", value: "0|1|2", description: "The QoS (0)." },
  retain: { type: "boolean", short: "r", description: "The message is to be retained." },
  json: { type: "boolean", description: "Write the answer as JSON." },
} as const;

export const aclTest = defineCommand({
  name: "acl test",
  summary:
    "Say whether somebody may do something, and which rules decide: exit code 0 when allowed, 1 when denied.",
  positionals: "publish|subscribe|receive TOPIC",
  options,
  examples: [
    "causeway acl test --user ana publish devices/1/set --qos 1",
    "causeway acl test --user ana subscribe 'devices/#'",
    "causeway acl test --anonymous --channel presence room",
  ],
  async run(values, [action, target, ...more]) {
    if (action === undefined || target === undefined || more.length > 0)
      throw new UsageError("acl test: name what is to be done and one topic, as in: publish devices/1/set");
    const { channel = false, retain = false } = values;
    const qos = parseQos("acl test: --qos", values.qos) ?? 0;
    const questions = questionsOf({ action, target, channel, qos, retain });
    const who = principalOf(values);
    const config = load(values.config);
    if (!config) return BAD_CONFIGURATION;
    const answer = await answerTo(questions, who, {
      config,
      named: namedFile(values.config, process.env) !== undefined,
      client: values.client ?? "",
      qos,
    });
    process.stdout.write(`${values.json ? JSON.stringify(answer) : answerText(answer)}\n`);
    if (answer.allowed === undefined) return UNDECIDED;
    return answer.allowed ? 0 : DENIED;
  },
});

function principalOf({ user, anonymous }: Values<typeof options>): Principal {
  if ((user === undefined) === !anonymous)
    throw new UsageError("acl test: name somebody with --user, or say --anonymous");
  if (user === "") throw new UsageError("acl test: --user needs a name; say --anonymous for none");
  const proof = anonymous ? "none" : "password";
  return { user: user ?? "", proof, channels: [], scopes: noScopes, unrestricted: false };
}

function load(file: string | undefined): Config | undefined {
  try {
    return loadConfig({ file, env: process.env }).config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${formatFaults(error.faults)}\n`);
    return undefined;
  }
}

interface Setting {
  readonly config: Config;
  /** Whether a file was named, and not only forgotten. */
  readonly named: boolean;
  readonly client: string;
  readonly qos: number;
}

async function answerTo(
  questions: readonly Question[] | string,
  who: Principal,
  { config, named, client, qos }: Setting,
): Promise<Answer> {
  if (typeof questions === "string") return { allowed: false, rules: [], because: questions };
  const configured = named
    ? "the configuration"
    : "no configuration is named (--config FILE), and the default one";
  if (!config.rights) return { allowed: true, rules: [], because: `${configured} has no rights` };
  const rights = new ConfiguredRights(config.rights, readRightsFile);
  await rights.load();
  const reasons = questions.flatMap((question) => rights.engine.explain(who, client, question) ?? []);
  const reason = reasons.find(({ allowed }) => allowed !== undefined);
  if (!reason)
    return {
      allowed: undefined,
      rules: [],
      because: "no rule names the channel; the rights to its topics decide",
    };
  return reason.qos === undefined ? reason : { ...reason, qos: Math.min(reason.qos, qos) as 0 | 1 | 2 };
}
