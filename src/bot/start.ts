/** The bot, put together and listening. */
import { Bot, type BotOptions } from "./bot.js";
import { DiscordApi } from "./discord-api.js";
import { Quota } from "./quota.js";
import { interactionsApp, type Listening, listen } from "./server.js";
import { ServiceClient } from "./service-client.js";
import { publicKeyFrom } from "./signature.js";

export interface StartOptions extends BotOptions {
  /** Of the application, in hexadecimal digits. */
  readonly publicKey: string;
  /** Addresses without a slash at their end. */
  readonly service: string;
  readonly discordApi: string;
  readonly serviceToken: string;
  readonly host: string;
  readonly port: number;
  /** Pictures of one person within 24 hours. */
  readonly perDay: number;
}

/** @throws BAD_ARGUMENT, IO_FAILED when the service does not answer, or not to this token, or the port is taken */
export async function startBot(options: StartOptions): Promise<Listening> {
  const key = publicKeyFrom(options.publicKey);
  const service = new ServiceClient(options.service, options.serviceToken);
  await service.check();
  const bot = new Bot(service, new DiscordApi(options.discordApi), new Quota(options.perDay), options);
  const { address, close } = await listen(interactionsApp(bot, key), options.host, options.port);
  return {
    address,
    close: async () => {
      bot.close();
      await close();
    },
  };
}
