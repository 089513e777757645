/** Whether a request comes from Discord: an Ed25519 signature of the time and the body, not older than a few minutes. */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { requires } from "../core/errors.js";

/** Seconds that the time may differ from ours: what is older may be a copy. */
const MOST_AGE = 300;

/** @param hex 64 digits, as Discord's developer page shows it @throws BAD_ARGUMENT */
export function publicKeyFrom(hex: string): KeyObject {
  const hint = "copy it from the application's page (General Information)";
  const isKey = /^[\da-f]{64}$/i.test(hex);
  requires(isKey, "BAD_ARGUMENT", () => "public key: expected 64 hexadecimal digits", hint);
  const x = Buffer.from(hex, "hex").toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

export interface Signed {
  /** Of `X-Signature-Ed25519`, in hexadecimal digits. */
  readonly signature: string | undefined;
  /** Of `X-Signature-Timestamp`, in seconds. */
  readonly timestamp: string | undefined;
  readonly body: Uint8Array;
}

/** @param now in milliseconds */
export function isFromDiscord({ signature, timestamp, body }: Signed, key: KeyObject, now = Date.now()): boolean {
  if (!signature || !/^[\da-f]{128}$/i.test(signature) || !timestamp || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > MOST_AGE) return false;
  return verify(null, Buffer.concat([Buffer.from(timestamp), body]), key, Buffer.from(signature, "hex"));
}
