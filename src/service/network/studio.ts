/** A service whose engines are elsewhere: it knows sessions, posts them, and routes what is asked of them. */
import type { Limits } from "../admission.js";
import { coreOf } from "../core.js";
import type { Turns } from "../line.js";
import { isUnfinished } from "../record.js";
import type { Session } from "../session.js";
import { Studio } from "../studio.js";
import { Holding } from "./holding.js";
import { Mirror } from "./mirror.js";
import { joinParty, type Party, type PartyOptions } from "./party.js";
import { RemoteLine } from "./remote-line.js";
import { RoutedPictures, routedBranches, routedCommands } from "./routed.js";
import { Routing } from "./routing.js";

/** Milliseconds between two looks at the line, and how many of them there are for one at the store. */
const LOOK = 1000;
const LOOKS = 3;

/** @throws what `joinParty` throws */
export async function openRoutedStudio(options: PartyOptions, limits: Limits): Promise<Studio> {
  const party = await joinParty("server", options);
  const { platform, redis, leases, crew, news, calls, line, self } = party;
  const { records, damaged } = await platform.store.all();
  const places: RemoteLine = new RemoteLine(() => core.sessions.all);
  const posting = new Posting(party, (id) => holding.has(id));
  const elsewhere = {
    ...platform,
    get runsOn() {
      const devices = [...new Set(places.workers.map(({ device }) => device))];
      return { device: devices.join(", ") || "none: no worker is there", threads: undefined };
    },
    availableBytes: () => Math.max(...places.workers.map(({ availableBytes }) => availableBytes), 0),
  };
  const core = coreOf(elsewhere, { limits, records, line: places, turnsOf: () => posting });
  const { sessions } = core;
  for (const session of sessions.all) session.mirror(session.record);
  const holding = new Holding(sessions, platform.store, leases, news, false);
  const mirror = new Mirror(sessions, platform.store);
  const routing = new Routing({ sessions, calls, leases, crew, holding, mirror, line });

  await news.listen(redis.connection({ patient: true }), (each) => {
    if (each.from !== self) mirror.hear(each);
  });
  void calls.hear(redis.connection({ patient: true }));
  let looks = 0;
  const look = async () => {
    await line.moveUp();
    for (const behind of places.become(await line.order(), await crew.all())) sessions.keeper.tell(behind);
    if (looks++ % LOOKS > 0) return;
    const unfinished = sessions.all.filter(({ record }) => isUnfinished(record));
    const holders = await leases.holdersOf(unfinished.map(({ id }) => id));
    const had = new Set(unfinished.filter((_, i) => holders[i] !== null).map(({ id }) => id));
    await mirror.refresh((id) => had.has(id));
    const posted = await line.all();
    for (const { id, record } of unfinished) {
      if (isUnfinished(record) && !had.has(id) && !posted.has(id)) await line.post(id, record.owner, record.priority);
    }
  };
  const commands = routedCommands(sessions, routing, core.commands);
  posting.again(async () => {
    await look();
    for (const { id, record } of sessions.all.filter((session) => isUnfinished(session.record))) {
      const why = await sessions.admission.fullness(record.owner);
      if (why !== undefined) commands.hold(id, why).catch(() => undefined); // the next look does it
    }
  });
  return new Studio(
    {
      ...core,
      commands,
      branches: routedBranches(sessions, routing),
      pictures: new RoutedPictures(sessions, routing),
    },
    damaged,
  );
}

/** Sessions that are to go on are posted; what is not, because Redis is away, the next look at the store finds. */
class Posting implements Turns {
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  /** @param isHad whether this process has a session: it is posted when it has it no more */
  constructor(
    private readonly party: Party,
    private readonly isHad: (id: string) => boolean,
  ) {}

  enqueue(session: Session): void {
    session.wanted = true;
    if (this.isHad(session.id)) return;
    const { id, record } = session;
    const { line, news, self } = this.party;
    line.post(id, record.owner, record.priority).catch(() => undefined);
    news.tell({ from: self, session: id, epoch: 0, number: 0, type: "state", data: record });
  }

  withdraw(session: Session): void {
    session.wanted = false;
  }

  /** Looks again and again. */
  again(look: () => Promise<void>): void {
    if (this.isOver) return;
    void look()
      .catch(() => undefined) // Redis or the store is away
      .then(() => {
        if (!this.isOver) this.timer = setTimeout(() => this.again(look), LOOK);
      });
  }

  async close(): Promise<void> {
    this.isOver = true;
    clearTimeout(this.timer);
    await this.party.close();
  }
}
