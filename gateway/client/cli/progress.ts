// How far many texts have come, on stderr.
import { fitted } from "./printable.ts";

const barWidth = 30;

/** One line that writes over itself; nothing at all where stderr is no terminal. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #total: number | null;
  #done = 0;
  #failed = 0;

  /** @param total null = not known */
  constructor(stderr: { isTTY?: boolean; write(text: string): unknown }, total: number | null) {
    this.#write = stderr.isTTY === true ? (text) => void stderr.write(text) : () => undefined;
    this.#total = total;
  }

  step(ok: boolean): void {
    this.#done += 1;
    if (!ok) this.#failed += 1;
    const failed = this.#failed === 0 ? "" : `, ${this.#failed} failed`;
    if (this.#total === null) return this.#write(`\r${this.#done} texts${failed}`);
    const cells = Math.floor((this.#done / Math.max(1, this.#total)) * barWidth);
    const bar = fitted("█".repeat(cells), barWidth);
    this.#write(`\r${bar} ${this.#done} of ${this.#total}${failed}`);
  }

  end(): void {
    if (this.#done > 0) this.#write("\n");
  }
}
