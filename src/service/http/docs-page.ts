/** The OpenAPI document as a page to read: plain HTML, with nothing to load and nothing that runs. */
import { markupText } from "../../core/escape.js";
import type { OpenApi } from "./openapi.js";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
summary, code { font-family: ui-monospace, monospace; font-size: 0.9rem; }
summary { padding: 0.3rem 0; cursor: pointer; }
.does { font-family: system-ui, sans-serif; opacity: 0.75; }
pre { overflow-x: auto; padding: 0.7rem; border: 1px solid; border-radius: 0.4rem; font-size: 0.8rem; }
`;

export function docsPage({ info, paths, components }: OpenApi): string {
  const requests = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary, parameters, requestBody, responses }]) =>
      folded(`<b>${method.toUpperCase()}</b> ${markupText(path)} <span class="does">${markupText(summary)}</span>`, {
        ...(parameters.length > 0 && { parameters }),
        ...(requestBody && { body: requestBody.content }),
        answers: responses,
      }),
    ),
  );
  const schemas = Object.entries(components.schemas).map(([name, schema]) => folded(markupText(name), schema));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${markupText(info.title)} over HTTP</title>
<style>${STYLE}</style>
<h1>${markupText(info.title)} ${markupText(info.version)} over HTTP</h1>
<p>${markupText(info.description)} Send <code>Authorization: Bearer TOKEN</code>. For programs: <a href="/openapi.json">openapi.json</a>.</p>
<h2>Requests</h2>
${requests.join("\n")}
<h2>Schemas</h2>
${schemas.join("\n")}
</html>
`;
}

const folded = (title: string, value: object): string =>
  `<details><summary>${title}</summary><pre>${markupText(JSON.stringify(value, null, 2))}</pre></details>`;
