/** Painting on the half-made picture: paint and mask on two layers, by mouse, pen, finger or keys. */
import { useEffect, useRef, useState } from "react";
import { service } from "../api/client.js";
import type { Session } from "../api/types.js";
import { changeOnly, findMask, resumeFromPaint } from "../state/actions.js";
import { set, useStudio } from "../state/store.js";
import { type Brush, changed, fitted, type Point, resized, scaled } from "./brush.js";
import { type PaintKey, usePaintKeys } from "./keys.js";
import { PaintBoard } from "./paint-board.js";
import { has, placedIn, type Stroke } from "./strokes.js";
import { foundMask, type Surface } from "./surface.js";
import { Tools } from "./tools.js";
import { forgetStrokes, useStrokes } from "./use-strokes.js";

export default function Painting({ session }: { readonly session: Session }) {
  const [width, height] = session.settings.size ?? [128, 128];
  const [strokes, dispatch] = useStrokes(session.id);
  const [brush, setBrush] = useState<Brush>({
    layer: "paint",
    tool: "brush",
    size: Math.round(width / 10),
    colour: "#d8262c",
  });
  const [picture, setPicture] = useState<ImageBitmap>();
  const surface = useRef<Surface | undefined>(undefined);
  const busy = useStudio((state) => state.busy);
  const dropped = useStudio((state) => state.dropped);

  // biome-ignore lint/correctness/useExhaustiveDependencies: its picture is another one after each step
  useEffect(() => {
    let isOld = false;
    void service
      .picture(session.id)
      .then((file) => createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" }))
      .then((made) => !isOld && setPicture(made));
    return () => {
      isOld = true;
    };
  }, [session.id, session.step]);

  const change = (changes: Partial<Brush>) => setBrush((before) => changed(before, changes));
  const add = (stroke: Stroke) => dispatch({ do: stroke });
  const full = { x: 0, y: 0, width, height };

  useEffect(() => {
    if (!dropped) return;
    set({ dropped: undefined });
    void createImageBitmap(dropped).then(
      (made) => {
        const box = fitted(made, width, height);
        dispatch({ do: { layer: "paint", kind: "picture", erases: false, picture: made, box } });
        setBrush((before) => ({ ...before, layer: "paint", tool: "move" }));
      },
      () => set({ problem: { detail: `There is no picture in ${dropped.name} that this browser can show.` } }),
    );
  }, [dropped, width, height, dispatch]);

  const placed = placedIn(strokes.done);
  const resize = (factor: number) => {
    if (brush.tool !== "move") change({ size: resized(brush.size, factor) });
    else if (placed) dispatch({ place: scaled(placed, factor) });
  };
  const invert = () => {
    change({ layer: "mask" });
    add({ layer: "mask", kind: "inverse", erases: false });
  };
  usePaintKeys((key: PaintKey) => {
    if (key === "undo" || key === "redo") dispatch(key);
    else if (key === "layer") change({ layer: brush.layer === "paint" ? "mask" : "paint" });
    else if (key === "invert") invert();
    else if ("factor" in key) resize(key.factor);
    else if (key.tool !== "move" || placed) change(key);
  });
  const pick = (point: Point) => {
    if (!surface.current || !picture) return;
    change({ colour: surface.current.colourAt(picture, point), layer: "paint", tool: "brush" });
  };
  const find = async (phrase: string) => {
    const file = await findMask(phrase);
    if (file) add({ layer: "mask", kind: "picture", erases: false, picture: await foundMask(file), box: full });
  };
  const [isPainted, isMasked] = [has(strokes, "paint"), has(strokes, "mask")];
  const goOn = async () => {
    const made = surface.current;
    if (!made || !picture) return;
    const image = await made.painted(picture);
    const isGone = isMasked
      ? await changeOnly(image, await made.maskOf("mask"))
      : await resumeFromPaint(image, await made.maskOf("paint"));
    if (isGone) forgetStrokes(session.id);
  };
  return (
    <div className="painting" style={{ "--ratio": width / height } as React.CSSProperties}>
      <Tools
        brush={brush}
        size={[width, height]}
        strokes={strokes}
        busy={busy === "mask"}
        hasPlaced={placed !== undefined}
        onChange={change}
        onAction={dispatch}
        onResize={resize}
        onInvert={invert}
        onRectangle={(box) =>
          add({ layer: brush.layer, kind: "rectangle", erases: brush.tool === "eraser", box, colour: brush.colour })
        }
        onPhrase={find}
      />
      <PaintBoard
        picture={picture}
        width={width}
        height={height}
        brush={brush}
        strokes={strokes.done}
        onStroke={add}
        onPlace={(box) => dispatch({ place: box })}
        onPick={pick}
        onSurface={(made) => {
          surface.current = made;
        }}
      />
      <div className="controls" role="toolbar" aria-label="Go on from the painting">
        <button
          type="button"
          className="main"
          disabled={!picture || busy === "paint" || !(isPainted || isMasked)}
          onClick={() => void goOn()}
        >
          {isMasked ? "Change only the red part" : "Resume from paint"}
        </button>
        <button type="button" onClick={() => set({ painting: false })}>
          Back to the picture
        </button>
        <p className="hint">
          {isMasked
            ? "A new session: what is not red stays as it is."
            : isPainted
              ? "A new branch goes on from what you painted."
              : "Paint what should be there, or mark in red what may change."}
        </p>
      </div>
    </div>
  );
}
