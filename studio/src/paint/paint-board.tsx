/** The picture with its layers, and the pointer or the arrow keys that paint on them. */
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { boxOf, type Stroke } from "./strokes.js";
import { Surface } from "./surface.js";
import type { Brush } from "./tools.js";

interface Props {
  readonly picture: ImageBitmap | undefined;
  /** Of the picture in pixels, as `height`. */
  readonly width: number;
  readonly height: number;
  readonly brush: Brush;
  readonly strokes: readonly Stroke[];
  readonly onStroke: (stroke: Stroke) => void;
  readonly onSurface: (surface: Surface | undefined) => void;
}

type Point = readonly [x: number, y: number];

export function PaintBoard({ picture, width, height, brush, strokes, onStroke, onSurface }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface | undefined>(undefined);
  const [drawing, setDrawing] = useState<readonly Point[]>([]);
  const [cursor, setCursor] = useState<Point>([width / 2, height / 2]);
  const [isByKeys, setByKeys] = useState(false);
  const [shown, setShown] = useState(width);

  // biome-ignore lint/correctness/useExhaustiveDependencies: one surface for each size of picture
  useEffect(() => {
    const container = place.current;
    if (!container) return;
    const made = new Surface(container, width, height);
    surface.current = made;
    onSurface(made);
    const refit = () => {
      const side = container.parentElement?.clientWidth ?? width;
      made.resize(side);
      setShown(side);
    };
    const resized = new ResizeObserver(refit);
    resized.observe(container.parentElement as Element);
    refit();
    return () => {
      resized.disconnect();
      made.destroy();
      surface.current = undefined;
      onSurface(undefined);
    };
  }, [width, height]);

  useEffect(() => {
    if (picture) base.current?.getContext("2d")?.drawImage(picture, 0, 0);
  }, [picture]);
  const unfinished = drawing.length > 0 ? [strokeOf(drawing, brush)] : [];
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew with each point
  useEffect(() => surface.current?.draw([...strokes, ...unfinished]), [strokes, drawing, shown]);

  const pointOf = (event: PointerEvent<HTMLElement>): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    const along = (from: number, length: number, pixels: number) =>
      Math.min(pixels, Math.max(0, (from * pixels) / length));
    return [along(event.clientX - box.left, box.width, width), along(event.clientY - box.top, box.height, height)];
  };
  const finish = (points: readonly Point[]) => {
    if (points.length > 0) onStroke(strokeOf(points, brush));
    setDrawing([]);
  };
  const down = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setByKeys(false);
    setDrawing([pointOf(event)]);
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    setCursor(pointOf(event));
    if (drawing.length > 0) setDrawing([...drawing, pointOf(event)]);
  };
  const press = (event: KeyboardEvent) => {
    const far = Math.max(1, Math.round(width / (event.shiftKey ? 8 : 32)));
    const moves: Record<string, Point> = {
      ArrowLeft: [-far, 0],
      ArrowRight: [far, 0],
      ArrowUp: [0, -far],
      ArrowDown: [0, far],
    };
    const by = moves[event.key];
    if (by) {
      event.preventDefault();
      setByKeys(true);
      const to: Point = [clamp(cursor[0] + by[0], width), clamp(cursor[1] + by[1], height)];
      setCursor(to);
      if (drawing.length > 0) setDrawing([...drawing, to]);
    }
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    setByKeys(true);
    // The first press puts the brush down, the next one lifts it.
    if (drawing.length > 0) finish(drawing);
    else setDrawing([cursor]);
  };
  const scale = shown / width;
  const diameter = brush.tool === "rectangle" ? 9 : Math.max(3, brush.size * scale);
  const where = `at ${Math.round(cursor[0])}, ${Math.round(cursor[1])} of ${width} × ${height}`;
  return (
    <div
      className="frame board"
      style={{ aspectRatio: `${width} / ${height}`, "--ratio": width / height } as React.CSSProperties}
    >
      <canvas ref={base} width={width} height={height} />
      <div ref={place} className="layers" aria-hidden="true" />
      <div
        className="touch"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is painted on by keys
        tabIndex={0}
        aria-label={`Painting, ${where}, brush ${drawing.length > 0 ? "down" : "up"}. Arrow keys move, space puts the brush down and lifts it.`}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={() => finish(drawing)}
        onPointerCancel={() => setDrawing([])}
        onKeyDown={press}
        data-testid="board"
      >
        <span
          className={isByKeys ? "cursor keys" : "cursor"}
          style={{ left: cursor[0] * scale, top: cursor[1] * scale, width: diameter, height: diameter }}
        />
      </div>
    </div>
  );
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));

function strokeOf(points: readonly Point[], { layer, tool, size, colour }: Brush): Stroke {
  const first = points[0] ?? [0, 0];
  if (tool === "rectangle") {
    return { layer, kind: "rectangle", erases: false, box: boxOf(first, points.at(-1) ?? first), colour };
  }
  return { layer, kind: "line", erases: tool === "eraser", points: points.flat(), width: size, colour };
}
