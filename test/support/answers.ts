/** Holds the service's answers against its own OpenAPI document. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { openApiOf } from "../../src/service/http/openapi.js";

const document = openApiOf("test");
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema({ $id: "api", components: document.components });
const compiled = new Map<string, ValidateFunction>();

/** @throws when the document does not say that this request is answered so; what is no part of it passes */
export async function checkAnswer(method: string, address: string, answer: Response): Promise<void> {
  const path = address.replace(/\?.*/, "");
  const known = Object.keys(document.paths).filter((each) => patternOf(each).test(path));
  const template = known.find((each) => !each.includes("{")) ?? known[0];
  const operation = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
  if (!operation) return;
  const said = operation.responses[answer.ok ? answer.status : "default"];
  const [media] = (answer.headers.get("content-type") ?? "").split(";") as [string];
  const content = (said?.content ?? {}) as Readonly<Record<string, { readonly schema?: { readonly $ref: string } }>>;
  const where = `${method} ${path}: ${answer.status} ${media}`;
  if (!said || (said.content && !content[media])) throw new Error(`${where} is not in the document`);
  const reference = content[media]?.schema?.$ref;
  if (reference === undefined) return;
  const validate = compiled.get(reference) ?? ajv.compile({ $ref: `api${reference}` });
  compiled.set(reference, validate);
  if (!validate(await answer.clone().json())) throw new Error(`${where}: ${ajv.errorsText(validate.errors)}`);
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+")}$`);
}
