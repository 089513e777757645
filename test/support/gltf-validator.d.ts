/** What we use of Khronos' validator, which has no types of its own. */
declare module "gltf-validator" {
  interface Issue {
    readonly code: string;
    readonly message: string;
  }
  /** Its report by the schema `validation.schema.json`. @param bytes GLB or glTF; rejects when they are neither */
  export function validateBytes(bytes: Uint8Array): Promise<{
    readonly issues: { readonly messages: readonly Issue[] };
    readonly info: Readonly<Record<string, unknown>>;
  }>;
}
