/** What clients ask of a service whose engines are elsewhere: limits are looked at here, the rest is routed. */
import type { Core } from "../core.js";
import { Pictures } from "../pictures.js";
import type { MaskAsked } from "../requests.js";
import type { Sessions } from "../sessions.js";
import type { ShapeFile } from "../shapes.js";
import { bytesOf } from "../uploads.js";
import type { Routing } from "./routing.js";

/** @param local the commands of this process, for sessions that nobody has */
export function routedCommands(sessions: Sessions, routing: Routing, local: Core["commands"]): Core["commands"] {
  const { admission, keeper } = sessions;
  const view = (id: string) => keeper.view(sessions.find(id));
  return {
    change: async (id, changes) => {
      if (changes.steps !== undefined) admission.requireChange(sessions.find(id), changes);
      await routing.change("change", id, [changes], () => local.change(id, changes));
      return view(id);
    },
    pause: async (id) => {
      if (sessions.find(id).record.status === "paused") return view(id);
      await routing.change("pause", id, [], () => local.pause(id));
      return view(id);
    },
    resume: async (id) => {
      await admission.requireStorage(sessions.find(id).record.owner);
      admission.requireRoomFor(sessions.find(id));
      await routing.change("resume", id, [], () => local.resume(id));
      return view(id);
    },
    extend: async (id, seconds) => {
      await routing.change("extend", id, [seconds], () => local.extend(id, seconds));
      return view(id);
    },
    hold: async (id, why) => {
      await routing.change("hold", id, [why], () => local.hold(id, why));
      return view(id);
    },
    cancel: async (id) => {
      await routing.change("cancel", id, [], () => local.cancel(id));
      return view(id);
    },
    remove: async (id) => {
      const session = sessions.find(id);
      await routing.change("remove", id, [], () => local.remove(id));
      if (!sessions.has(id)) return;
      sessions.forget(session);
      keeper.tellDeleted(session);
    },
    restore: (id) => local.restore(id),
  };
}

export function routedBranches(sessions: Sessions, routing: Routing): Core["branches"] {
  const { admission, keeper } = sessions;
  const branch = async (verb: string, id: string, args: readonly unknown[], goesOn: boolean | undefined) => {
    const session = sessions.find(id);
    if (goesOn ?? session.wanted) admission.requireRoomFor(session);
    await routing.change(verb, id, args);
    return keeper.view(sessions.find(id));
  };
  return {
    fork: async (id, asked) => {
      await admission.requireStorage(sessions.find(id).record.owner);
      admission.requireChange(sessions.find(id), asked);
      return branch("fork", id, [asked], asked.resume);
    },
    switchTo: (id, node) => branch("switchTo", id, [node], false),
    paint: async (id, asked, uploads) => {
      admission.requireChange(sessions.find(id), asked);
      return admission.storing(sessions.find(id).record.owner, bytesOf(uploads), () =>
        branch("paint", id, [asked, uploads], asked.resume ?? true),
      );
    },
  };
}

export class RoutedPictures extends Pictures {
  constructor(
    sessions: Sessions,
    private readonly routing: Routing,
  ) {
    super(sessions);
  }

  override async picture(id: string): Promise<Uint8Array> {
    return (await this.kept(id)) ?? this.routing.bytes("picture", id);
  }

  override archive(id: string): Promise<Uint8Array> {
    return this.routing.bytes("archive", id);
  }

  override shape(id: string, file: ShapeFile): Promise<Uint8Array> {
    return this.routing.bytes("shape", id, [file]);
  }

  override async maskIn(image: Uint8Array, asked: MaskAsked): Promise<Uint8Array> {
    if (asked.rect) return super.maskIn(image, asked);
    return (await this.routing.anybody("maskIn", [image, asked])) as Uint8Array;
  }
}
