/** Preset, size, seed and steps: what most pictures need. */
import { Icon } from "../shell/icon.js";
import { edit } from "../state/actions.js";
import { drawnSeed } from "../state/seed.js";
import { useStudio } from "../state/store.js";

export function Basics() {
  const draft = useStudio((state) => state.draft);
  const info = useStudio((state) => state.info);
  const [width, height] = info?.size ?? ["", ""];
  const recommended = draft.preset === "" ? String(info?.recommended.steps ?? "") : "preset's";
  const words = info?.presetWords[draft.preset];
  return (
    <div className="basics">
      <label className="wide">
        <span>Preset</span>
        <select
          value={draft.preset}
          aria-describedby={words && "preset-words"}
          onChange={(event) => edit({ preset: event.target.value, steps: "" })}
        >
          <option value="">Recommended</option>
          {info?.presets.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {words && (
        <p className="hint wide" id="preset-words">
          {words}
        </p>
      )}
      <label>
        <span>Steps</span>
        <input
          type="number"
          min={0}
          max={1_000_000}
          value={draft.steps}
          placeholder={recommended}
          onChange={(event) => edit({ steps: event.target.value })}
        />
      </label>
      <fieldset className="size" disabled={draft.film ? draft.film.kind === "style" : draft.source !== undefined}>
        <legend>Size</legend>
        <input
          type="number"
          aria-label="Width in pixels"
          min={16}
          max={4096}
          step={16}
          value={draft.width}
          placeholder={String(width)}
          onChange={(event) => edit({ width: event.target.value })}
        />
        <span aria-hidden="true">×</span>
        <input
          type="number"
          aria-label="Height in pixels"
          min={16}
          max={4096}
          step={16}
          value={draft.height}
          placeholder={String(height)}
          onChange={(event) => edit({ height: event.target.value })}
        />
      </fieldset>
      <Seed />
    </div>
  );
}

/** A seed of its own for each picture, unless one is kept. */
function Seed() {
  const seed = useStudio((state) => state.draft.seed);
  const ofSession = useStudio((state) => state.session?.settings.seed);
  const isKept = seed !== "";
  const kept = () => (ofSession === undefined ? drawnSeed() : String(ofSession));
  return (
    <div className="seed wide">
      <label htmlFor="seed">Seed</label>
      <div className="with-button">
        <input
          id="seed"
          inputMode="numeric"
          pattern="\d{1,20}"
          value={seed}
          placeholder="random"
          onChange={(event) => edit({ seed: event.target.value.trim() })}
        />
        <button
          type="button"
          className="quiet square"
          aria-label="Keep the seed"
          aria-pressed={isKept}
          title={isKept ? "The next picture has this seed" : "Keep the seed of this picture for the next one"}
          onClick={() => edit({ seed: isKept ? "" : kept() })}
        >
          <Icon name={isKept ? "lock" : "unlock"} />
        </button>
        <button
          type="button"
          className="quiet square"
          aria-label="A seed by chance"
          title="Another seed, to be kept"
          onClick={() => edit({ seed: drawnSeed() })}
        >
          <Icon name="dice" />
        </button>
      </div>
    </div>
  );
}
