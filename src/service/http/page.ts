/** The page, as it was built; where it was not, words that say so. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import type { MiddlewareHandler } from "hono";

const UNBUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>vqgan-clip</title>
<h1>The server runs; its page was not built.</h1>
<p>Build the package (<code>npm run build</code>) and start it again. The interface under <code>/v1</code> works without it.</p>
</html>
`;

const NO_PAGE = "vqgan-clip serve: the interface is under /v1; vqgan-clip studio has a page.\n";

/** @param folder of the built page; undefined: there is to be none */
export function pageFrom(folder: string | undefined): MiddlewareHandler {
  if (folder === undefined) {
    return async (context, next) => (context.req.path === "/" ? context.text(NO_PAGE) : next());
  }
  if (!existsSync(join(folder, "index.html"))) return async (context) => context.html(UNBUILT, 503);
  const files = serveStatic({ root: folder });
  return async (context, next) => {
    const answer = await files(context, next);
    // Names of assets carry a hash of what is in them; the page names them.
    const isHashed = context.req.path.startsWith("/assets/");
    // What is no file is for whoever comes next, whose answer is not handed back.
    if (answer instanceof Response) {
      answer.headers.set("Cache-Control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
      return answer;
    }
    return undefined;
  };
}
