/** A file that a model was read from: enough to tell it from any other. */

export interface ModelFile {
  /** Without its folder: a path says more about a machine than about a model */
  readonly name: string;
  readonly size: number;
  /** Lower-case hexadecimal; reads the whole file at the first call */
  sha256(): Promise<string>;
}
