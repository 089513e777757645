/** The parts of a service, put together: what knows sessions, and what is done to them. */
import { Admission, type Limits } from "./admission.js";
import { Branches } from "./branches.js";
import { Commands } from "./commands.js";
import { Films } from "./films.js";
import { Forecast } from "./forecast.js";
import { Keeper } from "./keeper.js";
import type { Line, Turns } from "./line.js";
import { Making } from "./making.js";
import { Pictures } from "./pictures.js";
import type { Platform } from "./platform.js";
import { Previews } from "./previews.js";
import type { SessionRecord } from "./record.js";
import { Runs } from "./runs.js";
import { Session } from "./session.js";
import { Sessions } from "./sessions.js";
import { Usage } from "./usage.js";
import type { Warmth } from "./warmth.js";

/** What is public of a class. */
type Face<Class> = Pick<Class, keyof Class>;

export interface Core {
  readonly sessions: Sessions;
  readonly line: Line;
  readonly forecast: Forecast;
  readonly usage: Usage;
  readonly making: Face<Making>;
  readonly commands: Face<Commands>;
  readonly branches: Face<Branches>;
  readonly pictures: Face<Pictures>;
  readonly films: Face<Films>;
}

export interface CoreOptions {
  /** What may be asked for. */
  readonly limits?: Limits;
  /** Sessions that are known from the start. */
  readonly records?: readonly SessionRecord[];
  readonly line: Line;
  readonly turnsOf: (runs: Runs, keeper: Keeper, admission: Admission) => Turns;
  /** Loads what is likely to be asked for (default: nothing is loaded before it is). */
  readonly warmth?: Warmth | undefined;
}

export function coreOf(platform: Platform, { limits = {}, records = [], line, turnsOf, warmth }: CoreOptions): Core {
  const forecast = new Forecast(line, records);
  const keeper = new Keeper(platform, line, new Previews(platform), forecast);
  const runs = new Runs(platform, (session, text) => keeper.note(session, text));
  const usage = new Usage(platform.store, () => sessions.all);
  const admission = new Admission(line, forecast, limits, usage);
  const sessions: Sessions = new Sessions(platform, keeper, runs, turnsOf(runs, keeper, admission), admission);
  for (const record of records) sessions.add(new Session(record));
  return {
    sessions,
    line,
    forecast,
    usage,
    making: new Making(sessions, forecast, warmth),
    commands: new Commands(sessions),
    branches: new Branches(sessions),
    pictures: new Pictures(sessions),
    films: new Films(sessions),
  };
}
