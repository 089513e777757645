/**
 * Keys of those who may ask: a file with a line for each, which holds what a key hashes to and never the key. A key is 32
 * random bytes, so that one round of SHA-256 is enough.
 */
import { createHash, randomBytes } from "node:crypto";
import * as z from "zod";
import { requires, VqganClipError } from "../core/errors.js";
import { inWords } from "../core/schema-words.js";
import { priorities } from "./priority.js";

export const scopes = ["read", "write"] as const;
export type Scope = (typeof scopes)[number];

export const keySchema = z.strictObject({
  name: z.string().regex(/^[\w.@-]{1,64}$/, "expected up to 64 letters, digits or any of . _ @ -"),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits"),
  scopes: z.array(z.enum(scopes)).min(1),
  /** Sessions that may run and wait at once; without it, as many as anybody. */
  maxSessions: z.int().min(1).optional(),
  /** The greatest priority that its sessions may have. */
  maxPriority: z.enum(priorities).default("normal"),
  /** Seconds that each of its sessions may run; without it, as long as `serve` says. */
  maxRuntime: z.int().min(1).optional(),
  /** Megabytes (10^6 bytes) that all of its sessions may be; without it, as many as `serve` says. */
  maxStored: z.int().min(1).optional(),
});
export type Key = z.infer<typeof keySchema>;

/** Who asks: a key's owner, or without one whoever holds the token of this launch, who sees everything. */
export interface Caller {
  readonly owner?: string;
  readonly scopes: readonly Scope[];
}

export class Keys {
  private readonly byHash: ReadonlyMap<string, Key>;

  private constructor(private readonly keys: readonly Key[]) {
    this.byHash = new Map(keys.map((key) => [key.sha256, key]));
  }

  /** @param text one JSON object a line @throws BAD_FILE naming the line */
  static parse(text: string, name = "keys"): Keys {
    const keys: Key[] = [];
    for (const [i, line] of text.split("\n").entries()) {
      if (line.trim() === "") continue;
      const key = keyOf(line, `${name}: line ${i + 1}`);
      const isNew = keys.every((former) => former.name !== key.name && former.sha256 !== key.sha256);
      requires(isNew, "BAD_FILE", () => `${name}: line ${i + 1}: ${key.name} is there already`);
      keys.push(key);
    }
    return new Keys(keys);
  }

  /** Whose key it is; undefined: nobody's. The hash tells nothing of the key, so looking it up tells nothing either. */
  callerOf(given: string): Caller | undefined {
    const key = this.byHash.get(hashOf(given));
    return key && { owner: key.name, scopes: key.scopes };
  }

  named(name: string): Key | undefined {
    return this.keys.find((key) => key.name === name);
  }
}

/** A new key, and what the file keeps of it. @throws BAD_ARGUMENT */
export function newKey(facts: Omit<z.input<typeof keySchema>, "sha256">): {
  readonly secret: string;
  readonly line: string;
} {
  const secret = `vqc_${randomBytes(32).toString("base64url")}`;
  const parsed = keySchema.safeParse({ ...facts, sha256: hashOf(secret) }, { reportInput: true, error: inWords });
  requires(parsed.success, "BAD_ARGUMENT", () => `key: ${told(parsed.error as z.ZodError)}`);
  return { secret, line: JSON.stringify(parsed.data) };
}

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

function keyOf(line: string, where: string): Key {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new VqganClipError("BAD_FILE", `${where}: it is not JSON`, "vqgan-clip key writes such lines");
  }
  const parsed = keySchema.safeParse(value, { error: inWords });
  requires(parsed.success, "BAD_FILE", () => `${where}: ${told(parsed.error as z.ZodError)}`);
  return parsed.data;
}

function told({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join(".") || "key"}: ${issue?.message}`;
}
