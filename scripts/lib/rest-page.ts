import { tags } from "../../src/http/api/operation.js";
import { descriptions } from "../../src/http/api/operations.js";
import { type Outline, outlineOf, type Row } from "../../src/http/api/outline.js";
import { type ErrorStatus, generalStatuses } from "../../src/http/api/statuses.js";

const INTRODUCTION = `# REST

<!-- Generated from src/http/api by \`npm run docs\`; changes made here are lost. -->

The server has this page too, at \`/api/v1/docs\`, and for programs as OpenAPI 3.1 at \`/api/v1/openapi.json\`.
[The guide](../guide/rest.md) says how to begin.

- A request needs a credential with the scope that the operation names: a key of \`api.keys\` or \`keys.file\`, as
  \`Authorization: Bearer KEY\` or \`X-API-Key: KEY\`, or a name and password of \`accounts.file\`, as \`Authorization: Basic ...\`.
  Only while every listener is on loopback, clients need no credentials and \`api.keys\` is empty, none is needed, by those who ask at
  an address of this machine. What needs no credential at all says so.
- A body is JSON, sent with \`Content-Type: application/json\`. An unknown key in a body or a query is refused.
- Topics, channels and identifiers in a path are percent-encoded: \`mqtt:a/#\` is \`mqtt%3Aa%2F%23\`.
- Times are milliseconds since 1970. A list that goes on has a \`cursor\`: ask again with it.
- An error is \`{"error": "what is wrong", "code": 102}\`; \`code\` is the [channel protocol's](codes.md), when the fault has one.
  Where an operation says nothing else, statuses mean:
`;

/** docs/reference/rest.md. */
export function restPage(): string {
  const outlines = descriptions.map((description) => outlineOf(description));
  const sections = Object.entries(tags).map(([tag, about]) => {
    const own = outlines.filter((outline) => outline.tag === tag);
    return `## ${tag.charAt(0).toUpperCase()}${tag.slice(1)}\n\n${about}\n\n${own.map(entry).join("\n")}`;
  });
  return `${[INTRODUCTION, errorTable(generalStatuses()), contents(outlines), ...sections]
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
}

function contents(outlines: readonly Outline[]): string {
  const rows = outlines.map(({ id, method, path, summary }) => [
    `${method}`,
    `[\`${path}\`](#${id.toLowerCase()})`,
    summary,
  ]);
  return table(["", "path", ""], rows);
}

function entry({ id, method, path, summary, description, open, scope, ...outline }: Outline): string {
  return `### ${id}

\`${method} ${path}\`

${[summary, description, open ? "Needs no credential" : "", scope ? `Scope: \`${scope}\`` : ""]
  .filter((text) => text !== "")
  .map((text) => text.replace(/\.?$/, "."))
  .join(" ")}

${outline.parts.map(({ title, rows }) => `${keyTable(title, rows)}\n`).join("\n")}
\`\`\`sh
${outline.command}
\`\`\`

${outline.answer.length > 0 ? keyTable("Answer", outline.answer) : ""}

\`\`\`${outline.answerExample.startsWith("{") ? "json" : ""}
${outline.answerExample}
\`\`\`

${outline.errors.length > 0 ? errorTable(outline.errors) : ""}
`;
}

function errorTable(errors: readonly ErrorStatus[]): string {
  return table(
    ["error", ""],
    errors.map(({ status, meaning }) => [String(status), meaning]),
  );
}

function keyTable(title: string, rows: readonly Row[]): string {
  return table(
    [title.toLowerCase(), "", "", ""],
    rows.map(({ name, kind, required, description }) => [
      `\`${name}\``,
      kind,
      required ? "" : "optional",
      description,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [
    head,
    head.map(() => "---"),
    ...rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|"))),
  ];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}
