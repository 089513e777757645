/** The part of the form that makes a video: a picture that moves, or frames of one's own restyled. */
import { service } from "../api/client.js";
import { Strength } from "../settings/strength.js";
import { FileButton } from "../shell/file-button.js";
import { Icon } from "../shell/icon.js";
import { edit } from "../state/actions.js";
import { useStudio } from "../state/store.js";
import { makeVideo, restyle } from "./film-actions.js";
import { type Film, type Follows, framesIn, type Moves, usual } from "./film-draft.js";

interface NumberField<Name> {
  readonly name: Name;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number | "any";
}

const moves: readonly NumberField<Exclude<keyof Moves, "kind">>[] = [
  { name: "frames", label: "Frames", min: 2, max: 600, step: 1 },
  { name: "fps", label: "Frames a second", min: 0.1, max: 60, step: "any" },
  { name: "stepsPerFrame", label: "Steps of each later frame", min: 1, max: 1_000_000, step: 1 },
  { name: "zoom", label: "Zoom: grows by", min: 0.1, max: 10, step: "any" },
  { name: "right", label: "Moves right, pixels", min: -4096, max: 4096, step: "any" },
  { name: "down", label: "Moves down, pixels", min: -4096, max: 4096, step: "any" },
  { name: "rotate", label: "Turns by, degrees", min: -180, max: 180, step: "any" },
];
const follows: readonly NumberField<"blend" | "smooth" | "fps">[] = [
  { name: "blend", label: "Begins at the frame before, share", min: 0, max: 1, step: 0.05 },
  { name: "smooth", label: "Keeps of the frames before, share", min: 0, max: 0.99, step: 0.01 },
  { name: "fps", label: "Frames a second", min: 0.1, max: 60, step: "any" },
];

export function FilmFields() {
  const film = useStudio((state) => state.draft.film);
  const isBusy = useStudio((state) => state.busy === "frames");
  if (!service.films) return null;
  return (
    <details className="fold" open={film !== undefined || undefined}>
      <summary>Video {film && <span className="count">{framesIn(film)} frames</span>}</summary>
      <div className="film">
        {film?.kind !== "style" && (
          <label className="check">
            <input type="checkbox" checked={film !== undefined} onChange={(event) => makeVideo(event.target.checked)} />
            <span>Make a video: the picture moves a little between frames</span>
          </label>
        )}
        {film === undefined && (
          <FileButton
            inputId="film-file"
            accept="video/*,image/*"
            multiple
            disabled={isBusy}
            title="Every frame is changed towards the prompts, each following the one before"
            onFiles={(files) => void restyle(files)}
          >
            <Icon name="film" /> {isBusy ? "Taking frames…" : "Restyle a video or pictures"}
          </FileButton>
        )}
        {film?.kind === "video" && <Numbers film={film} fields={moves} />}
        {film?.kind === "style" && <Restyled film={film} />}
      </div>
    </details>
  );
}

function Restyled({ film }: { readonly film: Follows }) {
  return (
    <>
      <p className="spread">
        <span className="cut">
          {film.files.length} frames of {film.name}
        </span>
        <button
          type="button"
          className="quiet square small"
          aria-label="Begin without these frames"
          onClick={() => edit({ film: undefined, strength: undefined })}
        >
          <Icon name="close" />
        </button>
      </p>
      <div>
        <Strength label="How far each may change" />
      </div>
      <Numbers film={film} fields={follows} />
    </>
  );
}

function Numbers<Part extends Film>({
  film,
  fields,
}: {
  readonly film: Part;
  readonly fields: readonly NumberField<keyof Part & keyof typeof usual>[];
}) {
  return (
    <div className="basics">
      {fields.map(({ name, label, min, max, step }) => (
        <label key={name}>
          <span>{label}</span>
          <input
            type="number"
            min={min}
            max={max}
            step={step}
            value={String(film[name])}
            placeholder={usual[name]}
            onChange={(event) => edit({ film: { ...film, [name]: event.target.value } })}
          />
        </label>
      ))}
    </div>
  );
}
