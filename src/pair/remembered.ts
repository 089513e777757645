/** What a graph of settings comes to, counted once: the same settings are asked about when they are planned, priced and begun. */
import type { Settings } from "../guidance/settings.js";

/** Of each pair of models, so many are kept. */
const MOST = 64;

export class Remembered<Value> {
  private readonly byModels = new WeakMap<object, Map<string, Value>>();

  /** @param settings the seed apart, what `count` goes by; no graph depends on that */
  of(models: object, { seed: _, ...settings }: Settings & { readonly lowMemory?: boolean }, count: () => Value): Value {
    const known = this.byModels.get(models) ?? new Map<string, Value>();
    this.byModels.set(models, known);
    const key = JSON.stringify(settings);
    const value = known.get(key) ?? count();
    known.delete(key);
    known.set(key, value); // used last, forgotten last
    const [oldest] = known.keys();
    if (known.size > MOST && oldest !== undefined) known.delete(oldest);
    return value;
  }
}
