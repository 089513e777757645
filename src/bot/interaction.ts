/** What Discord sends: the parts of an interaction that are read, checked. Numbers are those of its API, version 10. */
import * as z from "zod";

const snowflake = z.string().regex(/^\d{1,20}$/);
const user = z.object({ id: snowflake });

const base = {
  id: snowflake,
  application_id: snowflake,
  /** Good for 15 minutes; whoever has it can edit the answer. */
  token: z.string().min(1).max(1000),
  /** In a server. */
  member: z.object({ user }).optional(),
  /** In a direct message. */
  user: user.optional(),
};

const option = z.object({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]).optional() });

const textInput = z.object({ custom_id: z.string(), value: z.string() });

const ping = z.object({ type: z.literal(1) });
const command = z.object({
  ...base,
  type: z.literal(2),
  data: z.object({ name: z.string(), options: z.array(option).default([]) }),
});
const component = z.object({ ...base, type: z.literal(3), data: z.object({ custom_id: z.string() }) });
const modal = z.object({
  ...base,
  type: z.literal(5),
  data: z.object({
    custom_id: z.string(),
    components: z.array(z.object({ components: z.array(textInput).max(5) })).max(5),
  }),
});

export const interactionSchema = z.discriminatedUnion("type", [ping, command, component, modal]);
export type Interaction = z.infer<typeof interactionSchema>;
export type Command = z.infer<typeof command>;
export type Component = z.infer<typeof component>;
export type Modal = z.infer<typeof modal>;

/** How an interaction is answered at once. */
export const answers = { pong: 1, message: 4, deferredMessage: 5, deferredUpdate: 6, modal: 9 } as const;
/** A message that only the one who asked sees. */
export const EPHEMERAL = 64;

/** What an answer says; nobody is notified by a text of somebody else. */
export interface Answer {
  readonly type: (typeof answers)[keyof typeof answers];
  readonly data?: Readonly<Record<string, unknown>>;
}

export const NO_MENTIONS = { parse: [] } as const;

/** Who asks; undefined when it is nobody. */
export const askerOf = ({ member, user }: Command | Component | Modal): string | undefined =>
  member?.user.id ?? user?.id;
