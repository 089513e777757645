/** `vqgan-clip bot`: pictures in a chat, made by a service that runs elsewhere. */
import type { Command } from "commander";
import { commandsFor } from "../bot/commands.js";
import { DISCORD, DiscordApi } from "../bot/discord-api.js";
import { requires } from "../core/errors.js";
import { exitCodes } from "./exit-codes.js";
import { wholeNumber } from "./options.js";
import { pauseOnSignals } from "./pause-on-signals.js";
import { SERVICE_TOKEN, secretFrom } from "./secret.js";
import { remark, tell } from "./terminal.js";

const MAX_STEPS = 200;

interface BotFlags {
  readonly publicKey?: string;
  readonly service: string;
  readonly serviceTokenFile?: string;
  readonly host: string;
  readonly port: number;
  readonly perDay: number;
  readonly maxSteps: number;
  readonly every: number;
  readonly discordApi: string;
}

interface RegisterFlags {
  readonly application?: string;
  readonly tokenFile?: string;
  readonly maxSteps: number;
  readonly discordApi: string;
}

export function addBot(program: Command, finish: (code: number) => void): void {
  const bot = program.command("bot").description("Pictures in a chat: a client of vqgan-clip serve (docs/bot.md).");
  const count = (most: number) => (text: string) => wholeNumber(text, 1, most);

  bot
    .command("discord")
    .summary("answers Discord's interactions")
    .description(
      "Answers /imagine and its buttons on Discord. Discord reaches it at an https address of yours (docs/bot.md).",
    )
    .option("--public-key <hex>", "of the application (default: DISCORD_PUBLIC_KEY)")
    .option("--service <url>", "vqgan-clip serve", "http://127.0.0.1:7700")
    .option("--service-token-file <file>", "holds the token of the service (default: VQGAN_CLIP_SERVICE_TOKEN)")
    .option("--port <n>", "port to listen at", (text) => wholeNumber(text, 0, 65_535), 7800)
    .option("--host <address>", "address to listen at", "127.0.0.1")
    .option("--per-day <n>", "pictures that one person may ask for in 24 hours", count(10_000), 20)
    .option("--max-steps <n>", "steps that one picture may have", count(1_000_000), MAX_STEPS)
    .option("--every <seconds>", "seconds between two edits of a message", count(600), 3)
    .option("--discord-api <url>", "Discord's REST API", DISCORD)
    .action(async (flags: BotFlags) => finish(await answer(flags)));

  bot
    .command("register")
    .summary("tells Discord of /imagine")
    .description("Registers /imagine for the application, once, and again after --max-steps has changed.")
    .option("--application <id>", "id of the application (default: DISCORD_APPLICATION_ID)")
    .option("--token-file <file>", "holds the bot's token (default: DISCORD_TOKEN)")
    .option("--max-steps <n>", "steps that one picture may have", count(1_000_000), MAX_STEPS)
    .option("--discord-api <url>", "Discord's REST API", DISCORD)
    .action((flags: RegisterFlags) => register(flags));
}

async function answer(flags: BotFlags): Promise<number> {
  const { service, host, port, perDay, maxSteps, every, discordApi } = flags;
  const given = { DISCORD_PUBLIC_KEY: flags.publicKey, [SERVICE_TOKEN]: flags.serviceTokenFile };
  const missing = Object.entries(given).filter(([name, flag]) => flag === undefined && !process.env[name]?.trim());
  requires(
    missing.length === 0,
    "BAD_ARGUMENT",
    () => `not set: ${missing.map(([name]) => name).join(" and ")}`,
    "set them, or give --public-key and --service-token-file (docs/bot.md says where they are found)",
  );
  const { startBot } = await import("../bot/start.js"); // the server's library is loaded when it is needed
  const bot = await startBot({
    publicKey: flags.publicKey ?? process.env.DISCORD_PUBLIC_KEY ?? "",
    service: addressFrom("--service", service),
    serviceToken: await secretFrom(SERVICE_TOKEN, "--service-token-file", flags.serviceTokenFile),
    discordApi: addressFrom("--discord-api", discordApi),
    host,
    port,
    perDay,
    maxSteps,
    interval: 1000 * every,
    onFault: (text) => remark(`warning: ${text}`),
  });
  tell(bot.address);
  remark("Ctrl-C ends it; what is being made goes on in the service");
  await new Promise<void>((done) => pauseOnSignals(done));
  await bot.close();
  return exitCodes.ok;
}

async function register(flags: RegisterFlags): Promise<void> {
  const application = flags.application ?? process.env.DISCORD_APPLICATION_ID ?? "";
  requires(
    /^\d{1,20}$/.test(application),
    "BAD_ARGUMENT",
    () => "--application: expected the digits of the application's id",
    "copy it from the application's page, or set DISCORD_APPLICATION_ID",
  );
  const token = await secretFrom("DISCORD_TOKEN", "--token-file", flags.tokenFile);
  const discord = new DiscordApi(addressFrom("--discord-api", flags.discordApi));
  await discord.register(application, token, commandsFor(flags));
  tell("/imagine is registered; Discord shows it within minutes");
}

/** @returns without a slash at its end */
function addressFrom(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  requires(
    url && /^https?:$/.test(url.protocol) && `${url.username}${url.search}${url.hash}` === "",
    "BAD_ARGUMENT",
    () => `${flag}: expected an http or https address, and nothing behind it`, // it may hold a token: it is not repeated
    "of the address that serve prints, the part before /#token=",
  );
  return text.replace(/\/+$/, "");
}
