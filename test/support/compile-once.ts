/** Before the first test of a run: compiles the command line that the tests start as a process; after the last, removes it. */
import { build, compileCli } from "./cli-process.js";

export default function setup(): () => Promise<void> {
  process.env.VQGAN_CLIP_TEST_BUILD = build; // the workers begin after this, and inherit it
  return compileCli();
}
