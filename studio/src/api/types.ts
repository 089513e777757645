/** What the service says and hears, as the page uses it: shapes of its JSON. */

/** A JSON schema, as far as settings need it. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
}

export interface Info {
  readonly version: string;
  readonly models: readonly { readonly role: string; readonly name: string }[];
  readonly device: string;
  readonly threads?: number;
  /** Width and height in pixels that the models are made for. */
  readonly size: readonly [number, number];
  readonly presets: readonly string[];
  /** What each preset is, in a line. */
  readonly presetWords: Readonly<Record<string, string>>;
  readonly settings: Schema;
  readonly recommended: Settings;
  /** What the frames of a video can be written as. */
  readonly films?: readonly FilmFormat[];
  /** Files of what is drawn beside pixels: a drawing's curves, a mesh, films of both. */
  readonly shapes?: readonly ShapeFile[];
  /** What there is to say where sessions do not stay as usual. */
  readonly keeps?: string;
}

export type ShapeFile = "drawing.svg" | "drawing.webp" | "mesh.glb" | "mesh.ply" | "mesh.obj" | "turntable.webp";

export type FilmFormat = "webp" | "mp4" | "webm";

/** A run's settings by name; only what the page itself touches has a type. */
export interface Settings {
  readonly prompts?: string;
  readonly size?: readonly [number, number];
  readonly seed?: number | string;
  readonly steps?: number;
  readonly [name: string]: unknown;
}

export type Status = "queued" | "loading" | "running" | "paused" | "finished" | "failed" | "cancelled";

/** What the gallery needs of a session. */
export interface Summary {
  readonly id: string;
  readonly title: string;
  readonly status: Status;
  /** Sessions before it in the queue, where it waits. */
  readonly position?: number | null;
  readonly step: number;
  readonly steps: number;
  readonly preview?: string | null;
  /** The grid that it belongs to. */
  readonly group?: Group | null;
  /** Of a video: frames that it shall have, that are finished, and how many are shown a second. */
  readonly film?: { readonly frames: number; readonly done: number; readonly fps: number } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What was deleted and can come back. */
export interface Bin {
  readonly sessions: readonly Pick<Summary, "id" | "title" | "step" | "steps" | "createdAt">[];
  readonly bytes: number;
}

/** An address of a picture for others. */
export interface Given {
  /** May begin with a slash: at this server. */
  readonly url: string;
  /** When it ends. */
  readonly until: string;
}

/** Pictures that are looked at side by side: which ones, and what sets this one apart, as name and value. */
export interface Group {
  readonly id: string;
  readonly values: readonly (readonly [string, string])[];
}

export interface Loss {
  readonly step: number;
  readonly total: number;
  readonly prompts: readonly number[];
}

/** A point in a session's lineage. */
export interface TreeNode {
  readonly id: number;
  readonly parent: number | null;
  readonly kind: "start" | "fork" | "paint";
  /** Where it left its parent. */
  readonly from: number;
  /** Its last kept step. */
  readonly step: number;
  /** Steps whose states were kept: one can go back to them. */
  readonly keptSteps: readonly number[];
  readonly settings: Settings;
  readonly picture?: string | null;
}

/** A picture on the way, at an address that always shows the same. */
export interface Frame {
  readonly node: number;
  readonly step: number;
  readonly url: string;
}

export interface Session extends Summary {
  readonly kind?: "create" | "edit" | "video" | "style";
  readonly error?: Problem | null;
  /** The node that goes on. */
  readonly node: number;
  /** Steps a second. */
  readonly rate?: number | null;
  readonly etaSeconds?: number | null;
  readonly settings: Settings;
  readonly notices: readonly string[];
  readonly peakBytes?: number | null;
  readonly losses: readonly Loss[];
  readonly nodes: readonly TreeNode[];
  readonly frames: readonly Frame[];
  readonly hasPicture: boolean;
  /** Addresses of its image prompts. */
  readonly promptImages?: readonly string[];
  /** Of its last event when this was told: what has a greater id is newer. */
  readonly lastEventId: number;
}

/** What a session would need, before there is one. */
export interface Plan {
  readonly peakBytes: number;
  readonly availableBytes: number;
  /** Of all its steps; null where no step was taken yet. */
  readonly seconds: number | null;
  /** Until its turn. */
  readonly waitSeconds: number | null;
  readonly warnings: readonly Warning[];
}

/** What would not be done as asked. */
export interface Warning {
  readonly kind: string;
  readonly message: string;
  /** The prompt's, where it is about one. */
  readonly text?: string;
  /** Unknown ones, with known ones like them. */
  readonly words?: readonly { readonly word: string; readonly nearest: readonly string[] }[];
  /** What is not read of a text that is too long. */
  readonly cut?: string;
}

/** RFC 9457, with our code and hint. */
export interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly code?: string;
  readonly status?: number;
}

export interface StepEvent {
  readonly step: number;
  readonly steps: number;
  readonly losses: Loss | { readonly total: number; readonly prompts: readonly number[] };
  readonly rate?: number | null;
  readonly etaSeconds?: number | null;
}

export interface PreviewEvent {
  readonly step: number;
  readonly url: string;
  readonly width: number;
  readonly height: number;
}
