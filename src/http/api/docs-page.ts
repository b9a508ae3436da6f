import { createHash } from "node:crypto";
import { documentPolicy } from "../security-headers.js";
import { type Description, tags } from "./operation.js";
import { type Outline, outlineOf, type Row } from "./outline.js";
import { generalStatuses } from "./statuses.js";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --dim: #888; --code: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 0.9em/1.4 ui-monospace, monospace; }
pre { background: var(--code); padding: 0.75rem; overflow-x: auto; border-radius: 4px; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 4px; margin: 0.5rem 0; padding: 0.5rem 0.75rem; }
summary { cursor: pointer; }
summary code { font-weight: 600; }
.method { display: inline-block; min-width: 4.5rem; }
.dim { color: var(--dim); }
h2 { text-transform: capitalize; }
h4 { margin: 1rem 0 0; }
`;

/** Nothing but this page and its own style: no script, no picture, nothing of anywhere else [CSP level 3]. */
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": documentPolicy(createHash("sha256").update(STYLE).digest("base64")),
};

/** The description as a page. */
export function docsPage(described: readonly Description[], version: string) {
  const outlines = described.map((description) => outlineOf(description));
  const sections = Object.entries(tags).map(([tag, about]) => {
    const own = outlines.filter((outline) => outline.tag === tag);
    return own.length === 0
      ? ""
      : `<h2>${escapeHtml(tag)}</h2>\n<p>${prose(about)}</p>\n${own.map(entry).join("\n")}`;
  });
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Causeway REST API</title>
<style>${STYLE}</style>
<h1>Causeway REST API</h1>
<p class="dim">Version ${escapeHtml(version)}. For programs: <a href="openapi.json">openapi.json</a>, in OpenAPI 3.1.</p>
<p>Every request needs a credential, as a key of <code>api.keys</code> or <code>keys.file</code>: send <code>Authorization: Bearer KEY</code> or
<code>X-API-Key: KEY</code>. It must have the scope that the operation names. While only this machine can reach the server and needs no
credentials, none is needed here. Times are milliseconds since 1970. A list that goes on
has a <code>cursor</code>: ask again with it. An error is <code>{"error": "what is wrong"}</code>. Where an
operation says nothing else, statuses mean:</p>
${errorTable({ errors: generalStatuses() })}
${sections.join("\n")}
</html>
`;
  return { html, headers: HEADERS };
}

function entry({ id, method, path, summary, ...outline }: Outline): string {
  return `<details id="${escapeHtml(id)}">
<summary><code><span class="method">${method}</span> ${escapeHtml(path)}</code><br>${escapeHtml(summary)}</summary>
${outline.description === "" ? "" : `<p>${prose(outline.description)}</p>`}
${outline.scope === undefined ? "" : `<p class="dim">Scope: <code>${outline.scope}</code></p>`}
${outline.parts.map(({ title, rows }) => `<h4>${title}</h4>\n${table(rows)}`).join("\n")}
<pre>${escapeHtml(outline.command)}</pre>
<h4>Answer</h4>
${outline.answer.length === 0 ? "" : table(outline.answer)}
<pre>${escapeHtml(outline.answerExample)}</pre>
${outline.errors.length === 0 ? "" : `<h4>Errors</h4>\n${errorTable(outline)}`}
</details>`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ name, kind, required, description }) =>
      `<tr><td><code>${escapeHtml(name)}</code><td>${prose(kind)}${required ? "" : ' <span class="dim">optional</span>'}<td>${prose(description)}`,
  );
  return `<table>${lines.join("\n")}</table>`;
}

function errorTable({ errors }: Pick<Outline, "errors">): string {
  return `<table>${errors.map(({ status, meaning }) => `<tr><td>${status}<td>${prose(meaning)}`).join("\n")}</table>`;
}

/** Text in which backticks stand around code. */
function prose(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
