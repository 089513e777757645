/** Beside Create: how long it takes, when it begins, how much memory it needs; or why it cannot be made. */
import { bytes, duration } from "../shell/format.js";
import { useStudio } from "../state/store.js";
import { inFormsWords } from "./schema-fields.js";

interface Props {
  /** How many are made, or why none can be. */
  readonly pictures: number | string;
}

export function Needs({ pictures }: Props) {
  const plan = useStudio((state) => state.plan);
  const refusal = useStudio((state) => state.refusal);
  const schema = useStudio((state) => state.info?.settings);
  if (typeof pictures === "string" || refusal) {
    const why = refusal?.detail ?? refusal?.title;
    const words = [why && inFormsWords(why, schema ?? {}), refusal?.hint].filter(Boolean).join("; ");
    return (
      <p className="needs wrong-text" role="status">
        {typeof pictures === "string" ? pictures : words}
      </p>
    );
  }
  if (!plan) return null;
  const { seconds, waitSeconds, peakBytes, availableBytes } = plan;
  const each = pictures > 1 ? " each" : "";
  const isTooMuch = peakBytes > availableBytes;
  const parts = [
    seconds === null ? undefined : `${seconds < 1 ? "" : "about "}${duration(seconds)}${each}`,
    waitSeconds ? `begins in ${duration(waitSeconds)}` : undefined,
    isTooMuch
      ? `needs ${bytes(peakBytes)} of memory, ${bytes(availableBytes)} are free`
      : `${bytes(peakBytes)} of memory`,
  ];
  return (
    <p
      className={isTooMuch ? "needs wrong-text" : "needs hint"}
      title={`Memory at its most: ${bytes(peakBytes)}; ${bytes(availableBytes)} are free`}
      data-testid="needs"
    >
      {parts.filter(Boolean).join(" · ")}
    </p>
  );
}
