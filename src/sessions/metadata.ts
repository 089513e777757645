/**
 * The story a picture carries in its PNG text: the A1111 line that galleries read, our own JSON that re-makes the
 * picture, and the IPTC mark of generated media. Never a path, a user or a key.
 */
import * as z from "zod";
import { requires, VqganClipError } from "../core/errors.js";
import { RANDOM_NAME } from "../core/random.js";
import { type Beginning, beginnings } from "../guidance/run-state.js";
import { checkSettings, type Settings } from "../guidance/settings.js";
import type { EditSource } from "../masks/edit.js";
import { packMask } from "../masks/packed-mask.js";
import { textPrompts } from "../prompts/prompt.js";
import { formatWeight, strongest } from "../prompts/weight.js";
import { identitySchema, type ModelIdentity } from "./model-identity.js";
import { optimizerPolicies } from "./paint.js";
import type { Lineage } from "./session-tree.js";

const A1111 = "parameters";
const OURS = "vqgan-clip";
/** Keywords of a PNG's text under which a story, ours or another program's, stands. */
export const storyKeywords = [OURS, A1111] as const;
const XMP = "XML:com.adobe.xmp";
const VERSION = 3;
const SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/";

/** What a picture says of how it came to be. */
export interface Story {
  readonly settings: Settings;
  /** Steps done when it was taken. */
  readonly step: number;
  readonly models: readonly ModelIdentity[];
  /** The backend that made the bytes; equal backends make equal bytes. */
  readonly device: string;
  readonly beganFrom: Beginning;
  /** Of the picture or the codes that it began at. */
  readonly initSha256?: string;
  /** The sources of a styled video's frames before this one, see `RunState`. */
  readonly before?: { readonly frames: number; readonly sha256: string };
  /** The picture that was edited, told by its sha256 and size. */
  readonly source?: SourceFacts;
  /** The sha256 of each target's picture or vector; null for noise. */
  readonly targets?: readonly (string | null)[];
  /** Whether its settings were changed on the way. */
  readonly changed: boolean;
  /** What the judge said of it, or minus its loss where `keepBest` chose it, and after how many steps it was chosen. */
  readonly judged?: { readonly score: number; readonly after: number };
  /** Where its session's tree branched on the way to it. */
  readonly lineage?: Lineage;
}

export interface SourceFacts {
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  /** What held a part of it, packed (`packMask`). */
  readonly mask?: string;
}

/** What a picture tells of the source it was edited from. */
export function sourceFacts({ picture, sha256, mask }: EditSource): SourceFacts {
  const [, height, width] = picture.shape as [number, number, number];
  return { sha256, width, height, ...(mask && { mask: packMask(mask) }) };
}

/** What a picture says of itself: all, only that it is generated, or nothing. */
export type MetadataLevel = "full" | "public" | "none";

/** The mark of generated media alone, for pictures of pictures. */
export function markText(level: MetadataLevel): Record<string, string> {
  return level === "none" ? {} : { [XMP]: xmp("trainedAlgorithmicMedia") };
}

/** PNG text by keyword. `public` leaves out prompts and settings and keeps the mark of generated media. */
export function storyText(story: Story, level: MetadataLevel = "full"): Record<string, string> {
  if (level === "none") return {};
  const mark = {
    [XMP]: xmp(isComposite(story) ? "compositeWithTrainedAlgorithmicMedia" : "trainedAlgorithmicMedia"),
  };
  if (level === "public") return mark;
  const ours = { version: VERSION, random: RANDOM_NAME, ...story };
  return { [A1111]: a1111(story), [OURS]: JSON.stringify(ours), ...mark };
}

/** Whether somebody's picture or paint is in it. */
function isComposite({ beganFrom, lineage = [] }: Story): boolean {
  return beganFrom === "picture" || lineage.some(({ kind }) => kind === "paint");
}

/** Positive prompts, then negative ones, then `Key: value` pairs: the form that image galleries parse. */
function a1111({ settings, step, models }: Story): string {
  const prompts = textPrompts(settings);
  const line = (wanted: (weight: number) => boolean) =>
    prompts
      .filter(({ weight }) => wanted(strongest(weight)))
      .map(({ text, weight }) => {
        const strength = typeof weight === "number" ? Math.abs(weight) : formatWeight(weight);
        return strength === 1 ? text : `(${text}:${strength})`;
      })
      .join(", ");
  const negative = line((weight) => weight < 0);
  const model = models.find(({ role }) => role === "generator");
  const pairs = {
    Steps: step,
    Sampler: settings.optimizer,
    Seed: settings.seed,
    Size: settings.size.join("x"),
    ...(model && { Model: model.name }),
    ...(model?.sha256 !== undefined && { "Model hash": model.sha256.slice(0, 10) }),
    Version: "vqgan-clip",
  };
  const tail = Object.entries(pairs).map(([key, value]) => `${key}: ${value}`);
  return [line((weight) => weight > 0), ...(negative ? [`Negative prompt: ${negative}`] : []), tail.join(", ")].join(
    "\n",
  );
}

function xmp(sourceType: string): string {
  return (
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ' +
    `xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="${SOURCE_TYPE}${sourceType}"/>` +
    '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
  );
}

/** What is told of a branch beside where it was, in pictures and sessions. */
export const forkFacts = { optimizer: z.enum(optimizerPolicies).optional() };
export const paintFacts = {
  sha256: z.string(),
  optimizer: z.enum(optimizerPolicies),
  mask: z.string().optional(),
};

export const beforeSchema = z.object({ frames: z.int().min(1), sha256: z.string() });

const side = z.int().min(1).max(65_536);
const until = { step: z.int().min(0), settings: z.unknown() };

const storySchema = z.object({
  version: z.literal(VERSION),
  settings: z.unknown(),
  step: z.int().min(0),
  models: z.array(identitySchema),
  device: z.string(),
  beganFrom: z.enum(beginnings),
  initSha256: z.string().optional(),
  before: beforeSchema.optional(),
  source: z.object({ sha256: z.string(), width: side, height: side, mask: z.string().optional() }).optional(),
  targets: z.array(z.string().nullable()).optional(),
  changed: z.boolean(),
  judged: z.object({ score: z.number(), after: z.int().min(0) }).optional(),
  lineage: z
    .array(
      z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("fork"), ...forkFacts, ...until }),
        z.object({ kind: z.literal("paint"), ...paintFacts, ...until }),
      ]),
    )
    .optional(),
});

/** Reads our JSON back; undefined when the picture carries none. @throws BAD_FILE when it is broken or of another version */
export function readStory(text: Readonly<Record<string, string>>): Story | undefined {
  const ours = text[OURS];
  if (ours === undefined) return undefined;
  requireVersion(ours);
  try {
    const { version: _, settings, lineage, ...rest } = storySchema.parse(JSON.parse(ours));
    const branches = lineage?.map((branch) => ({ ...branch, settings: checkSettings(branch.settings) }));
    return { ...rest, settings: checkSettings(settings), ...(branches && { lineage: branches }) } as Story;
  } catch (error) {
    throw new VqganClipError("BAD_FILE", `readStory(): the picture's vqgan-clip metadata is damaged`, undefined, {
      cause: error,
    });
  }
}

/** @throws BAD_FILE */
function requireVersion(json: string): void {
  let version: unknown;
  try {
    ({ version } = JSON.parse(json) as { version?: unknown });
  } catch {
    return; // the reader says what is wrong
  }
  requires(
    typeof version !== "number" || version === VERSION,
    "BAD_FILE",
    () => `inspect(): the picture's vqgan-clip metadata is of version ${version}, this version reads ${VERSION}`,
    typeof version === "number" && version > VERSION ? "update vqgan-clip" : "read it with the version that wrote it",
  );
}
