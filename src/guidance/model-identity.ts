/** How pictures and sessions tell the models that made them. */
import { z } from "zod";

/** Who has a part in a picture; the judge only picks it, the prior is named where the picture began at it. */
const modelRoles = ["generator", "perceptor", "judge", "prior"] as const;

/** Who made the numbers: a resumed run needs the same. */
export interface ModelIdentity {
  readonly role: (typeof modelRoles)[number];
  readonly name: string;
  /** Of its weights; a model without any is told by its name. */
  readonly sha256?: string;
}

export function isSameModel(a: ModelIdentity, b: ModelIdentity): boolean {
  const byName = a.sha256 === undefined && b.sha256 === undefined;
  return a.role === b.role && (byName ? a.name === b.name : a.sha256 === b.sha256);
}

/** Name and first figures of the sha256, for messages. */
export function modelLabel({ name, sha256 }: ModelIdentity): string {
  return sha256 === undefined ? name : `${name} (${sha256.slice(0, 10)})`;
}

/** As manifests and pictures hold it. */
export const identitySchema = z
  .object({ role: z.enum(modelRoles), name: z.string(), sha256: z.string().optional() })
  .transform(({ sha256, ...rest }): ModelIdentity => ({ ...rest, ...(sha256 !== undefined && { sha256 }) }));
