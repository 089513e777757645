/** The picture with its layers, and the pointer or the arrow keys that paint on them. */
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { type Brush, dragged, type Point, strokeOf } from "./brush.js";
import { type Box, placedAt, placedIn, type Stroke } from "./strokes.js";
import { Surface } from "./surface.js";

interface Props {
  readonly picture: ImageBitmap | undefined;
  /** Of the picture in pixels, as `height`. */
  readonly width: number;
  readonly height: number;
  readonly brush: Brush;
  readonly strokes: readonly Stroke[];
  readonly onStroke: (stroke: Stroke) => void;
  /** The picture that was placed last was moved or got another size. */
  readonly onPlace: (box: Box) => void;
  /** The colour at a point is wanted. */
  readonly onPick: (point: Point) => void;
  readonly onSurface: (surface: Surface | undefined) => void;
}

/** How near to a corner of a placed picture its size is changed, in CSS pixels. */
const REACH = 16;

export function PaintBoard(props: Props) {
  const { picture, width, height, brush, strokes, onStroke, onPlace, onPick, onSurface } = props;
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
  const scale = shown / width;
  const isMoving = brush.tool === "move";
  const lies = isMoving ? placedIn(strokes) : undefined;
  const [first, last] = [drawing[0], drawing.at(-1)];
  const placed = lies && first && last ? dragged(lies, first, last, REACH / scale) : lies;
  const seen = () => {
    if (first === undefined) return strokes;
    if (isMoving) return placed ? placedAt(strokes, placed) : strokes;
    return [...strokes, strokeOf(drawing, brush)];
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew with each point
  useEffect(() => surface.current?.draw(seen()), [strokes, drawing, shown]);

  const pointOf = (event: PointerEvent<HTMLElement>): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    const along = (from: number, length: number, pixels: number) => {
      const at = (from * pixels) / length;
      return isMoving ? at : clamp(at, pixels); // a placed picture may be dragged beyond the edge
    };
    return [along(event.clientX - box.left, box.width, width), along(event.clientY - box.top, box.height, height)];
  };
  const finish = () => {
    setDrawing([]);
    if (first === undefined) return;
    if (!isMoving) onStroke(strokeOf(drawing, brush));
    else if (placed && drawing.length > 1) onPlace(placed);
  };
  const down = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    if (brush.tool === "pick" || event.altKey) {
      onPick(pointOf(event));
      return;
    }
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
      if (lies) {
        onPlace({ ...lies, x: lies.x + by[0], y: lies.y + by[1] });
        return;
      }
      const to: Point = [clamp(cursor[0] + by[0], width), clamp(cursor[1] + by[1], height)];
      setCursor(to);
      if (drawing.length > 0) setDrawing([...drawing, to]);
    }
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    setByKeys(true);
    if (isMoving) return;
    if (brush.tool === "pick") onPick(cursor);
    // The first press puts the brush down, the next one lifts it.
    else if (first) finish();
    else setDrawing([cursor]);
  };
  const isRound = brush.tool === "brush" || brush.tool === "eraser";
  const diameter = isRound ? Math.max(3, brush.size * scale) : 9;
  const where = `at ${Math.round(cursor[0])}, ${Math.round(cursor[1])} of ${width} × ${height}`;
  return (
    <div className="frame board" style={{ aspectRatio: `${width} / ${height}` }}>
      <canvas ref={base} width={width} height={height} />
      <div ref={place} className="layers" aria-hidden="true" />
      <div
        className="touch"
        data-tool={brush.tool}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is painted on by keys
        tabIndex={0}
        aria-label={`Painting, ${where}, ${wordsOf(brush.tool, first !== undefined)}`}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={finish}
        onPointerCancel={() => setDrawing([])}
        onKeyDown={press}
        data-testid="board"
      >
        <span
          className={isByKeys ? "cursor keys" : "cursor"}
          style={{ left: cursor[0] * scale, top: cursor[1] * scale, width: diameter, height: diameter }}
        />
        {placed && (
          <span
            className="placed"
            style={{
              left: placed.x * scale,
              top: placed.y * scale,
              width: placed.width * scale,
              height: placed.height * scale,
            }}
          />
        )}
      </div>
    </div>
  );
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));

/** What the keys do with a tool, for those who do not see it. */
function wordsOf(tool: Brush["tool"], isDown: boolean): string {
  if (tool === "move") return "arrow keys move the placed picture.";
  if (tool === "pick") return "arrow keys move, space takes the colour.";
  return `${tool} ${isDown ? "down" : "up"}. Arrow keys move, space puts the ${tool} down and lifts it.`;
}
