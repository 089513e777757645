/** The one place where a run's settings come together, and the record of where each came from. */
import * as z from "zod";
import { requires, VqganClipError } from "../core/errors.js";
import { unknownName } from "../core/known-names.js";
import { inWords } from "../core/schema-words.js";
import type { Seed } from "../core/seed.js";
import { joinPrompts, parsePrompts } from "../prompts/prompt.js";
import { type EditKind, type EditRecipe, editRecipe } from "./edit-recipe.js";
import { isOneLatent } from "./latent-kind.js";
import { isOfEdits, type PresetName, presetNames, presets } from "./presets.js";
import type { DirectionRequest, PictureRegularizerRequest, ScheduleRequest } from "./setting-parts.js";
import { checkSettings, type Recipe, type SettingName, type Settings, settingsSchema } from "./settings.js";
import { isPictureStart } from "./starts.js";

const recipeSchema = settingsSchema.partial().omit({ prompts: true, generatorPrompt: true, noising: true, seed: true });
/** What a model's `recommended.json` may hold: any part of a recipe, a size, `strength`, how far an edit goes, and `fromPicture`. */
const recommendationSchema = recipeSchema.extend({
  strength: z.number().min(0).max(1).optional(),
  fromPicture: recipeSchema.omit({ size: true }).optional(),
});
/** What a model recommends for itself: any part of a recipe, a size, a strength. */
export type Recommendation = Partial<Recipe & Pick<Settings, "size">> & {
  readonly strength?: number;
  /** What differs in runs that begin at a picture or at codes, edits included, and where the picture moves. */
  readonly fromPicture?: Partial<Recipe>;
};

/** What somebody asks for; everything left out is filled in. */
export interface SettingsRequest
  extends Partial<
    Omit<Settings, "prompts" | "regularizer" | "pictureRegularizers" | "prior" | "schedule" | "plateau" | "direction">
  > {
  /** Several texts join as if written with `|`, in every scene of a story. */
  readonly prompts?: string | readonly string[];
  /** How far an edit goes from its source, 0..1 (default: as the model recommends, else 0.75): decides steps, regulariser and structure. */
  readonly strength?: number;
  /** Fields left out come from the layer below. */
  readonly regularizer?: Partial<Settings["regularizer"]>;
  /** Fields left out: left and right alike, a white margin of 5 percent. */
  readonly pictureRegularizers?: readonly PictureRegularizerRequest[];
  /** Fields left out come from the layer below. */
  readonly prior?: Partial<Settings["prior"]>;
  /** Fields left out: no warm-up, one cycle over the run, falling to 0 or by half every 100 steps. */
  readonly schedule?: ScheduleRequest;
  /** Fields left out: every cutout held against the source's same one, none left as it is, the whole picture not looked at. */
  readonly direction?: DirectionRequest | null;
  /** Fields left out come from the layer below. */
  readonly plateau?: Partial<Settings["plateau"]>;
  /** Recipe to start from (default: the model's recommendation, then `paper`). */
  readonly preset?: PresetName;
}

export interface SettingsSources {
  /** The model pair's own recommendation. */
  readonly recommended?: Recommendation | undefined;
  /** Whether the generator has a codebook (default); without one, what recipes say of codes is left out. */
  readonly codebook?: boolean;
  /** Whether the generator has an encoder (default); without one, starts of recipes that encode a picture are left out. */
  readonly encoder?: boolean;
  /** Whether the generator has a prior (default false); without one, or where not one latent is optimised, what recipes say of it is left out. */
  readonly prior?: boolean;
  /** How the generator begins at a picture (default: at its latent); an edit's strength goes by it. */
  readonly editKind?: EditKind;
  /** Whether there is a classifier (default false); without one, recipes hold a picture's edges instead of its content. */
  readonly classifier?: boolean;
  /** Width and height where nobody names any: the generator's own resolution. */
  readonly size: readonly [number, number];
  /** Settings of a picture that is to be made again; they count as if each had been asked for. */
  readonly like?: Settings | undefined;
  /** Whether a picture is edited: `size` is then its own and comes before the model's, and strength counts. */
  readonly edits?: boolean;
  /** Whether it begins at a picture or at codes without being an edit. */
  readonly begun?: boolean;
  /** Draws a seed where nobody names one. */
  readonly drawSeed: () => Seed;
}

/** Who decided a setting. */
export type Origin =
  | "request"
  | "like"
  | "strength"
  | `preset ${PresetName}`
  | "model"
  | "source"
  | "generator"
  | "no classifier"
  | "drawn";

/** How far an edit goes where neither the request nor the model says. */
export const USUAL_STRENGTH = 0.75;

/** Complete settings, and who decided each. */
export interface ResolvedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

/**
 * Request, then the picture to re-make, then the preset asked for, then the model's recommendation, then preset `paper`;
 * the size ends at the generator's own, the seed at a drawn one. Where a recipe would need an encoder or a codebook and
 * there is none, the generator decides: a start at random codes; without those a continuous latent with a normal start,
 * not clamped. Where a recipe would need a classifier and there is none, edges take the content's place.
 *
 * @throws BAD_ARGUMENT, BAD_PROMPT
 */
export function resolveSettings(request: SettingsRequest, sources: SettingsSources): ResolvedSettings {
  const { preset, prompts: _, strength, ...given } = request;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(settingsSchema.shape, name));
  if (unknown !== undefined) throw unknownName("settings", unknown, settingNames);
  if (preset !== undefined && !presetNames.includes(preset)) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `preset: no preset is named "${preset}"`,
      `known: ${presetNames.join(", ")}`,
    );
  }
  const { recommended, like, size, edits = false, codebook = true, encoder = true, drawSeed } = sources;
  const { editKind = "latent", classifier = false, prior = false, begun = false } = sources;
  requires(
    edits || strength === undefined,
    "BAD_ARGUMENT",
    () => "strength: only an edit has it",
    "edit a picture, or leave it out",
  );
  const recipes: Layer[] = [
    ...(preset ? [[`preset ${preset}`, presets[preset]] as const] : []),
    ...(recommended
      ? [["model", { ...recommended, ...((edits || begun || given.motion) && recommended.fromPicture) }] as const]
      : []),
    ["preset paper", presets.paper],
  ];
  const latents = [given, like, ...recipes.map(([, recipe]) => recipe)].map((values) => values?.latent);
  const knows = prior && isOneLatent(latents.find((kind) => kind !== undefined) as Settings["latent"]);
  const steps = recipes.map(([, recipe]) => recipe.steps).find((value) => value !== undefined) as number;
  const layers: Layer[] = [
    ["request", { ...given, prompts: requestedPrompts(request, like) }],
    ...(like ? [["like", like] as const] : []),
    ...(edits
      ? ([
          ["source", { size }],
          ["strength", strengthFor(preset, strength, recommended, steps, editKind)],
        ] as const)
      : []),
    ...(classifier ? [] : withoutClassifier(recipes)),
    ...recipes.map(([origin, recipe]) => [origin, possible(recipe, { codebook, encoder, prior: knows })] as const),
    ["generator", { size, latent: "continuous", start: codebook ? "codes" : "normal", clampToCodebook: false }],
  ];
  const settings: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const name of settingNames) {
    const layer = layers.find(([, values]) => values[name] !== undefined);
    if (layer) {
      origins[name] = layer[0];
      settings[name] = isMerged(name) ? merged(name, layers) : layer[1][name];
    }
  }
  if (settings.seed === undefined) {
    settings.seed = drawSeed();
    origins.seed = "drawn";
  }
  return { settings: checkSettings(settings), origins: origins as Record<SettingName, Origin> };
}

/** What the strength of an edit decides; of a recipe that is of edits, only what no edit does without, unless one is asked for. */
function strengthFor(
  preset: PresetName | undefined,
  asked: number | undefined,
  recommended: Recommendation | undefined,
  steps: number,
  kind: EditKind,
): Partial<EditRecipe> {
  const recipe = editRecipe(asked ?? recommended?.strength ?? USUAL_STRENGTH, steps, kind);
  if (asked !== undefined || preset === undefined || !isOfEdits(preset)) return recipe;
  const { steps: _, regularizer: __, structure: ___, edges: ____, ...begun } = recipe;
  return begun;
}

/** The prompts asked for, as one text; undefined where those of the picture to re-make stay. @throws BAD_PROMPT */
export function requestedPrompts(
  { prompts, targets = [] }: Pick<SettingsRequest, "prompts"> & { readonly targets?: readonly unknown[] },
  like: Settings | undefined,
): string | undefined {
  if (prompts === undefined && like) return undefined;
  if (!prompts && targets.length > 0) return ""; // as the settings of such a run say
  if (prompts === undefined) {
    throw new VqganClipError("BAD_PROMPT", "prompt: none was given", 'write what to see, such as "a red apple"');
  }
  const joined = typeof prompts === "string" ? prompts : joinPrompts(prompts);
  parsePrompts(joined);
  return joined;
}

/** A recipe without what only a codebook, an encoder or a prior can give, where there is none. */
function possible(
  recipe: Layer[1],
  { codebook, encoder, prior }: Required<Pick<SettingsSources, "codebook" | "encoder" | "prior">>,
): Layer[1] {
  const ofCodes = { latent: "quantized", start: "codes", clampToCodebook: true } as const;
  const isPossible = ([name, value]: [string, unknown]) =>
    (codebook || value !== ofCodes[name as "start"]) &&
    (prior || name !== "prior" || (value as Settings["prior"]).weight === 0) &&
    (encoder || name !== "start" || !isPictureStart(value as Settings["start"]));
  return Object.fromEntries(Object.entries(recipe).filter(isPossible));
}

/** Weight of the edges where a recipe would hold a picture's content by a classifier, and there is none. */
const EDGES_FOR_CONTENT = 4;

/** What stands in the place of `content` that only a classifier can tell; nothing where no recipe asks for it. */
function withoutClassifier(recipes: readonly Layer[]): Layer[] {
  const content = recipes.map(([, recipe]) => recipe.content).find((weight) => weight !== undefined);
  return content ? [["no classifier", { content: 0, edges: EDGES_FOR_CONTENT }]] : [];
}

/** Who decides, and what. */
type Layer = readonly [Origin, Readonly<Record<string, unknown>>];

const settingNames = Object.keys(settingsSchema.shape) as SettingName[];

/** Settings whose fields may come from several layers. */
export const mergedNames = ["regularizer", "prior", "plateau"] as const;
type MergedName = (typeof mergedNames)[number];
const isMerged = (name: SettingName): name is MergedName => (mergedNames as readonly string[]).includes(name);

function merged(name: MergedName, layers: readonly Layer[]): object {
  return Object.assign({}, ...layers.map(([, values]) => values[name] ?? {}).reverse());
}

/** Reads a `recommended.json`. @throws BAD_MODEL naming the key */
export function parseRecommendation(json: string, origin: string): Recommendation {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new VqganClipError("BAD_MODEL", `${origin}: not JSON`, undefined, { cause });
  }
  return checkRecommendation(value, origin);
}

/** @throws BAD_MODEL naming the key */
export function checkRecommendation(value: unknown, origin: string): Recommendation {
  const parsed = recommendationSchema.safeParse(value, { error: inWords });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new VqganClipError("BAD_MODEL", `${origin}: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  return parsed.data as Recommendation;
}
