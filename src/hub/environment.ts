/** Where the cache is and how the hub is reached: the variables that Python's `huggingface_hub` reads, read the same way. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { VqganClipError } from "../core/errors.js";

/** The public hub; `HF_ENDPOINT` names another. The one place that knows it. */
const DEFAULT_ENDPOINT = "https://huggingface.co";

export interface HubOptions {
  /** The hub's cache folder (default: `HF_HUB_CACHE`, else `HF_HOME/hub`, else `~/.cache/huggingface/hub`). */
  readonly cacheDir?: string;
  /** Never ask the network (default: what `HF_HUB_OFFLINE` says). */
  readonly localFilesOnly?: boolean;
}

export interface HubSettings {
  readonly endpoint: string;
  readonly cacheDir: string;
  /** Goes to the endpoint alone, never to a host it redirects to. */
  readonly token: string | undefined;
  /** Why the network is not asked; undefined when it may be. */
  readonly offline: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws BAD_ARGUMENT when `HF_ENDPOINT` is no web address */
export function hubSettings(options: HubOptions = {}, env: Environment = process.env): HubSettings {
  const { cacheDir, localFilesOnly = false } = options;
  const home = expand(env.HF_HOME || join(env.XDG_CACHE_HOME || join("~", ".cache"), "huggingface"), env);
  const cache = cacheDir ?? expand(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, "hub"), env);
  return {
    endpoint: endpointOf(env.HF_ENDPOINT || DEFAULT_ENDPOINT),
    cacheDir: resolve(cache),
    token: isOn(env.HF_HUB_DISABLE_IMPLICIT_TOKEN) ? undefined : tokenOf(env, home),
    offline: localFilesOnly ? "only local files are wanted" : offlineVariable(env),
  };
}

function endpointOf(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (protocol !== "https:" && protocol !== "http:") {
    throw new VqganClipError("BAD_ARGUMENT", `HF_ENDPOINT: ${text} is no web address`, "write https:// and a host");
  }
  return text.replace(/\/+$/, "");
}

function offlineVariable(env: Environment): string | undefined {
  const name = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find((variable) => env[variable]);
  return name && isOn(env[name]) ? `${name} is set` : undefined;
}

function tokenOf(env: Environment, home: string): string | undefined {
  const given = clean(env.HF_TOKEN) ?? clean(env.HUGGING_FACE_HUB_TOKEN);
  if (given) return given;
  try {
    return clean(readFileSync(expand(env.HF_TOKEN_PATH || join(home, "token"), env), "utf8"));
  } catch {
    return undefined; // most people have none
  }
}

function clean(token: string | undefined): string | undefined {
  return token?.replace(/[\r\n]/g, "").trim() || undefined;
}

function isOn(text: string | undefined): boolean {
  return ["1", "ON", "YES", "TRUE"].includes(text?.toUpperCase() ?? "");
}

/** `~` and `$NAME`, as a shell writes them. */
function expand(path: string, env: Environment): string {
  return path
    .replace(/^~(?=$|[\\/])/, () => env.HOME ?? homedir())
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, bare) => env[braced ?? bare] ?? whole);
}
