/** Pictures that the result is to be near: each with how much it counts, and when it stops counting. */
import { useEffect, useState } from "react";
import { FileButton } from "../shell/file-button.js";
import { Icon } from "../shell/icon.js";
import { beNear, edit } from "../state/actions.js";
import type { PicturePrompt } from "../state/draft.js";
import { isActive, useStudio } from "../state/store.js";

export function PictureList() {
  const pictures = useStudio((state) => state.draft.pictures);
  const isLive = useStudio(({ session }) => session !== undefined && isActive(session));
  if (pictures.length === 0) return null;
  const change = (picture: PicturePrompt) =>
    edit({ pictures: pictures.map((other) => (other.id === picture.id ? picture : other)) });
  return (
    <>
      <ul className="prompts" aria-label="Pictures to be near">
        {pictures.map((picture, i) => (
          <PictureLine
            key={picture.id}
            picture={picture}
            number={i + 1}
            onChange={change}
            onRemove={() => edit({ pictures: pictures.filter(({ id }) => id !== picture.id) })}
          />
        ))}
      </ul>
      {isLive && <p className="hint">Pictures stay as they are for this run; changes count for the next one.</p>}
    </>
  );
}

interface Props {
  readonly picture: PicturePrompt;
  readonly number: number;
  readonly onChange: (picture: PicturePrompt) => void;
  readonly onRemove: () => void;
}

function PictureLine({ picture, number, onChange, onRemove }: Props) {
  const { id, file, weight, stop } = picture;
  const address = useAddress(file);
  return (
    <li className={weight === 0 ? "prompt near muted" : "prompt near"}>
      {address ? <img src={address} alt={`To be near, ${number}: ${file.name}`} /> : <span className="no-picture" />}
      <div>
        <div className="weight">
          <label className="hint" htmlFor={`${id}-weight`}>
            Weight<span className="sr"> of picture {number}</span>
          </label>
          <input
            id={`${id}-weight`}
            type="range"
            min={-2}
            max={2}
            step={0.05}
            value={weight}
            onChange={(event) => onChange({ ...picture, weight: Number(event.target.value) })}
          />
          <output htmlFor={`${id}-weight`}>{weight === 0 ? "off" : weight.toFixed(2)}</output>
        </div>
        <div className="weight">
          <label className="hint" htmlFor={`${id}-stop`}>
            Stop<span className="sr"> of picture {number}</span>
          </label>
          <input
            id={`${id}-stop`}
            type="number"
            step="any"
            value={stop}
            placeholder="never"
            title="It stops counting once the distance is below this"
            onChange={(event) => onChange({ ...picture, stop: event.target.value })}
          />
          <button
            type="button"
            className="quiet square small"
            onClick={onRemove}
            aria-label={`Remove picture ${number}`}
          >
            <Icon name="close" />
          </button>
        </div>
      </div>
    </li>
  );
}

/** An address of a file, for as long as it is shown. */
function useAddress(file: File): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return address;
}

/** Dropping a picture on the prompts, by a button. */
export function AddPicture() {
  return (
    <FileButton
      inputId="near-file"
      multiple
      aria-label="Add a picture to be near"
      title="A picture to be near; or drop one on the prompts"
      onFiles={(files) => files.forEach(beNear)}
    >
      <Icon name="add" /> Picture
    </FileButton>
  );
}
