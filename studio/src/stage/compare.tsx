/** Two pictures, one over the other, with a slider for where one ends. */
import { useState } from "react";
import { Picture } from "./picture.js";

interface Props {
  readonly before: string;
  readonly after: string;
  readonly alt: string;
  /** Of the picture on the left. */
  readonly step: number;
}

export function Compare({ before, after, alt, step }: Props) {
  const [share, setShare] = useState(50);
  return (
    <div className="compare">
      <Picture address={after} alt={alt} />
      <div className="over" style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }}>
        <Picture address={before} alt={`Step ${step}, on the left`} />
      </div>
      <span className="line" style={{ left: `${share}%` }} aria-hidden="true" />
      <span className="tag left" aria-hidden="true">
        step {step}
      </span>
      <span className="tag right" aria-hidden="true">
        shown
      </span>
      <input
        type="range"
        min={0}
        max={100}
        value={share}
        aria-label="How much of the left picture shows"
        aria-valuetext={`${share} %`}
        onChange={(event) => setShare(Number(event.target.value))}
      />
    </div>
  );
}
