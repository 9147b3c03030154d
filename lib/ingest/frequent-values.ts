/** The most frequent values of a field, counted in bounded memory while it streams by. */

const VALUE_CHARS_MAX = 120;
/** Values counted at once; when there are more, the rarest are forgotten. */
const COUNTED_MAX = 2_000;

export class FrequentValues {
  /** how many were given */
  looked = 0;
  #counts = new Map<string, number>();
  #forgotten = 0;
  #counting = true;

  add(value: string): void {
    this.looked++;
    if (this.#counting && value.length <= VALUE_CHARS_MAX) this.#count(value);
  }

  /** Whether nothing was forgotten: the counts are those of all values that were given. */
  get exact(): boolean {
    return this.#forgotten === 0 && this.#counting;
  }

  /** Whether hardly any value came twice. */
  get unique(): boolean {
    if (!this.#counting) return true;
    return this.#forgotten === 0 && this.#counts.size >= this.looked * UNIQUE_SHARE;
  }

  /** At most so many, the most frequent first; those that came once only where there are few values. */
  top(most: number): { value: string; count: number }[] {
    return [...this.#counts]
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .filter(([, count]) => count > 1 || this.looked <= most)
      .slice(0, most)
      .map(([value, count]) => ({ value, count }));
  }

  /** Lossy counting (Manku and Motwani 2002): when too many values are counted, those below a rising floor are forgotten. */
  #count(value: string): void {
    const count = this.#counts.get(value);
    if (count !== undefined) {
      this.#counts.set(value, count + 1);
      return;
    }
    // A value cut out of a block would keep the whole block in memory.
    this.#counts.set(Buffer.from(value).toString(), 1);
    if (this.#counts.size <= COUNTED_MAX) return;
    this.#forgotten++;
    const floor = Math.max(1, Math.floor((this.looked * 2) / COUNTED_MAX / 2));
    const kept = [...this.#counts].filter(([, times]) => times > floor).sort(([, x], [, y]) => y - x);
    this.#counts = new Map(kept.slice(0, COUNTED_MAX / 2));
    // Nothing came twice among thousands: every value is its own, and counting them is for nothing.
    if (this.#counts.size === 0 && this.#forgotten >= 3) this.#counting = false;
  }
}

const UNIQUE_SHARE = 0.98;
