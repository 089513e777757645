/** A file that lines are added to, one after the other; who turns it over copies it and cuts it short. */
import { type FileHandle, open } from "node:fs/promises";
import { writeFailure } from "./atomic-write.js";

export class LineLog {
  private written: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly onFault: (text: string) => void,
  ) {}

  /**
   * Readable by its owner alone, where it is new.
   *
   * @param onFault told when a line could not be written, which holds up nobody
   * @throws IO_FAILED unless it can be added to
   */
  static async open(path: string, onFault: (text: string) => void): Promise<LineLog> {
    try {
      return new LineLog(path, await open(path, "a", 0o600), onFault);
    } catch (cause) {
      throw writeFailure(path, cause);
    }
  }

  /** Adds the JSON of a value as a line. */
  add(value: object): void {
    this.written = this.written
      .then(() => this.file.appendFile(`${JSON.stringify(value)}\n`))
      .catch((cause: unknown) => this.onFault(writeFailure(this.path, cause).message));
  }

  /** Closes it behind the last line. */
  async close(): Promise<void> {
    await this.written;
    await this.file.close();
  }
}
