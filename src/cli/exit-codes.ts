/** How the process ends, so that scripts can tell a typing error from a full disk. */
import { type ErrorCode, VqganClipError } from "../core/errors.js";

export const exitCodes = {
  ok: 0,
  failure: 1,
  badInput: 2,
  paused: 130,
} as const;

export const exitCodeHelp = `Exit codes:
  0    done
  1    it could not be done: disk, device, or a fault of ours
  2    the command, prompt, picture, model or file given is not usable
  130  paused by Ctrl-C; picture and session are saved`;

const byError: Readonly<Record<ErrorCode, number>> = {
  BAD_ARGUMENT: exitCodes.badInput,
  BAD_FILE: exitCodes.badInput,
  BAD_IMAGE: exitCodes.badInput,
  BAD_MODEL: exitCodes.badInput,
  BAD_PROMPT: exitCodes.badInput,
  OUT_OF_LIMITS: exitCodes.badInput,
  SHAPE_MISMATCH: exitCodes.badInput,
  DEVICE_UNAVAILABLE: exitCodes.failure,
  IO_FAILED: exitCodes.failure,
  ABORTED: exitCodes.paused,
};

export function exitCodeOf(error: unknown): number {
  return error instanceof VqganClipError ? byError[error.code] : exitCodes.failure;
}
