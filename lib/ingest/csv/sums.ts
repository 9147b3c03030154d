/** Rows between the others of a table that look like sums of them: nothing tells whether they are rows, so they are counted, told with their lines and asked about. */
import { type Guess, LINES_MAX, saidByPerson } from '#lib/core/values/guess.ts';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';
import { isBlank, isNumber, mentionsTotal } from './form.ts';

type Sums = NonNullable<LayoutSaid['sums']>;

/** Of one table: those that were seen as its rows came, the last of which may stand below it still. */
export class SumRows {
  readonly #said: Sums | undefined;
  /** Columns that rows which are no sums leave empty. */
  readonly #empty: boolean[] = [];
  /** Lines of those that may turn out to stand below the table; of the others the first, and how many there are. */
  readonly #held = new Set<number>();
  readonly #lines: number[] = [];
  #count = 0;

  constructor(said: LayoutSaid) {
    this.#said = said.sums;
  }

  /** Whether a person said that they are no rows. */
  get areAside(): boolean {
    return this.#said === 'aside';
  }

  /**
   * Takes the next row in, and says whether it is one: it begins with a word for a sum, has nothing but numbers behind it, and leaves a cell empty that no row before it did.
   * @param own its cells without what only stands in a cell that is shown over several rows
   */
  has(cells: readonly string[], own: readonly string[] = cells): boolean {
    if (looksLikeSum(own)) return cells.some((cell, column) => cell === '' && !this.#empty[column]);
    for (const [column, cell] of cells.entries()) if (cell === '') this.#empty[column] = true;
    return false;
  }

  hold(line: number): void {
    this.#held.add(line);
  }

  /** Those before this line are rows of the table. */
  keepBefore(line: number): void {
    for (const held of this.#held) {
      if (held >= line) continue;
      this.#held.delete(held);
      this.#count++;
      if (this.#lines.length < LINES_MAX) this.#lines.push(held);
    }
  }

  /** These are none, or asked about otherwise. */
  forget(lines: Iterable<number>): void {
    for (const line of lines) this.#held.delete(line);
  }

  /** Of the last rows of the table those that are sums and have other rows below them. */
  between(rows: readonly { line: number }[]): ReadonlySet<number> {
    const last = rows.findLast(({ line }) => !this.#held.has(line))?.line ?? 0;
    return new Set([...this.#held].filter((line) => line < last));
  }

  layout(): Pick<Layout, 'sums' | 'summed'> {
    const sums = this.#guess();
    return { ...(sums ? { sums } : {}), ...(this.#count > 0 ? { summed: this.#count } : {}) };
  }

  #guess(): Guess<Sums> | null {
    if (this.#said !== undefined) return saidByPerson(this.#said);
    if (this.#count === 0) return null;
    return {
      ...{ value: 'rows', sure: DOUBTFUL, by: 'guess', for: [], against: [...this.#lines] },
      others: [{ value: 'aside', sure: 1 - DOUBTFUL }],
    };
  }
}

/** Somebody is asked. */
const DOUBTFUL = 0.75;

function looksLikeSum(cells: readonly string[]): boolean {
  const first = cells.findIndex((cell) => !isBlank(cell));
  // Of most rows that is all there is to see.
  if (first === -1 || !mentionsTotal((cells[first] ?? '').trim())) return false;
  const rest = cells.slice(first + 1).filter((cell) => !isBlank(cell));
  return rest.length > 0 && rest.every((cell) => isNumber(cell.trim()));
}
