import { z } from "zod";
import { SESSION_COOKIE } from "../../access/cookie.js";
import { type Description, tags } from "./operation.js";
import { errorStatuses } from "./statuses.js";

/** JSON Schema, as far as it is looked into here. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

const errorBody = z
  .object({
    error: z.string().describe("What is wrong, in plain words: it names the key, topic, channel or client."),
    code: z.int().optional().describe("The channel protocol's code, when the fault has one."),
  })
  .describe("The body of every error.");

const ERROR = "Error";

/** What a client may send, with the defaults of queries too, which are left out since their values come as text. */
const OPTIONS = {
  io: "input",
  override: ({
    zodSchema,
    jsonSchema,
  }: {
    zodSchema: z.core.$ZodTypes;
    jsonSchema: { default?: unknown };
  }) => {
    const { def } = zodSchema._zod;
    if (def.type === "default") jsonSchema.default = def.defaultValue;
  },
} as const;

/** The description of the API in OpenAPI 3.1, made from the operations themselves. */
export function describeApi(described: readonly Description[], version: string): object {
  const names = nameSchemas(described);
  const paths: Record<string, Record<string, object>> = {};
  for (const description of described) {
    const methods = paths[description.path] ?? {};
    paths[description.path] = methods;
    methods[description.method.toLowerCase()] = describeOperation(description, names);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Causeway REST API",
      version,
      description:
        "Publish to topics and channels, see who is connected and to what, and act on it. Times are milliseconds since 1970. A list that goes on has a `cursor`: ask again with it.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The server that this comes from." }],
    security: securityOf([]),
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "A key of `api.keys` or `keys.file`, or a token.",
        },
        header: {
          type: "apiKey",
          in: "header",
          name: "X-API-Key",
          description: "A key of `api.keys` or `keys.file`.",
        },
        basic: { type: "http", scheme: "basic", description: "A name and password of `accounts.file`." },
        cookie: {
          type: "apiKey",
          in: "cookie",
          name: SESSION_COOKIE,
          description:
            "A login on the dashboard, `__Host-causeway_session` over HTTPS. Needs the header `X-Causeway-CSRF: 1` too.",
        },
      },
      schemas: writeSchemas(names),
    },
  };
}

/** One of them, for what it must be good for; none while only this machine can reach the server and needs none. */
function securityOf(scopes: readonly string[]): object[] {
  return [{ bearer: scopes }, { header: scopes }, { basic: scopes }, { cookie: scopes }, {}];
}

type Names = ReturnType<typeof nameSchemas>;

/** Bodies and answers have names, by which generated clients call them. */
function nameSchemas(described: readonly Description[]) {
  const names = z.registry<{ id: string }>();
  names.add(errorBody, { id: ERROR });
  for (const { id, body, answer, failure } of described) {
    const name = id.charAt(0).toUpperCase() + id.slice(1);
    const own: [z.ZodType | undefined, string][] = [
      [body, `${name}Request`],
      [answer, `${name}Answer`],
      [failure, `${name}Failure`],
    ];
    for (const [schema, schemaName] of own)
      if (schema && !names.has(schema)) names.add(schema, { id: schemaName });
  }
  return names;
}

function writeSchemas(names: Names): Record<string, Schema> {
  const { schemas } = z.toJSONSchema(names, { ...OPTIONS, uri: refTo });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [name, schema as Schema]),
  );
}

function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}

/** A schema by itself. */
export function jsonSchema(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, OPTIONS);
  return rest as Schema;
}

function describeOperation(described: Description, names: Names): object {
  const { id, tag, summary, description, params, query, body, example, open, scope } = described;
  const parameters = [
    ...parametersOf("path", params, example.params),
    ...parametersOf("query", query, example.query),
  ];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    ...(open ? { security: [] } : scope ? { security: securityOf([scope]) } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: json(body, names, example.body) } } : {}),
    responses: responsesOf(described, names),
  };
}

function parametersOf(
  place: "path" | "query",
  schema: z.ZodObject | undefined,
  example: Readonly<Record<string, unknown>> = {},
): object[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema);
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema: rest,
    ...(name in example ? { example: example[name] } : {}),
  }));
}

function responsesOf(described: Description, names: Names): Record<string, object> {
  const { answer, mediaType, example, failure } = described;
  const done = mediaType
    ? { [mediaType]: { schema: jsonSchema(answer) } }
    : json(answer, names, example.answer);
  const failed = errorStatuses(described).map(({ status, meaning, example: error }): [string, object] => {
    const content = failure ? json(failure, names) : json(errorBody, names, { error });
    return [String(status), { description: meaning, content }];
  });
  return { 200: { description: "Done.", content: done }, ...Object.fromEntries(failed) };
}

function json(schema: z.ZodType, names: Names, example?: unknown): object {
  const name = names.get(schema)?.id ?? "";
  return {
    "application/json": { schema: { $ref: refTo(name) }, ...(example === undefined ? {} : { example }) },
  };
}
