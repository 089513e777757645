/** A web server of static files, as a page finds it: folders by path, with or without the isolation headers. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

export interface StaticServer {
  readonly address: string;
  /** Paths whose content was sent, in order. */
  readonly sent: readonly string[];
  close(): Promise<void>;
}

/**
 * @param folders by path prefix; the longest prefix that fits counts
 * @param options.hold what weights wait for before they are sent
 */
export async function serveStatic(
  folders: Readonly<Record<string, string>>,
  { isolated = true, hold }: { isolated?: boolean; hold?: Promise<void> | undefined } = {},
): Promise<StaticServer> {
  const sent: string[] = [];
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer(async ({ url = "/", method }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
    const prefix = prefixes.find((candidate) => path.startsWith(candidate));
    const rest = path.slice(prefix?.length) || "index.html";
    const file = prefix && join(folders[prefix]!, rest);
    const facts = file ? await stat(file).catch(() => undefined) : undefined;
    if (!file || !facts?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": types[extname(file)] ?? "application/octet-stream",
      "Content-Length": facts.size,
      "Last-Modified": facts.mtime.toUTCString(),
      "Cache-Control": "no-store", // what is kept is then kept by the page itself
      ...(isolated && {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
      }),
    });
    if (method === "HEAD") response.end();
    else {
      sent.push(path);
      if (extname(file) === ".safetensors") await hold;
      createReadStream(file).pipe(response);
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sent,
    close: () => new Promise((closed) => server.close(() => closed()).closeAllConnections()),
  };
}
