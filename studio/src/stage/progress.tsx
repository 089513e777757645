/** How far it is: state, step, speed, time left. */
import type { Session } from "../api/types.js";
import { bytes, duration, rate, statusWords } from "../shell/format.js";

export function Progress({ session }: { readonly session: Session }) {
  const { status, step, steps, etaSeconds, peakBytes, losses, settings, film } = session;
  const isRunning = status === "running";
  const loss = losses.at(-1)?.total;
  return (
    <section className="progress" aria-label="Progress">
      <progress value={step} max={Math.max(steps, 1)} aria-label="Steps done" data-status={status} />
      <p className="figures">
        <strong data-testid="status">{statusWords(session)}</strong>
        <span data-testid="step">
          step {step} of {steps}
        </span>
        {film && (
          <span data-testid="frames">
            {film.done} of {film.frames} frames
          </span>
        )}
        {loss !== undefined && <span>loss {loss.toFixed(3)}</span>}
        {isRunning && session.rate ? <span>{rate(session.rate)}</span> : null}
        {isRunning && etaSeconds ? <span>{duration(etaSeconds)} left</span> : null}
        {!isRunning && settings.seed !== undefined && <span>seed {String(settings.seed)}</span>}
        {!isRunning && peakBytes ? <span title="Memory at most, predicted">up to {bytes(peakBytes)}</span> : null}
      </p>
    </section>
  );
}
