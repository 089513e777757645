/** A bucket of an S3-speaking service: objects read whole, and written only where nobody else has written meanwhile. */
import type { S3mini } from "s3mini";
import { requires, VqganClipError } from "../../core/errors.js";
import type { Condition, Listed, Objects } from "./objects.js";
import { loadPeer } from "./peers.js";

const MILLISECONDS = 10_000;

export class Bucket implements Objects {
  private constructor(
    private readonly client: S3mini,
    private readonly prefix: string,
    private readonly address: string,
  ) {}

  /**
   * `s3://BUCKET/PREFIX`, with keys, region and endpoint by the variables that Amazon's own programs read.
   *
   * @throws BAD_ARGUMENT; IO_FAILED when it cannot be used, or does not hold to conditions: they alone keep former owners out
   */
  static async open(address: string, environment: NodeJS.ProcessEnv = process.env): Promise<Bucket> {
    const [, name, prefix = ""] = /^s3:\/\/([\w.-]{3,63})(?:\/([\w./-]*))?$/.exec(address) ?? [];
    requires(
      name !== undefined,
      "BAD_ARGUMENT",
      () => `--folder: expected s3://BUCKET or s3://BUCKET/PREFIX, got ${address}`,
    );
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
    requires(
      accessKeyId && secretAccessKey,
      "BAD_ARGUMENT",
      () => `--folder: ${address} needs keys`,
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REGION or AWS_ENDPOINT_URL",
    );
    const { AWS_REGION: region = "us-east-1", AWS_ENDPOINT_URL: endpoint = `https://s3.${region}.amazonaws.com` } =
      environment;
    const { S3mini } = await loadPeer("s3mini", "--folder", () => import("s3mini"));
    const place = `${endpoint.replace(/\/+$/, "")}/${name}`;
    const options = { accessKeyId, secretAccessKey, region, endpoint: place, requestAbortTimeout: MILLISECONDS };
    const inside = prefix.replace(/\/*$/, "");
    const bucket = new Bucket(new S3mini(options), inside === "" ? "" : `${inside}/`, address);
    await bucket.requireConditions();
    return bucket;
  }

  async get(key: string): Promise<{ readonly bytes: Uint8Array; readonly mark: string } | undefined> {
    const { data, etag } = await this.asked(() => this.client.getObjectWithETag(this.prefix + key));
    return data && etag ? { bytes: new Uint8Array(data), mark: etag } : undefined;
  }

  async put(key: string, bytes: Uint8Array, condition?: Condition): Promise<boolean> {
    const headers = !condition
      ? {}
      : condition === "absent"
        ? { "if-none-match": "*" }
        : { "if-match": `"${condition.is}"` };
    return this.asked(async () => {
      try {
        const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        await this.client.putObject(this.prefix + key, body, "application/octet-stream", undefined, headers);
        return true;
      } catch (error) {
        const { status } = error as { status?: number };
        if (status === 412 || status === 409) return false; // 409: two at once, of which one has won
        if (status === 404 && typeof condition === "object") return false; // what had to be there is gone
        throw error;
      }
    });
  }

  async remove(key: string): Promise<void> {
    await this.asked(() => this.client.deleteObject(this.prefix + key));
  }

  /** Keys without the bucket's own prefix. */
  async list(start: string): Promise<Listed[]> {
    const found = (await this.asked(() => this.client.listObjects("/", this.prefix + start))) ?? [];
    return found.map(({ Key, Size, LastModified }) => ({
      key: Key.slice(this.prefix.length),
      bytes: Number(Size),
      writtenAt: new Date(LastModified).getTime(),
    }));
  }

  async close(): Promise<void> {}

  private async requireConditions(): Promise<void> {
    const key = `.probe-${crypto.randomUUID()}`;
    const bytes = new Uint8Array([1]);
    const first = await this.put(key, bytes, "absent");
    const again = await this.put(key, bytes, "absent");
    const other = await this.put(key, bytes, { is: "0".repeat(32) });
    await this.remove(key);
    requires(
      first && !again && !other,
      "IO_FAILED",
      () => `${this.address}: the service does not hold to If-Match and If-None-Match when it writes`,
      "use one that does (Amazon S3, MinIO, Cloudflare R2), or a shared folder",
    );
  }

  /** @throws IO_FAILED */
  private async asked<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const hint = "look at its address, its keys, and whether the bucket is there";
      throw new VqganClipError("IO_FAILED", `${this.address}: ${reason}`, hint, { cause });
    }
  }
}
