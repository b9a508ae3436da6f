import { jsonSchema, type Key, kindOf, listKeys, type Node } from "../../src/config/key.js";
import { codesDocument } from "../../src/gateway/codes-document.js";
import { restPage } from "./rest-page.js";

/*
 * The reference documents that are made from the schema and the tables of codes. A test compares them with the files, so that neither can be
 * changed alone.
 */

/** Path in the repository and content of every generated file. */
export function referenceFiles(): Record<string, string> {
  return {
    "docs/reference/configuration.md": configurationPage(listKeys()),
    "docs/reference/codes.md": codesDocument(),
    "docs/reference/rest.md": restPage(),
    "docs/reference/causeway.schema.json": `${JSON.stringify(editorSchema(), null, 2)}\n`,
  };
}

function editorSchema() {
  const { $schema, ...rest } = jsonSchema() as Node & { readonly $schema: string };
  return { $schema, title: "Causeway configuration", ...rest };
}

const INTRODUCTION = `# Configuration

<!-- Generated from src/config/schema.ts by \`npm run docs\`; changes made here are lost. -->

Every key has a default, so Causeway runs without a configuration. A value is taken from the last of these that sets it:

1. a YAML file, named by \`--config FILE\` or by the environment variable \`CAUSEWAY_CONFIG\`;
2. the environment variable that the tables below name. An empty one counts as not set. A list or a mapping is written
   in YAML or JSON, and so is a whole section: \`CAUSEWAY_TLS='{cert: cert.pem, key: key.pem}'\`;
3. a flag of the command.

Mappings are merged key by key, lists are replaced. An unknown key, an unknown variable that starts with \`CAUSEWAY_\`, a
value of the wrong type and values that contradict each other are refused: the command exits with code 78 and says, one
line per fault, where the value was set and what was expected. \`causeway check-config\` checks without starting;
\`causeway check-config --print\` also shows the configuration in force.

A **duration** is written with its unit (\`250ms\`, \`10s\`, \`5m\`, \`1h\`, \`7d\`) or as a number of milliseconds; a **size** as
\`512B\`, \`64KiB\`, \`1MiB\`, \`2GiB\` or as a number of bytes; a **rate** as \`10/s\`, \`600/m\`, \`24/h\` or as a number per second. **HOST:PORT** has IPv6 addresses in brackets
(\`[::1]:1883\`), and a port of 0 picks a free one.

Editors complete and check the file when its first line names [the JSON Schema](causeway.schema.json):

\`\`\`yaml
# yaml-language-server: $schema=docs/reference/causeway.schema.json
listen:
  http: 127.0.0.1:9000
bridge:
  channels:
    - channel: "device:{id}"
      topics: ["devices/{id}/#"]
      publish: { topic: "devices/{id}/commands", qos: 1 }
      snapshot: true
\`\`\`
`;

function configurationPage(keys: readonly Key[]): string {
  const isGroup = ({ node, section }: Key) => section || node.items?.properties !== undefined;
  const groups = keys.filter(isGroup).map((key) => (key.section ? key : { ...key, path: `${key.path}[]` }));
  const top = keys.filter((key) => !key.path.includes(".") && !key.section);
  const sections = groups.map((group) => {
    const own = keys.filter((key) => parentOf(key.path) === group.path && !key.section);
    return `## \`${group.path}\`\n\n${group.node.description ?? ""}\n\n${table(own)}`;
  });
  return [INTRODUCTION, `## Top level\n\n${table(top)}`, ...sections].join("\n").replace(/\n{3,}/g, "\n\n");
}

function table(keys: readonly Key[]): string {
  const rows = keys.map(({ path, variable, node, required }) =>
    [
      `\`${path}\``,
      variable ? `\`${variable}\`` : "",
      kindOf(node) + rangeOf(node),
      required ? "required" : node.default === undefined ? "" : `\`${written(node.default)}\``,
      node.description ?? "",
    ].map(escapeCell),
  );
  const lines = [["Key", "Environment", "Type", "Default", "Description"], Array(5).fill("---"), ...rows];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function rangeOf({ type, minimum, maximum }: Node): string {
  return type === "integer" && minimum !== undefined && maximum !== undefined
    ? `, ${minimum} to ${maximum}`
    : "";
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
