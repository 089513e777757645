/** What the page and its worker say to each other. */
import type { BrowserAbilities, CreateRequest, DeviceRequest, Notice } from "vqgan-clip/browser";

export type ToWorker =
  | { readonly type: "create"; readonly request: Omit<CreateRequest, "initImage">; readonly device: DeviceRequest }
  | { readonly type: "stop" }
  | { readonly type: "save" };

export type ToPage =
  | { readonly type: "abilities"; readonly abilities: BrowserAbilities }
  | { readonly type: "fetching"; readonly url: string; readonly loaded: number; readonly total: number | undefined }
  | { readonly type: "notice"; readonly notice: Notice }
  | { readonly type: "started"; readonly device: string; readonly steps: number }
  | { readonly type: "step"; readonly step: number; readonly loss: number; readonly picture: ImageData }
  | { readonly type: "ended"; readonly step: number; readonly picture: ImageData }
  | { readonly type: "saved"; readonly png: Uint8Array<ArrayBuffer> }
  | { readonly type: "failed"; readonly message: string; readonly hint: string | undefined };
