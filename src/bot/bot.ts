/** What is done when somebody writes the command or presses a button: each is answered at once, the work comes after. */
import { VqganClipError } from "../core/errors.js";
import type { SessionView } from "../service/views.js";
import { askedBy, type Limits, MOST_PROMPT } from "./commands.js";
import type { DiscordApi } from "./discord-api.js";
import { Follower, type Reply } from "./follower.js";
import {
  type Answer,
  answers,
  askerOf,
  type Command,
  type Component,
  EPHEMERAL,
  type Interaction,
  type Modal,
  NO_MENTIONS,
} from "./interaction.js";
import { type Button, buttonFrom, evolveForm, lineMessage, quoted } from "./message.js";
import type { Quota } from "./quota.js";
import type { ServiceClient } from "./service-client.js";

export interface BotOptions extends Limits {
  /** Milliseconds between two edits of a message. */
  readonly interval: number;
  /** Told, in words without secrets, what could not be done. */
  readonly onFault: (text: string) => void;
}

export class Bot {
  /** Who edits which session's message. */
  private readonly followers = new Map<string, Follower>();

  constructor(
    private readonly service: ServiceClient,
    private readonly discord: DiscordApi,
    private readonly quota: Quota,
    private readonly options: BotOptions,
  ) {}

  /** What Discord is told at once; the rest follows as edits. */
  async answer(interaction: Interaction): Promise<Answer> {
    if (interaction.type === 1) return { type: answers.pong };
    const user = askerOf(interaction);
    if (user === undefined) return aside("Who are you?");
    if (interaction.type === 2) return this.imagine(interaction, user);
    const button = buttonFrom(interaction.data.custom_id);
    if (!button) return aside("This button is of another bot, or of a former one.");
    if (button.owner !== user) return aside("This picture is somebody else's. Make one of your own with /imagine.");
    return interaction.type === 3 ? this.press(interaction, button) : this.evolve(interaction, button);
  }

  /** Stops to edit messages; what is made goes on. */
  close(): void {
    for (const follower of this.followers.values()) follower.stop();
  }

  private imagine(command: Command, user: string): Answer {
    const asked = askedBy(command, this.options);
    if (typeof asked === "string") return aside(asked);
    const request = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    return this.make(command, user, () => this.service.create(request));
  }

  private async press(pressed: Component, button: Button): Promise<Answer> {
    const { action, session } = button;
    switch (action) {
      case "evolve":
        return this.askForWords(button);
      case "vary":
        return this.make(pressed, button.owner, async () => {
          const { settings } = await this.service.view(session);
          const { prompts, steps } = settings as { prompts: string; steps: number };
          return this.service.create({ prompts, steps: Math.min(steps, this.options.maxSteps) });
        });
      default: {
        const command = action === "stop" ? "cancel" : action;
        this.after(pressed, button.owner, () => this.service.command(session, command));
        return { type: answers.deferredUpdate };
      }
    }
  }

  private async askForWords(button: Button): Promise<Answer> {
    try {
      const { settings } = await this.service.view(button.session);
      return { type: answers.modal, data: evolveForm(button, settings.prompts as string) as Record<string, unknown> };
    } catch (error) {
      return aside(inWords(error));
    }
  }

  /** Goes on from the picture as it is with other words, for as many steps as it had. */
  private evolve(form: Modal, { session, owner }: Button): Answer {
    const inputs = form.data.components.flatMap(({ components }) => components);
    const prompts = inputs.find(({ custom_id }) => custom_id === "prompts")?.value.trim() ?? "";
    if (prompts.length < 1 || prompts.length > MOST_PROMPT) {
      return aside(`The prompt has to have 1 to ${MOST_PROMPT} characters.`);
    }
    const giveBack = this.quota.take(owner);
    if (!giveBack) return this.refusal(owner);
    const work = async () => {
      const { step, nodes, node } = await this.service.view(session);
      const began = nodes.find(({ id }) => id === node)?.from ?? 0;
      const steps = step + Math.min(Math.max(1, step - began), this.options.maxSteps);
      return this.service.fork(session, { prompts, steps });
    };
    this.after(form, owner, work, giveBack);
    return { type: answers.deferredUpdate };
  }

  /** A new picture in a message of its own. */
  private make(asked: Command | Component, user: string, create: () => Promise<SessionView>): Answer {
    const giveBack = this.quota.take(user);
    if (!giveBack) return this.refusal(user);
    this.after(asked, user, create, giveBack, true);
    return { type: answers.deferredMessage, data: { allowed_mentions: NO_MENTIONS } };
  }

  /** Does the work, and shows in the message what comes of it. @param isNew whether the message is still empty */
  private after(
    { application_id: application, token }: Command | Component | Modal,
    owner: string,
    work: () => Promise<SessionView>,
    giveBack: () => void = () => {},
    isNew = false,
  ): void {
    const reply = { application, token };
    work().then(
      (view) => this.follow(view.id, owner, reply),
      async (error: unknown) => {
        giveBack();
        const text = inWords(error);
        this.options.onFault(text);
        if (isNew) await this.discord.editAnswer(application, token, lineMessage(text)).catch(() => undefined);
        else await this.discord.tellAside(application, token, text).catch(() => undefined);
      },
    );
  }

  private follow(session: string, owner: string, reply: Reply): void {
    this.followers.get(session)?.stop();
    const { interval, onFault } = this.options;
    const follower = new Follower(this.service, this.discord, { session, owner, reply, interval, onFault });
    this.followers.set(session, follower);
    void follower.follow().finally(() => {
      if (this.followers.get(session) === follower) this.followers.delete(session);
    });
  }

  private refusal(user: string): Answer {
    return aside(
      `You have had your pictures for today; there is one again in ${this.quota.minutesUntilNext(user)} min.`,
    );
  }
}

/** A line that only the one who asked sees. */
function aside(content: string): Answer {
  return { type: answers.message, data: { content, flags: EPHEMERAL, allowed_mentions: NO_MENTIONS } };
}

function inWords(error: unknown): string {
  if (!(error instanceof VqganClipError)) return "Something went wrong inside.";
  return `That cannot be done: ${quoted(error.hint ? `${error.message} (${error.hint})` : error.message)}`;
}
