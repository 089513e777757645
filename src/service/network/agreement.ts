/** Those who share a folder have the same models: the first says which, and that holds as long as one of them is there. */
import { VqganClipError } from "../../core/errors.js";
import type { Redis } from "./redis.js";

/** Sets what nobody has said, keeps what is the same, and says 0 when it is something else. */
const AGREE = `
local said = redis.call("get", KEYS[1])
if said and said ~= ARGV[1] then return 0 end
redis.call("set", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`;

/**
 * Says it again and again.
 *
 * @param models a mark of one's models
 * @returns ends it
 * @throws BAD_MODEL when others have other models
 */
export async function agree(redis: Redis, prefix: string, models: string, seconds: number): Promise<() => void> {
  const say = () => redis.eval(AGREE, 1, `${prefix}:models`, models, String(seconds * 1000));
  if ((await say()) === 0) {
    const hint = "name the same --model, --vqgan and --clip as they, or another --folder";
    throw new VqganClipError("BAD_MODEL", "--redis: those who work in this folder have other models", hint);
  }
  const timer = setInterval(() => void say().catch(() => undefined), (seconds * 1000) / 3); // Redis may be away
  return () => clearInterval(timer);
}
