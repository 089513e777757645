/** The operations as an OpenAPI 3.1 document, its schemas made from those that check requests and shape answers. */
import * as z from "zod";
import { type Named, named, type Operation, operations } from "./operations.js";

/** As far as the page and the tests read it. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, PathOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes: object };
}

interface PathOperation {
  readonly summary: string;
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly description?: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}

const ANSWERS: readonly Named[] = [
  "Session",
  "Summary",
  "Sessions",
  "Info",
  "Plan",
  "Usage",
  "Given",
  "Prediction",
  "ReadPicture",
  "Health",
  "Problem",
];
const file = { type: "string", format: "binary" };

export function openApiOf(version: string): OpenApi {
  const paths: Record<string, Record<string, PathOperation>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: pathOperation(operation) };
  }
  const schemas = Object.entries(named).map(([name, schema]) => {
    const io = ANSWERS.includes(name as Named) ? "output" : "input";
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
    return [name, json];
  });
  const description = "Pictures from words: sessions that are made, changed on the way, painted on and kept.";
  return {
    openapi: "3.1.0",
    info: { title: "vqgan-clip", version, description },
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: Object.fromEntries(schemas) as Record<string, object>,
    },
  };
}

function pathOperation({ method, path, summary, json, form, body, headers = {}, answers, open }: Operation) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true }));
  const inHeader = Object.entries(headers).map(([name, description]) => ({ name, in: "header", description }));
  const content = {
    ...(json && { "application/json": { schema: reference(json) } }),
    ...(form && { "multipart/form-data": { schema: formSchema(form) } }),
    ...(body && mediaOf(body)),
  };
  return {
    summary,
    operationId: `${method}${path.replace(/[^a-z]+(\w?)/gi, (_, first: string) => first.toUpperCase())}`,
    parameters: [...inPath, ...inHeader].map((each) => ({ ...each, schema: { type: "string" } })),
    ...(Object.keys(content).length > 0 && { requestBody: { content } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, media]) => [status, answerOf(media)])),
      default: {
        description: "what is wrong",
        content: { "application/problem+json": { schema: reference("Problem") } },
      },
    },
    security: open ? [] : [{ bearer: [] }],
  } as PathOperation;
}

const reference = (name: Named) => ({ $ref: `#/components/schemas/${name}` });

function mediaOf(content: string) {
  if (Object.hasOwn(named, content)) return { "application/json": { schema: reference(content as Named) } };
  return { [content]: {} };
}

function answerOf(content: string | undefined) {
  return content === undefined ? { description: "done" } : { description: "as asked", content: mediaOf(content) };
}

function formSchema({ request, files }: NonNullable<Operation["form"]>) {
  const fields = files.map((name) =>
    name.endsWith("*") ? [name.slice(0, -1), { type: "array", items: file }] : [name, file],
  );
  return {
    type: "object",
    properties: { ...(request && { request: reference(request) }), ...Object.fromEntries(fields) },
  };
}
