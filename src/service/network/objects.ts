/** What sessions of many processes can lie in where there is no common disk: bytes by keys, written whole, on conditions. */
/** What an object must be for a write to take place: there by this mark, or not there. */
export type Condition = { readonly is: string } | "absent";

export interface Listed {
  readonly key: string;
  readonly bytes: number;
  /** Milliseconds. */
  readonly writtenAt: number;
}

/** Each of them fails with IO_FAILED when the service behind it does not answer. */
export interface Objects {
  /** Undefined when there is none. The mark is another one after each write. */
  get(key: string): Promise<{ readonly bytes: Uint8Array; readonly mark: string } | undefined>;
  /** @returns whether it took place: false where the condition does not hold */
  put(key: string, bytes: Uint8Array, condition?: Condition): Promise<boolean>;
  /** What is not there is no fault. */
  remove(key: string): Promise<void>;
  /** All whose keys begin so. */
  list(start: string): Promise<Listed[]>;
  close(): Promise<void>;
}
