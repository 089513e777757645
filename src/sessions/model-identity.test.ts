import { expect, test } from "vitest";
import { firstDifference, type ModelIdentity } from "./model-identity.js";

const generator: ModelIdentity = { role: "generator", name: "a", sha256: "1" };
const finalVae: ModelIdentity = { role: "finalVae", name: "b", sha256: "2" };

test("a final autoencoder is wanted again where one drew; one more where none did does no harm", () => {
  expect(firstDifference([generator], [generator, finalVae])).toBeUndefined();
  expect(firstDifference([generator, finalVae], [generator])).toMatchObject({ role: "finalVae", made: finalVae });
  const other = { ...finalVae, sha256: "3" };
  expect(firstDifference([generator, finalVae], [generator, other])).toMatchObject({ loaded: other });
});
