/** Pictures that come with a request, and are kept beside the session until it has begun. */

export interface Uploads {
  readonly image?: Uint8Array | undefined;
  readonly mask?: Uint8Array | undefined;
}
