/** What rows behind the beginning of a table say of how it is quoted: they were read by what the beginning said, and may say otherwise. */
import { type Guess, LINES_MAX } from '#lib/core/values/guess.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';

type Quote = NonNullable<LayoutSaid['quote']>;
type Escape = NonNullable<LayoutSaid['escape']>;

/** Somebody is asked. */
const DOUBTFUL = 0.7;

/** How a quote stands inside quotes, where the beginning has none: backslashes that only come in pairs in quoted cells may be one each. */
export class PairsSeen {
  readonly #first: Guess<Escape>;
  readonly #mark: string;
  readonly #lines: number[] = [];
  #otherwise = false;

  /** @param mark what quotes */
  constructor(first: Guess<Escape>, mark: string) {
    this.#first = first;
    this.#mark = mark;
  }

  /** @param cells of a row with a backslash, as they stand in the file */
  take(line: number, cells: readonly string[]): void {
    if (this.#otherwise || this.#mark === '') return;
    const quoted = cells.map((cell) => cell.trim()).filter((cell) => cell.startsWith(this.#mark));
    if (quoted.some((cell) => isOtherwise(cell, this.#mark))) this.#otherwise = true;
    else if (this.#lines.length < LINES_MAX && quoted.some((cell) => cell.includes('\\\\'))) this.#lines.push(line);
  }

  guess(): Guess<Escape> {
    const first = this.#first;
    if (first.by === 'person' || first.value !== 'doubled' || this.#otherwise || this.#lines.length === 0) return first;
    return escapeOfPairs(this.#lines);
  }
}

/** Pairs, and nothing but pairs, in these lines. */
export function escapeOfPairs(lines: readonly number[]): Guess<Escape> {
  const others = [{ value: 'backslash' as const, sure: 1 - DOUBTFUL }];
  return { value: 'doubled', sure: DOUBTFUL, by: 'guess', for: [], against: lines.slice(0, LINES_MAX), others };
}

/** Whether a quoted cell has a quote that is doubled, or a backslash that is no pair. */
export function isOtherwise(cell: string, mark: string): boolean {
  return cell.slice(1, -1).includes(mark + mark) || (cell.match(/\\+/g) ?? []).some((run) => run.length % 2 === 1);
}

/** A mark that quotes nothing for all that the beginning says, and from one row on encloses cells in most of them. */
export class MarksSeen {
  readonly #mark: '"' | "'" | null;
  readonly #code: number;
  #rows = 0;
  #first = 0;
  #wrapped = 0;
  readonly #lines: number[] = [];

  /** @param quote what quotes, by the beginning */
  constructor(quote: Quote) {
    this.#mark = quote === 'none' ? '"' : quote === 'double' ? "'" : null;
    this.#code = this.#mark?.charCodeAt(0) ?? 0;
  }

  take(line: number, cells: readonly string[]): void {
    this.#rows++;
    // Of most rows that is all there is to see.
    if (this.#mark === null || !this.#begins(cells)) return;
    const { wrapped, open } = enclosed(cells, this.#mark);
    // An apostrophe begins words, and ends them.
    if (!wrapped || open) return;
    this.#wrapped++;
    if (this.#first === 0) this.#first = this.#rows;
    if (this.#lines.length < LINES_MAX) this.#lines.push(line);
  }

  #begins(cells: readonly string[]): boolean {
    for (const cell of cells) if (cell.charCodeAt(0) === this.#code) return true;
    return false;
  }

  /** The guess, or, where the mark may quote after all, that with a doubt. */
  doubting(quote: Guess<Quote>): Guess<Quote> {
    const since = this.#rows - this.#first + 1;
    // What the beginning has was weighed with it.
    if (quote.by === 'person' || this.#first <= LOOKED_AT_ROWS || this.#wrapped < LINES_MAX || this.#wrapped * 2 <= since)
      return quote;
    const against = [...new Set([...quote.against, ...this.#lines])].sort((a, b) => a - b).slice(0, LINES_MAX);
    const others = [{ value: this.#mark === '"' ? ('double' as const) : ('single' as const), sure: 1 - DOUBTFUL }];
    return { ...quote, by: 'guess', sure: Math.min(quote.sure, DOUBTFUL), against, others };
  }
}

/** Rows of the beginning that are looked at before any is read. */
const LOOKED_AT_ROWS = 150;

function enclosed(cells: readonly string[], mark: string): { wrapped: boolean; open: boolean } {
  let wrapped = false;
  for (const cell of cells) {
    if (cell === '') continue;
    const begins = cell.startsWith(mark);
    if (begins !== (cell.length > 1 && cell.endsWith(mark))) return { wrapped, open: true };
    if (begins) wrapped = true;
  }
  return { wrapped, open: false };
}
