/** What picture files claim of their colours beside an ICC profile, which the decoder applies by itself. */
import { pngChunks } from "./png-chunks.js";

export interface ColourClaims {
  /** Why the numbers are not sRGB and cannot be made so here. */
  readonly problem?: string;
  /** What the stored values are raised to, to be sRGB's; 1 is left out. */
  readonly exponent?: number;
}

/** Of ITU-T H.273: BT.709 / sRGB, or not told; their standard-definition neighbours, which few could tell apart. */
const NEAR_PRIMARIES = [1, 2, 5, 6, 7];
/** The curves of BT.709, BT.601, BT.2020 and sRGB, or not told. */
const NEAR_TRANSFERS = [1, 2, 6, 13, 14, 15];
const NAMES: Readonly<Record<number, string>> = { 8: "linear", 16: "PQ", 18: "HLG" };
/** The exponent of a file that says gAMA as sRGB is: 1/2.2, told in 1/100000. */
const SRGB_GAMMA = 45455;

/** PNG's cICP and gAMA, AVIF's nclx. A profile, or PNG's own word for sRGB, comes before gAMA. */
export function colourClaims(bytes: Uint8Array): ColourClaims {
  if (bytes[0] === 0x89) return pngClaims(bytes);
  return String.fromCharCode(...bytes.subarray(4, 8)) === "ftyp" ? avifClaims(bytes) : {};
}

function pngClaims(bytes: Uint8Array): ColourClaims {
  const found = new Map<string, Uint8Array>();
  try {
    for (const { type, data } of pngChunks(bytes)) {
      if (type === "IDAT") break;
      found.set(type, data);
    }
  } catch {
    return {}; // damaged: for the decoder to tell
  }
  const coded = found.get("cICP");
  if (coded) return codedClaims(coded[0] ?? 2, coded[1] ?? 2);
  const gamma = found.get("gAMA");
  if (gamma?.length !== 4 || found.has("sRGB") || found.has("iCCP")) return {};
  const stored = new DataView(gamma.buffer, gamma.byteOffset).getUint32(0);
  if (stored === 0 || Math.abs(stored / SRGB_GAMMA - 1) < 0.02) return {};
  return { exponent: SRGB_GAMMA / stored };
}

/** The first nclx box before the picture's data. */
function avifClaims(bytes: Uint8Array): ColourClaims {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 65_536)).toString("latin1");
  const at = head.indexOf("colrnclx");
  const data = head.indexOf("mdat");
  if (at < 0 || at + 12 > head.length || (data >= 0 && data < at)) return {};
  return codedClaims(
    head.charCodeAt(at + 8) * 256 + head.charCodeAt(at + 9),
    head.charCodeAt(at + 10) * 256 + head.charCodeAt(at + 11),
  );
}

function codedClaims(primaries: number, transfer: number): ColourClaims {
  if (NEAR_PRIMARIES.includes(primaries) && NEAR_TRANSFERS.includes(transfer)) return {};
  const curve = NAMES[transfer] ?? `of transfer ${transfer}`;
  const gamut = primaries === 12 ? "Display P3" : primaries === 9 ? "BT.2020" : `of primaries ${primaries}`;
  const isNear = NEAR_TRANSFERS.includes(transfer);
  return { problem: isNear ? `its colours are ${gamut}, not sRGB` : `its values are ${curve}, not sRGB` };
}
