/** The losses over the steps: all of it, and each prompt's. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Loss, Session } from "../api/types.js";
import { rowsOf } from "../prompts/prompt-rows.js";

const HEIGHT = 128;
/** Fainter lines for the prompts: told apart by their dashes, not by colour alone. */
const dashes = [[1], [6, 4], [2, 3], [8, 3, 2, 3]];

export function LossPlot({ session: { losses, steps, settings } }: { readonly session: Session }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const texts = rowsOf(settings.prompts ?? "").map(({ text }) => text);
  const names = texts.length > 1 ? texts.slice(0, 6) : [];
  const key = `${names.join("|")} ${steps}`;
  const has = losses.length > 1;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for other prompts, steps or at the first loss
  useEffect(() => {
    const element = place.current;
    if (!element || !has) return;
    const colour = (name: string) => () => getComputedStyle(element).getPropertyValue(name).trim();
    const axis = {
      stroke: colour("--faint"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui",
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        scales: { x: { time: false, range: (_plot, _least, last) => [0, endOf(steps, last)] } },
        axes: [
          { ...axis, grid: { show: false }, size: 24 },
          { ...axis, size: 40, space: 34 },
        ],
        series: [
          {},
          { stroke: colour("--accent"), width: 2, points: { show: false } },
          ...names.map((_, i) => ({
            stroke: colour("--faint"),
            width: 1,
            dash: dashes[i % dashes.length] ?? [1],
            points: { show: false },
          })),
        ],
      },
      dataOf(losses, names.length),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const themed = new MutationObserver(() => made.redraw());
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [key, has]);
  useEffect(() => {
    plot.current?.setData(dataOf(losses, names.length));
  }, [losses, names.length]);

  if (!has) return null;
  const [first, last] = [losses[0], losses.at(-1)];
  const words = `Loss ${first?.total.toFixed(2)} at step ${first?.step}, ${last?.total.toFixed(2)} at step ${last?.step}`;
  return (
    <figure className="plot" aria-label="Loss">
      <h2>Loss</h2>
      <div ref={place} role="img" aria-label={words} />
      {names.length > 0 && (
        <figcaption>
          <span className="key total">all</span>
          {names.map((name, i) => (
            <span key={name} className={`key dash-${i % dashes.length}`}>
              {name}
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}

function dataOf(losses: readonly Loss[], prompts: number): uPlot.AlignedData {
  const steps = losses.map(({ step }) => step);
  const totals = losses.map(({ total }) => total);
  const each = Array.from({ length: prompts }, (_, i) => losses.map((loss) => loss.prompts?.[i] ?? null));
  return [steps, totals, ...each] as uPlot.AlignedData;
}

/** Where the axis ends: at the run's end, or before it while that is far away. */
const endOf = (steps: number, last: number) => Math.max(2, last < steps / 4 ? Math.ceil(last * 1.5) : steps);
