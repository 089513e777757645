/** Where a platform finds the models that options name. */
import type { Place } from "../models/files.js";

/** A place, and the published name of what lies there, where it has one. */
export interface Found {
  readonly place: Place;
  readonly name?: string | undefined;
}

/** What a platform knows of places. */
export interface Places<Address> {
  /** What is in the folder of a pair, whose own parts are taken where the choice names none. */
  readonly inPair: ((name: string) => Promise<Place>) | undefined;
  /** What goes before the names of its own parts, in pictures and sessions. */
  readonly pairName: string | undefined;
  /** A mesh has no published name. */
  find(address: Address, kind: "CLIP" | "VQGAN" | "classifier" | "reward" | "mesh"): Promise<Found>;
}
