/** Works the queue off: one session at a time has the engine until it rests. */
import type { Keeper } from "./keeper.js";
import type { Turns } from "./line.js";
import type { Queue } from "./queue.js";
import type { Session } from "./session.js";
import type { Steps } from "./steps.js";

export class Worker implements Turns {
  private working: Promise<void> | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly steps: Steps,
    private readonly keeper: Keeper,
  ) {}

  enqueue(session: Session): void {
    session.wanted = true;
    if (this.steps.isClosing || this.queue.active === session) return;
    this.queue.add(session);
    this.start();
  }

  withdraw(session: Session): void {
    session.wanted = false;
    for (const behind of this.queue.remove(session)) this.keeper.tell(behind);
  }

  async close(): Promise<void> {
    this.steps.close();
    await this.working;
  }

  private start(): void {
    if (this.queue.isEmpty || this.steps.isClosing) return;
    this.working ??= this.workOff().finally(() => {
      this.working = undefined;
      this.start(); // somebody may have come in the last moment
    });
  }

  private async workOff(): Promise<void> {
    for (let session = this.queue.next(); session && !this.steps.isClosing; session = this.queue.next()) {
      for (const behind of this.queue.all) this.keeper.tell(behind);
      try {
        await this.steps.turn(session);
      } finally {
        this.queue.active = undefined;
      }
      if (session.wanted && !this.steps.isClosing) this.queue.add(session); // wanted again in the last moment
    }
  }
}
