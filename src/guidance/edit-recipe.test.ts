import { expect, test } from "vitest";
import { editRecipe } from "./edit-recipe.js";

test("strength: nothing ties an edit at 1, everything does at 0, and each step between goes further", () => {
  expect(editRecipe(1, 400)).toMatchObject({ steps: 400, structure: 0, regularizer: { weight: 0, target: "init" } });
  const recipes = [0, 0.25, 0.5, 0.75, 1].map((strength) => editRecipe(strength, 400));
  recipes.slice(1).forEach((recipe, i) => {
    const weaker = recipes[i] as typeof recipe;
    expect(recipe.steps).toBeGreaterThan(weaker.steps);
    expect(recipe.structure).toBeLessThan(weaker.structure);
    expect(recipe.regularizer.weight).toBeLessThan(weaker.regularizer.weight);
  });
  expect(editRecipe(0, 2).steps).toBe(1);
  expect(() => editRecipe(1.5, 400)).toThrow("strength: expected a number from 0 to 1, got 1.5");
});
