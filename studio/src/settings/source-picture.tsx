/** A picture to begin at and to change; and the way to open one without dragging it. */
import { useEffect, useRef } from "react";
import { FileButton } from "../shell/file-button.js";
import { Icon } from "../shell/icon.js";
import { edit, openPicture } from "../state/actions.js";
import { useStudio } from "../state/store.js";
import { Strength } from "./strength.js";

/** What dropping a picture on the page does, by a button. */
export function OpenPicture() {
  return (
    <FileButton
      inputId="picture-file"
      aria-label="Open a picture"
      title="Its settings come into the form; one without any becomes the one to change"
      onFiles={([file]) => file && void openPicture(file)}
    >
      <Icon name="picture" /> Open
    </FileButton>
  );
}

export function SourcePicture() {
  const source = useStudio((state) => state.draft.source);
  const isVideo = useStudio((state) => state.draft.film !== undefined);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!source) return;
    let isOld = false;
    void createImageBitmap(source).then((picture) => {
      const to = canvas.current;
      if (isOld || !to) return;
      [to.width, to.height] = [picture.width, picture.height];
      to.getContext("2d")?.drawImage(picture, 0, 0);
    });
    return () => {
      isOld = true;
    };
  }, [source]);
  if (!source) return null;
  return (
    <section className="source" aria-label="Picture to change">
      <canvas ref={canvas} role="img" aria-label={`The picture to change, ${source.name}`} />
      <div>
        <p className="cut">{source.name}</p>
        {isVideo ? (
          <p className="hint">The video begins at this picture</p>
        ) : (
          <Strength label="How far it may change" />
        )}
      </div>
      <button
        type="button"
        className="quiet square small"
        aria-label="Begin without this picture"
        onClick={() => edit({ source: undefined, strength: undefined })}
      >
        <Icon name="close" />
      </button>
    </section>
  );
}
