// Renders the openly licensed colour icon sets to one file of 128 px RGBA pictures plus a JSON index of names and concepts.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";

const require = createRequire(import.meta.url);
const { values: options } = parseArgs({
  options: { data: { type: "string", default: fileURLToPath(new URL("../.training/data", import.meta.url)) } },
});
const SIZE = 128;
const SETS = [
  "fluent-emoji-flat",
  "fluent-emoji",
  "noto",
  "noto-v1",
  "fxemoji",
  "twemoji",
  "emojione",
  "streamline-emojis",
  "flat-color-icons",
];
const OWN_CONCEPTS = new Set(["flat-color-icons", "streamline-emojis"]); // sets whose icons without an emoji of that name are concepts of their own
const LICENSES = new Set(["MIT", "Apache-2.0", "CC-BY-4.0", "CC0-1.0", "OFL-1.1"]);
// Unicode emoji groups: 0 smileys, 1 people, 2 components, 3 animals and nature, 4 food, 5 travel, 6 activities, 7 objects, 8 symbols, 9 flags.
const GROUP_WEIGHT = { 0: 0.5, 1: 0.3, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1, 8: 0.25, 9: 0.15 };
const SKIP_NAME =
  /skin-tone|(^|-)(light|dark|medium)$|medium-(light|dark)|^(keycap|letter|digit|regional)|^\d+$|^[a-z]$|oclock|-thirty|ideograph|katakana|^(android-os|bbc|debian|dribbble|dvd-logo|google|icons8-cup|ipad|iphone|kindle|linux|nook|reddit|stumbleupon|vlc|wikipedia|usb|faq|vip|mms|sms|nfc-sign)$/;
const SKIP_LABEL = /^keycap|button|o’clock|-thirty|skin tone|regional|Japanese “|input |CJK|ideograph/i;

const words = (text) =>
  text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[’']/g, "")
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
const hexKey = (hex) =>
  hex
    .toUpperCase()
    .replace(/-?(FE0F|200D)/g, "")
    .replace(/^0+/, "");

const emojiByHex = new Map();
const emojiByLabel = new Map();
for (const emoji of require("emojibase-data/en/data.json")) {
  emojiByHex.set(hexKey(emoji.hexcode), emoji);
  emojiByLabel.set(words(emoji.label).replaceAll(" ", ""), emoji);
}

const shortcodes = ["github", "iamcal", "emojibase"].map((name) =>
  require(`emojibase-data/en/shortcodes/${name}.json`),
);
const flags = new Set(
  [...emojiByLabel.keys()].filter((label) => label.startsWith("flag")).map((label) => label.slice(4)),
);

/** "flag of france" for "flag: France", other flags as they are called. */
const flagName = (emoji) => words(emoji.label.replace(/^flag: /, "flag of "));

/** Every name by which an emoji is called: its label, the label without "face", and its shortcodes. */
function namesOf(emoji) {
  if (emoji.group === 9) return [flagName(emoji)];
  const label = words(emoji.label);
  const codes = shortcodes
    .flatMap((table) => table[emoji.hexcode] ?? [])
    .map(words)
    .filter((code) => !/[0-9]/.test(code) && code.length > 1);
  const names = [label, ...(emoji.group === 3 || emoji.group === 5 ? [label.replace(/ face$/, "")] : []), ...codes];
  return [...new Set(names)];
}

const concepts = new Map();
function conceptOf(label, emoji) {
  const key = words(label);
  let concept = concepts.get(key);
  if (!concept) {
    const tags = (emoji?.tags ?? []).map(words).filter((tag) => tag && tag !== key);
    const weight = emoji ? (GROUP_WEIGHT[emoji.group] ?? 0) : 0.15;
    const names = emoji ? namesOf(emoji) : [key];
    concept = {
      id: concepts.size,
      name: key,
      names,
      tags: tags.filter((tag) => !names.includes(tag)),
      group: emoji?.group ?? -1,
      weight,
      pictures: 0,
    };
    concepts.set(key, concept);
  }
  return concept;
}

/** The concept that an icon shows, or undefined when the icon is left out. */
function classify(set, name, hexes) {
  if (SKIP_NAME.test(name)) return undefined;
  const plain = words(name.replace(/-\d+$/, "").replace(/^flag-for-/, "flag-"));
  const emoji =
    hexes.map((hex) => emojiByHex.get(hexKey(hex))).find(Boolean) ??
    emojiByLabel.get(plain.replaceAll(" ", "")) ??
    emojiByLabel.get(plain.replace(/ face$/, "").replaceAll(" ", ""));
  if (emoji) {
    if (emoji.group === undefined || emoji.group === 2 || SKIP_LABEL.test(emoji.label)) return undefined;
    if (emoji.group === 9) return conceptOf(flagName(emoji), emoji);
    return emoji.label.includes(":") ? undefined : conceptOf(emoji.label, emoji);
  }
  if (!OWN_CONCEPTS.has(set) || /^flag/.test(name)) return undefined;
  return plain && !flags.has(plain.replaceAll(" ", "")) ? conceptOf(plain) : undefined;
}

fs.mkdirSync(options.data, { recursive: true });
const file = fs.openSync(path.join(options.data, "pictures.u8"), "w");
const items = [];
const sources = [];
for (const set of SETS) {
  const root = path.dirname(require.resolve(`@iconify-json/${set}/package.json`));
  const read = (name) => JSON.parse(fs.readFileSync(path.join(root, name), "utf8"));
  const info = read("info.json");
  if (!LICENSES.has(info.license.spdx))
    throw new Error(`${set}: licence ${info.license.spdx} is not on the allowed list`);
  const icons = read("icons.json");
  const hexesOf = new Map();
  for (const [hex, name] of Object.entries(read("chars.json"))) {
    if (!hexesOf.has(name)) hexesOf.set(name, []);
    hexesOf.get(name).push(hex);
  }
  let count = 0;
  for (const [name, icon] of Object.entries(icons.icons)) {
    const concept = classify(set, name, hexesOf.get(name) ?? []);
    if (!concept) continue;
    const width = icon.width ?? icons.width ?? 16;
    const height = icon.height ?? icons.height ?? 16;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${SIZE}" height="${SIZE}" viewBox="${icon.left ?? 0} ${icon.top ?? 0} ${width} ${height}">${icon.body}</svg>`;
    const pixels = await sharp(Buffer.from(svg))
      .resize(SIZE, SIZE, { fit: "contain", background: { r: 0, g: 0, b: 0, alpha: 0 } })
      .ensureAlpha()
      .toColourspace("srgb")
      .raw()
      .toBuffer();
    let covered = 0;
    for (let i = 3; i < pixels.length; i += 4) covered += pixels[i] > 127 ? 1 : 0;
    if (pixels.length !== SIZE * SIZE * 4 || covered < 0.03 * SIZE * SIZE) continue;
    fs.writeSync(file, pixels);
    items.push({ set, name, concept: concept.id });
    concept.pictures++;
    count++;
  }
  const { version } = read("package.json");
  sources.push({
    set,
    version,
    title: info.name,
    license: info.license.spdx,
    author: info.author.name,
    url: info.author.url,
    pictures: count,
  });
  console.log(`${set}: ${count} pictures (${info.license.spdx}, ${info.author.name})`);
}
fs.closeSync(file);
const index = { size: SIZE, count: items.length, sources, concepts: [...concepts.values()], items };
fs.writeFileSync(path.join(options.data, "pictures.json"), JSON.stringify(index));
console.log(`${items.length} pictures of ${concepts.size} concepts`);
