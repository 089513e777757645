/** Sound at another rate, by a sinc under a Hann window. */
import type { Sound } from "./wav.js";

/** Zero crossings on either side. */
const REACH = 24;
/** Places of the kernel between two zero crossings; it runs linearly between them. */
const FINE = 512;

/** Half of the kernel: sinc(t) (1 + cos(pi t / REACH)) / 2 at t = i / FINE. */
const kernel = Float64Array.from({ length: REACH * FINE + 2 }, (_, i) => {
  const t = i / FINE;
  if (t >= REACH) return 0;
  const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
  return (sinc * (1 + Math.cos((Math.PI * t) / REACH))) / 2;
});

/** The same sound with `rate` samples a second; what neither rate holds is taken out. Beyond its ends it is silent. */
export function resampled({ rate: from, samples }: Sound, rate: number): Sound {
  if (from === rate) return { rate, samples };
  const cutoff = Math.min(1, rate / from);
  const reach = REACH / cutoff;
  const result = new Float32Array(Math.floor((samples.length * rate) / from));
  for (let i = 0; i < result.length; i++) {
    const centre = (i * from) / rate;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let total = 0;
    for (let k = first; k <= last; k++) {
      const place = Math.abs(k - centre) * cutoff * FINE;
      const below = Math.floor(place);
      const low = kernel[below] as number;
      total += (samples[k] as number) * (low + (place - below) * ((kernel[below + 1] as number) - low));
    }
    result[i] = total * cutoff;
  }
  return { rate, samples: result };
}
