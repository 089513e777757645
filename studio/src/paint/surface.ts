/** The two layers over the picture, drawn by Konva: what is shown, and the pictures that are sent. */
import Konva from "konva/lib/Core.js";
import { Image as KonvaImage } from "konva/lib/shapes/Image.js";
import { Line } from "konva/lib/shapes/Line.js";
import { Rect } from "konva/lib/shapes/Rect.js";
import type { Point } from "./brush.js";
import type { LayerName, Stroke } from "./strokes.js";

const MASK_COLOUR = "#e5132d";

/** @param size of the layer in pixels of the picture */
function shapeOf(stroke: Stroke, size: { readonly width: number; readonly height: number }): Konva.Shape {
  const globalCompositeOperation = stroke.erases ? "destination-out" : "source-over";
  const colour = (own: string) => (stroke.layer === "mask" || stroke.erases ? MASK_COLOUR : own);
  const common = { globalCompositeOperation, listening: false } as const;
  switch (stroke.kind) {
    case "line": {
      const { points, width } = stroke;
      const [x = 0, y = 0] = points;
      // A touch without a move is a dot.
      const drawn = points.length > 2 ? [...points] : [x, y, x + 0.01, y];
      const line = { points: drawn, stroke: colour(stroke.colour), strokeWidth: width };
      return new Line({ ...common, ...line, lineCap: "round", lineJoin: "round" });
    }
    case "rectangle":
      return new Rect({ ...common, ...stroke.box, fill: colour(stroke.colour) });
    case "area":
      return new Line({ ...common, points: [...stroke.points], closed: true, fill: colour(stroke.colour) });
    case "picture":
      return new KonvaImage({ ...common, ...stroke.box, image: stroke.picture });
    case "inverse":
      return new Rect({ ...common, ...size, fill: MASK_COLOUR, globalCompositeOperation: "xor" });
  }
}

export class Surface {
  private readonly stage: Konva.Stage;
  private readonly layers: Readonly<Record<LayerName, Konva.Layer>>;

  /** @param width of the run's picture in pixels, as `height` */
  constructor(
    container: HTMLDivElement,
    readonly width: number,
    readonly height: number,
  ) {
    this.stage = new Konva.Stage({ container, width, height });
    this.layers = { paint: new Konva.Layer({ listening: false }), mask: new Konva.Layer({ listening: false }) };
    this.stage.add(this.layers.paint, this.layers.mask);
    this.layers.mask.getNativeCanvasElement().classList.add("hatched");
  }

  /** Fits it to the place that it has on the page, in CSS pixels. */
  resize(shown: number): void {
    const scale = shown / this.width;
    this.stage.size({ width: shown, height: this.height * scale });
    this.stage.scale({ x: scale, y: scale });
  }

  draw(strokes: readonly Stroke[]): void {
    for (const [name, layer] of Object.entries(this.layers)) {
      layer.destroyChildren();
      for (const stroke of strokes) if (stroke.layer === name) layer.add(shapeOf(stroke, this));
      layer.batchDraw();
    }
  }

  /** A layer alone, in the picture's own size. */
  private flat(name: LayerName): HTMLCanvasElement {
    const scale = this.stage.scaleX();
    const { width, height } = this;
    const area = { x: 0, y: 0, width: width * scale, height: height * scale };
    const drawn = this.layers[name].toCanvas({ ...area, pixelRatio: 1 / scale });
    const canvas = blank(width, height);
    canvas.getContext("2d")?.drawImage(drawn, 0, 0, width, height);
    return canvas;
  }

  /** The picture with the paint on it. */
  painted(picture: ImageBitmap): Promise<Blob> {
    return pngOf(this.withPaint(picture));
  }

  /** The colour of the painted picture at a point, as `#rrggbb`. */
  colourAt(picture: ImageBitmap, [x, y]: Point): string {
    const context = this.withPaint(picture).getContext("2d") as CanvasRenderingContext2D;
    const at = (value: number, most: number) => Math.min(most - 1, Math.max(0, Math.floor(value)));
    const { data } = context.getImageData(at(x, this.width), at(y, this.height), 1, 1);
    return `#${[...data.slice(0, 3)].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
  }

  private withPaint(picture: ImageBitmap): HTMLCanvasElement {
    const canvas = blank(this.width, this.height);
    const context = canvas.getContext("2d");
    context?.drawImage(picture, 0, 0);
    context?.drawImage(this.flat("paint"), 0, 0);
    return canvas;
  }

  /** White where a layer holds something, black elsewhere. */
  maskOf(name: LayerName): Promise<Blob> {
    const canvas = this.flat(name);
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    const pixels = context.getImageData(0, 0, this.width, this.height);
    for (let at = 0; at < pixels.data.length; at += 4) {
      pixels.data.fill((pixels.data[at + 3] ?? 0) > 127 ? 255 : 0, at, at + 3);
      pixels.data[at + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
    return pngOf(canvas);
  }

  destroy(): void {
    this.stage.destroy();
  }
}

/** A mask that came as a picture, white where it may change, as a layer's picture: opaque there. */
export async function foundMask(file: Blob): Promise<HTMLCanvasElement> {
  const picture = await createImageBitmap(file);
  const canvas = blank(picture.width, picture.height);
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(MASK_COLOUR.slice(at, at + 2), 16));
  for (let at = 0; at < pixels.data.length; at += 4) {
    const opacity = pixels.data[at] ?? 0;
    pixels.data.set([red ?? 0, green ?? 0, blue ?? 0, opacity], at);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function blank(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  return canvas;
}

function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("the canvas gave no PNG"))), "image/png");
  });
}
