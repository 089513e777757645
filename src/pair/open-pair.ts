/** From what options name to models, opened: the same whether they lie on disk or on a web server. */
import { requires } from "../core/errors.js";
import { parseRecommendation, type Recommendation } from "../guidance/resolve-settings.js";
import { readVgg19 } from "../models/classifier/read.js";
import { readClip } from "../models/clip/read.js";
import { type Place, readText } from "../models/files.js";
import type { Generator } from "../models/generator.js";
import { meshNamed } from "../models/mesh/options.js";
import { readMesh } from "../models/mesh/read.js";
import type { Perceptor } from "../models/perceptor.js";
import { readAutoencoder, readGenerator } from "../models/read-generator.js";
import { isTextTower, joinedName, LANGUAGES, readTextTower, withTextTower } from "../models/text-tower.js";
import { weightlessNamed } from "../models/weightless/names.js";
import type { ModelChoice } from "./model-choice.js";
import type { PairParts } from "./models.js";
import { isPerceptor, openRewards } from "./open-rewards.js";
import type { Found, Places } from "./places.js";

/** @throws BAD_ARGUMENT when neither choice nor pair says where a model is; BAD_MODEL, BAD_FILE, IO_FAILED, ABORTED */
export async function openPair<Address extends string | URL>(
  { model, generator: named, vqgan = named, finalVae, clip, textTower, judge, vgg, rewards = {} }: ModelChoice<Address>,
  { inPair, pairName, find }: Places<Address>,
): Promise<PairParts> {
  requires(
    named === undefined || vqgan === named,
    "BAD_ARGUMENT",
    () => "generator: is another name of vqgan, and both are given",
    "leave one of them out",
  );
  requires(
    model === undefined || vqgan === undefined || clip === undefined,
    "BAD_ARGUMENT",
    () => "model: with generator and clip there is nothing that it would give",
    "leave it out, or one of the two",
  );
  const inItsPair = (part: string) => (pairName === undefined ? part : `${pairName}/${part}`);
  const partOfPair = async (part: "vqgan" | "clip"): Promise<Found> => {
    requires(
      inPair,
      "BAD_ARGUMENT",
      () => `fromPretrained(): neither model nor ${part === "vqgan" ? "generator" : part} is given`,
      "name a pair's folder as model, or both generator and clip",
    );
    return { place: await inPair(part) };
  };
  /** The pair's own, which reads for its CLIP alone, or another. */
  const towerOf = async (given: Address): Promise<Found> => {
    const place = given === LANGUAGES ? await inPair?.(LANGUAGES) : undefined;
    if (!place || !(await isTextTower(place.files, undefined))) return find(given, "CLIP");
    requires(
      clip === undefined,
      "BAD_ARGUMENT",
      () => `textTower: ${LANGUAGES} reads for the pair's own CLIP, and another is named`,
      `leave clip out, or write ./${LANGUAGES} for a folder of that name`,
    );
    return { place, name: inItsPair(LANGUAGES) };
  };
  const sought = async (given: Address | Perceptor): Promise<Found | Own> =>
    isPerceptor(given) ? { own: given } : find(given, "CLIP");
  const clips: (Found | Own)[] = [];
  for (const given of [clip ?? []].flat() as (Address | Perceptor)[]) clips.push(await sought(given));
  const [first = await partOfPair("clip"), ...others] = clips;
  requires(
    textTower === undefined || others.length === 0,
    "BAD_ARGUMENT",
    () => `textTower: reads for one CLIP, there are ${clips.length}`,
    "name one CLIP, the one that the tower was trained for",
  );
  const second = judge === undefined ? undefined : await sought(judge);
  const finisher = finalVae === undefined ? undefined : await find(finalVae, "VQGAN");
  const { generator, name } = await generatorOf(vqgan, () => partOfPair("vqgan"), find, finisher);
  const tower = textTower === undefined ? undefined : await towerOf(textTower);
  const own = await perceptorOf(first);
  const reader = tower && { ...(await readTextTower(tower.place)), ...(tower.name && { name: tower.name }) };
  const perceptor = reader ? withTextTower(own, reader) : own;
  const companions: Perceptor[] = [];
  for (const other of others) companions.push(await perceptorOf(other));
  const looking = [perceptor, ...companions];
  const whole = vqgan === undefined && clip === undefined ? inPair : undefined;
  const perceptorName = first.name ?? (clip === undefined ? inItsPair(own.name) : own.name);
  return {
    generator,
    perceptor,
    companions,
    judge: second && (await perceptorOf(second)),
    classifier: vgg === undefined ? undefined : await readVgg19((await find(vgg, "classifier")).place),
    rewards: await openRewards(rewards, looking, find),
    recommended: whole && (await recommendationAt(await whole("recommended.json"))),
    names: {
      generator: name ?? (vqgan === undefined ? inItsPair(generator.name) : generator.name),
      perceptor: reader ? joinedName(perceptorName, reader.name) : perceptorName,
      companions: others.map((found) => found.name),
      judge: second?.name,
      finalVae: finisher?.name,
    },
  };
}

/** An encoder of the user's own. */
interface Own {
  readonly own: Perceptor;
  readonly name?: undefined;
}

async function perceptorOf(found: Found | Own): Promise<Perceptor> {
  return "own" in found ? found.own : readClip(found.place);
}

/** The generator that options name, and its published name where it has one. */
async function generatorOf<Address extends string | URL>(
  given: ModelChoice<Address>["vqgan"],
  usual: () => Promise<Found>,
  find: Places<Address>["find"],
  finisher: Found | undefined,
): Promise<{ readonly generator: Generator; readonly name?: string | undefined }> {
  const known =
    typeof given === "object" && "decode" in given
      ? given
      : typeof given === "string"
        ? weightlessNamed(given)
        : undefined;
  requires(
    !known || !finisher,
    "BAD_ARGUMENT",
    () => `finalVae: ${known?.name} draws its pictures without an autoencoder beside it`,
    "it goes with a diffusion model (docs/diffusion.md)",
  );
  if (known) return { generator: known };
  const mesh = typeof given === "string" ? meshNamed(given) : undefined;
  if (mesh) {
    const { place } = await find(mesh.path as Address, "mesh");
    return { generator: await readMesh(place, mesh.options) };
  }
  const { place, name } = given === undefined ? await usual() : await find(given as Address, "VQGAN");
  return { generator: await readGenerator(place, finisher && (await readAutoencoder(finisher.place))), name };
}

async function recommendationAt({ files, file }: Place): Promise<Recommendation | undefined> {
  if (file === undefined || !(await files.has(file))) return undefined;
  return parseRecommendation(await readText(files, file, "the pair"), files.pathOf(file));
}
