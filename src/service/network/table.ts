/** A table of a PostgreSQL database: objects read whole, and written only where nobody else has written meanwhile. */
import { randomBytes } from "node:crypto";
import type { Pool } from "pg";
import { requires, VqganClipError } from "../../core/errors.js";
import type { Condition, Listed, Objects } from "./objects.js";
import { loadPeer } from "./peers.js";

const MILLISECONDS = 10_000;
/** Several may begin at once: of two that make the table, the second waits for the first. */
const MAKE = `
  SELECT pg_advisory_xact_lock(hashtext('vqgan_clip_objects'));
  CREATE TABLE IF NOT EXISTS vqgan_clip_objects (
    key text COLLATE "C" PRIMARY KEY,
    bytes bytea NOT NULL,
    mark text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
  )`;
const PUT = "INSERT INTO vqgan_clip_objects (key, bytes, mark) VALUES ($1, $2, $3) ON CONFLICT (key)";
const SET = "SET bytes = $2, mark = $3, written_at = now()";

export class Table implements Objects {
  private constructor(
    private readonly pool: Pool,
    private readonly address: string,
  ) {}

  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; makes its table there. @throws BAD_ARGUMENT, IO_FAILED */
  static async open(address: string): Promise<Table> {
    requires(
      URL.canParse(address) && new URL(address).pathname.length > 1,
      "BAD_ARGUMENT",
      () => "--folder: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    );
    const { default: pg } = await loadPeer("pg", "--folder", () => import("pg"));
    const limits = { connectionTimeoutMillis: MILLISECONDS, query_timeout: MILLISECONDS, max: 8 };
    const pool = new pg.Pool({ connectionString: address, allowExitOnIdle: true, ...limits });
    pool.on("error", () => undefined); // whoever asks next is told
    const { protocol, host, pathname } = new URL(address);
    const table = new Table(pool, `${protocol}//${host}${pathname}`);
    try {
      await table.asked(MAKE);
    } catch (error) {
      await table.close();
      throw error;
    }
    return table;
  }

  async get(key: string): Promise<{ readonly bytes: Uint8Array; readonly mark: string } | undefined> {
    const [row] = await this.asked("SELECT bytes, mark FROM vqgan_clip_objects WHERE key = $1", [key]);
    return row && { bytes: new Uint8Array(row.bytes as Buffer), mark: row.mark as string };
  }

  async put(key: string, bytes: Uint8Array, condition?: Condition): Promise<boolean> {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values = [key, body, randomBytes(12).toString("base64url")];
    const written = await (!condition
      ? this.asked(`${PUT} DO UPDATE ${SET} RETURNING 1`, values)
      : condition === "absent"
        ? this.asked(`${PUT} DO NOTHING RETURNING 1`, values)
        : this.asked(`UPDATE vqgan_clip_objects ${SET} WHERE key = $1 AND mark = $4 RETURNING 1`, [
            ...values,
            condition.is,
          ]));
    return written.length > 0;
  }

  async remove(key: string): Promise<void> {
    await this.asked("DELETE FROM vqgan_clip_objects WHERE key = $1", [key]);
  }

  async list(start: string): Promise<Listed[]> {
    const found = await this.asked(
      "SELECT key, octet_length(bytes) AS bytes, written_at FROM vqgan_clip_objects WHERE key ^@ $1 ORDER BY key",
      [start],
    );
    return found.map(({ key, bytes, written_at }) => ({
      key: key as string,
      bytes: bytes as number,
      writtenAt: (written_at as Date).getTime(),
    }));
  }

  async close(): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }

  /** @returns the rows @throws IO_FAILED */
  private async asked(query: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
    try {
      return (await this.pool.query(query, values)).rows ?? [];
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : String(cause);
      const hint = "look at its address, its password, and whether the database is there";
      throw new VqganClipError("IO_FAILED", `${this.address}: ${reason}`, hint, { cause });
    }
  }
}
