/** Adds the columns of a table up, so that a sum below it is told by what it says and not by a word alone. */
import { decimalText, NUMBER_FORMATS, numberFormatsOf } from '#lib/core/values/numbers.ts';

/** A longer table is not added up: its rows are not kept. */
const ROWS_MAX = 20_000;
const BYTES_MAX = 4 * 1024 ** 2;

/** What a number below a column says of it: its sum, its mean or how many it has; nothing of it; null where the column can't be added up. */
export type Says = 'sum' | 'mean' | 'count' | 'nothing' | null;

type Summand = { line: number; values: readonly string[] };

export class Adding {
  #rows: Summand[] = [];
  #bytes = 0;
  #over = false;

  /** @param bytes of the row in the file */
  add(row: Summand, bytes: number): void {
    if (this.#over) return;
    this.#bytes += bytes;
    this.#over = this.#rows.length >= ROWS_MAX || this.#bytes > BYTES_MAX;
    if (this.#over) this.#rows = [];
    else this.#rows.push({ line: row.line, values: row.values });
  }

  /** Rows above this line, as far as they were kept. */
  rowsAbove(line: number): number {
    return this.#rows.filter((row) => row.line < line).length;
  }

  /** Whether the first cell of each row above this line, of some at least, has something in it. */
  isFirstFilledAbove(line: number): boolean {
    const above = this.#rows.filter((row) => row.line < line);
    return above.length >= ROWS_TELLING && above.every(({ values }) => (values[0] ?? '').trim() !== '');
  }

  /** @param above the line that the column ends before */
  says(text: string, column: number, above: number): Says {
    if (this.#over) return null;
    const rows = this.#rows.filter(({ line }) => line < above);
    const texts = rows.map(({ values }) => values[column] ?? '').filter((value) => value.trim() !== '');
    const known = [text, ...texts].map((value) => numberFormatsOf(value).formats);
    const own = known[0] ?? 0;
    const numbers = known.slice(1).filter((formats) => formats !== 0);
    if (own === 0 || numbers.length < 2 || numbers.length < texts.length * MOSTLY) return null;
    const shared = numbers.reduce((all, formats) => all & formats, own);
    const format = NUMBER_FORMATS.find((_, index) => (shared & (1 << index)) !== 0);
    if (!format) return null;
    const value = Number(decimalText(text, format));
    const sum = texts.reduce((all, one) => all + Number(decimalText(one, format) ?? 0), 0);
    if (isNear(value, sum, 0)) return 'sum';
    const places = decimalText(text, format)?.split('.')[1]?.length ?? 0;
    if (isNear(value, sum / numbers.length, 0.5 * 10 ** -places)) return 'mean';
    return value === rows.length || value === texts.length ? 'count' : 'nothing';
  }
}

const MOSTLY = 0.8;
const ROWS_TELLING = 3;

/** Doubles add up to nearly what decimals do. */
function isNear(one: number, other: number, within: number): boolean {
  return Math.abs(one - other) <= within + 1e-9 * Math.max(1, Math.abs(other));
}
