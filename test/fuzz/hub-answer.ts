/** An answer of a hub as bytes: a JSON of status, headers and body, which a stand-in for the network gives. */
import { VqganClipError } from "../../src/core/errors.js";
import { describeHubFile, readHubText } from "../../src/hub/hub-file.js";
import { CARD_BYTES, cardLicence } from "../../src/hub/model-card.js";

interface Answer {
  readonly status?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

const commit = "0123456789abcdef0123456789abcdef01234567";
const card = "---\nlicense: other\nlicense_name: some-licence\ntags:\n- clip\n---\n# A model\n";

export const hubSeeds: readonly Answer[] = [
  {
    status: 302,
    headers: {
      "x-repo-commit": commit,
      "x-linked-etag": `"${"a".repeat(64)}"`,
      "x-linked-size": "1024",
      etag: '"of-the-redirect"',
      location: "https://storage.test/file",
    },
    body: "",
  },
  { status: 200, headers: { "x-repo-commit": commit, etag: `W/"${commit}"`, "content-length": "90" }, body: card },
  { status: 404, headers: { "x-error-code": "EntryNotFound" }, body: "Entry not found" },
  { status: 401, headers: { "x-error-code": "RepoNotFound" }, body: "" },
];

const settings = { endpoint: "https://hub.test", cacheDir: "cache", token: undefined, offline: undefined };

/** Asks for a file and for its card; the network is this answer. */
export async function readHubAnswer(bytes: Uint8Array): Promise<unknown> {
  const before = globalThis.fetch;
  globalThis.fetch = async () => responseOf(bytes);
  try {
    const remote = await describeHubFile(settings, "org/name", "main", "README.md");
    return remote && cardLicence(await readHubText(settings, remote, CARD_BYTES));
  } finally {
    globalThis.fetch = before;
  }
}

/** As a server can answer at all: what is no status or header is left out. */
function responseOf(bytes: Uint8Array): Response {
  let answer: Answer | null = null;
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes)) as Answer | null;
  } catch {
    throw new VqganClipError("IO_FAILED", "the connection ends");
  }
  const status = Number.isInteger(answer?.status) ? Math.min(599, Math.max(200, answer?.status as number)) : 200;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer?.headers ?? {})) {
    try {
      headers.append(name, String(value));
    } catch {
      // no header could hold it
    }
  }
  const isBare = status === 204 || status === 205 || status === 304;
  return new Response(isBare ? null : String(answer?.body ?? ""), { status, headers });
}
