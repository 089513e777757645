/** The place where a server listens: how it is taken, and how addresses write it. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { VqganClipError } from "./errors.js";

/**
 * Has `server` listen.
 *
 * @param port 0: one that is free
 * @returns its port
 * @throws IO_FAILED when another program has it, or the host is none of this machine
 */
export function listening(server: Server, host: string, port: number): Promise<number> {
  return new Promise((done, failed) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "EADDRINUSE" ? "another program has it" : cause.message;
      failed(new VqganClipError("IO_FAILED", `port ${port} of ${host}: ${reason}`, "name another --port", { cause }));
    });
    server.listen(port, host, () => done((server.address() as AddressInfo).port));
  });
}

/** A host as addresses have it: numbers of IPv6 stand in brackets. */
export const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);
