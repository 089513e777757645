/** One small case or more for every op and every composite. */
import { elementwise } from "./cases/elementwise.js";
import { layers } from "./cases/layers.js";
import { movement } from "./cases/movement.js";
import { products } from "./cases/products.js";
import type { GradientCase } from "./gradcheck.js";

export const cases: readonly GradientCase[] = [...elementwise, ...products, ...movement, ...layers];
export const differentiableCases: readonly GradientCase[] = cases.filter(({ differentiable = true }) => differentiable);
