/** How many bytes of how many have come, over all files that are loaded. */
import type { FetchProgress } from "../../../src/browser/fetch-file.js";

export interface Loading {
  /** Bytes. */
  readonly loaded: number;
  readonly total: number;
}

const EVERY_MS = 50;

export class LoadCount {
  private readonly files: Map<string, Loading>;
  private toldAt = Number.NEGATIVE_INFINITY;

  /** @param expected bytes by address: servers that compress do not say how many will come */
  constructor(
    expected: Readonly<Record<string, number>>,
    private readonly tell: (sum: Loading) => void,
  ) {
    this.files = new Map(Object.entries(expected).map(([url, total]) => [url, { loaded: 0, total }]));
  }

  readonly heard = ({ url, loaded, total }: FetchProgress): void => {
    this.files.set(url, { loaded, total: total ?? Math.max(loaded, this.files.get(url)?.total ?? 0) });
    const sum = this.sum();
    const now = performance.now();
    if (sum.loaded < sum.total && now - this.toldAt < EVERY_MS) return;
    this.toldAt = now;
    this.tell(sum);
  };

  private sum(): Loading {
    const files = [...this.files.values()];
    return {
      loaded: files.reduce((sum, { loaded }) => sum + loaded, 0),
      total: files.reduce((sum, { total }) => sum + total, 0),
    };
  }
}
