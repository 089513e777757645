/** What a run has told of itself: each notice once, however often its step is compiled. */
import type { Notice } from "./options.js";

export class RunNotices {
  private readonly words = new Set<string>();
  private readonly heard: Notice[] = [];

  /** @param onNotice hears each as it comes */
  constructor(readonly onNotice: ((notice: Notice) => void) | undefined) {}

  /** In the order they came. */
  get all(): readonly Notice[] {
    return this.heard;
  }

  readonly tell = (notice: Notice): void => {
    const words = JSON.stringify(notice);
    if (this.words.has(words)) return;
    this.words.add(words);
    this.heard.push(notice);
    this.onNotice?.(notice);
  };
}
