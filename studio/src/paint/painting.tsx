/** Painting on the half-made picture: paint and mask on two layers, by mouse, pen, finger or keys. */
import { useEffect, useReducer, useRef, useState } from "react";
import { service } from "../api/client.js";
import type { Session } from "../api/types.js";
import { changeOnly, findMask, resumeFromPaint } from "../state/actions.js";
import { set, useStudio } from "../state/store.js";
import { PaintBoard } from "./paint-board.js";
import { has, type LayerName, noStrokes, reduceStrokes, type Stroke } from "./strokes.js";
import { foundMask, type Surface } from "./surface.js";
import { type Brush, type Tool, Tools } from "./tools.js";

const SIZES = [1, 128] as const;

export default function Painting({ session }: { readonly session: Session }) {
  const [width, height] = session.settings.size ?? [128, 128];
  const [strokes, dispatch] = useReducer(reduceStrokes, noStrokes);
  const [brush, setBrush] = useState<Brush>({
    layer: "paint",
    tool: "brush",
    size: Math.round(width / 10),
    colour: "#d8262c",
  });
  const [picture, setPicture] = useState<ImageBitmap>();
  const surface = useRef<Surface | undefined>(undefined);
  const busy = useStudio((state) => state.busy);

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

  const change = (changes: Partial<Brush>) => setBrush((before) => ({ ...before, ...changes }));
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (
        event.target instanceof Element &&
        event.target.closest("input:not([type=range]):not([type=color]), textarea, select")
      )
        return;
      const isCommand = event.ctrlKey || event.metaKey;
      if (isCommand && event.key.toLowerCase() === "z") {
        event.preventDefault();
        dispatch(event.shiftKey ? "redo" : "undo");
        return;
      }
      if (isCommand && event.key.toLowerCase() === "y") {
        dispatch("redo");
        return;
      }
      if (isCommand || event.altKey) return;
      const tools: Record<string, Tool> = { b: "brush", e: "eraser", r: "rectangle" };
      const tool = tools[event.key.toLowerCase()];
      if (tool) change({ tool });
      const factor = event.key === "]" ? 1.25 : event.key === "[" ? 0.8 : 1;
      if (factor !== 1) setBrush((before) => ({ ...before, size: resized(before.size, factor) }));
      const layers: Record<string, LayerName> = { "1": "paint", "2": "mask" };
      const layer = layers[event.key];
      if (layer) change({ layer });
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });

  const add = (stroke: Stroke) => dispatch({ do: stroke });
  const find = async (phrase: string) => {
    const file = await findMask(phrase);
    if (file) add({ layer: "mask", kind: "found", erases: false, picture: await foundMask(file) });
  };
  const [isPainted, isMasked] = [has(strokes, "paint"), has(strokes, "mask")];
  const goOn = async () => {
    const made = surface.current;
    if (!made || !picture) return;
    const image = await made.painted(picture);
    if (isMasked) await changeOnly(image, await made.maskOf("mask"));
    else await resumeFromPaint(image, await made.maskOf("paint"));
  };
  return (
    <div className="painting">
      <Tools
        brush={brush}
        size={[width, height]}
        strokes={strokes}
        busy={busy === "mask"}
        onChange={change}
        onAction={dispatch}
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
          Leave without changes
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

function resized(size: number, factor: number): number {
  const next = Math.round(size * factor);
  const moved = next === size ? size + Math.sign(factor - 1) : next;
  return Math.min(SIZES[1], Math.max(SIZES[0], moved));
}
