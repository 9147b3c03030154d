/**
 * Tables as databases dump them: PostgreSQL's COPY as text, MySQL's SELECT … INTO OUTFILE and its client. No quotes; a backslash stands before what would end a cell
 * or a row, \t and \n stand for what they stand for elsewhere, and \N alone is no value.
 * https://www.postgresql.org/docs/current/sql-copy.html (Text Format), https://dev.mysql.com/doc/refman/8.4/en/load-data.html
 */
import { certain, type Guess, LINES_MAX, saidByPerson } from '#lib/core/values/guess.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';

export type Backslashes = NonNullable<LayoutSaid['backslashes']>;

/** Whether it is the line with which PostgreSQL says that there are no more rows. */
export function endsRows({ cells, raw }: { cells: readonly string[]; raw: Buffer }): boolean {
  return cells.length === 1 && raw.toString('latin1').trimEnd() === '\\.';
}

const NO_VALUE = '\\N';
const MEANT: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '0': '\0', Z: '\x1a' };

/** What a cell is that was dumped so. `\N` is the empty value; `raw` keeps the difference. */
export function dumpedCell(cell: string): string {
  if (cell === NO_VALUE) return '';
  return cell.replace(/\\(.)/gs, (_, char: string) => MEANT[char] ?? char);
}

/** The cells of a record, of which one delimiter at least may stand behind a backslash; `most` at the most. */
export function dumpedCells(text: string, delimiter: string, most: number): string[] {
  const cells: string[] = [];
  for (let from = 0; cells.length < most; ) {
    let end = text.indexOf(delimiter, from);
    while (end !== -1 && isBehindBackslash(text, end, from)) end = text.indexOf(delimiter, end + 1);
    cells.push(dumpedCell(end === -1 ? text.slice(from) : text.slice(from, end)));
    if (end === -1) break;
    from = end + delimiter.length;
  }
  return cells;
}

function isBehindBackslash(text: string, at: number, start: number): boolean {
  let backslashes = 0;
  while (at - backslashes > start && text[at - backslashes - 1] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

type Cells = { line: number; cells: readonly string[]; raw: Buffer };

/**
 * Whether the backslashes of a table that was read without looking at them are those of a dump. It is one where \N stands alone in cells between tabs, and no
 * backslash stands before what no dump writes; where less is to be seen, it is text, and asked about. Null where no cell has one.
 */
export function backslashesOf(
  rows: readonly Cells[],
  { delimiter, quoted, said }: { delimiter: string; quoted: boolean; said: Backslashes | undefined },
): Guess<Backslashes> | null {
  if (said !== undefined) return saidByPerson(said);
  const seen = new Evidence();
  for (const row of rows) if (!endsRows(row)) seen.take(row.line, row.cells);
  return seen.guess(delimiter === '\t' && !quoted);
}

/** The backslashes of a whole table, as its rows come: what the first of them said may not hold for later ones, which were read by it. */
export class BackslashesSeen {
  readonly #first: Guess<Backslashes> | null;
  readonly #tab: boolean;
  readonly #seen = new Evidence();

  /** @param first what the beginning of the file said; null where it has none */
  constructor(first: Guess<Backslashes> | null, { delimiter, quoted }: { delimiter: string; quoted: boolean }) {
    this.#first = first;
    this.#tab = delimiter === '\t' && !quoted;
  }

  /** @param cells of a row with a backslash, as they stand in the file */
  take(line: number, cells: readonly string[]): void {
    this.#seen.take(line, cells);
  }

  guess(): Guess<Backslashes> | null {
    const first = this.#first;
    if (first?.by === 'person') return first;
    const now = this.#seen.guess(this.#tab);
    if (now === null) return first;
    if (now.value === (first?.value ?? 'text')) return now;
    const { none, otherwise } = this.#seen;
    const [value, other, lines, against] =
      now.value === 'dump' ? (['text', 'dump', otherwise, none] as const) : (['dump', 'text', none, otherwise] as const);
    return {
      ...{ value, sure: DOUBTFUL, by: 'guess', for: [...lines.lines], against: [...against.lines] },
      others: [{ value: other, sure: 1 - DOUBTFUL }],
    };
  }
}

/** Lines of one kind: the first of them, and how many there are. */
type Lines = { count: number; lines: number[] };

class Evidence {
  readonly any: Lines = { count: 0, lines: [] };
  /** `\N` stands alone in a cell. */
  readonly none: Lines = { count: 0, lines: [] };
  /** A backslash stands before what no dump writes. */
  readonly otherwise: Lines = { count: 0, lines: [] };
  /** All stand before what a dump writes, and one before a letter of it. */
  readonly written: Lines = { count: 0, lines: [] };

  take(line: number, cells: readonly string[]): void {
    const own = cells.filter((cell) => cell.includes('\\'));
    if (own.length === 0) return;
    note(this.any, line);
    if (own.includes(NO_VALUE)) note(this.none, line);
    if (!own.every(isDumped)) note(this.otherwise, line);
    if (own.some((cell) => cell !== NO_VALUE && isDumped(cell) && /\\[nrt\\\t]/.test(cell))) note(this.written, line);
  }

  guess(tab: boolean): Guess<Backslashes> | null {
    const { any, none, otherwise, written } = this;
    if (any.count === 0) return null;
    if (tab && none.count > 0 && otherwise.count === 0) {
      return {
        ...{ value: 'dump', sure: none.count > 1 ? 0.99 : 0.95, by: 'guess', for: [...none.lines], against: [] },
        others: [{ value: 'text', sure: none.count > 1 ? 0.01 : 0.05 }],
      };
    }
    const asked = none.count > 0 || (tab && written.count > 0 && otherwise.count === 0);
    if (!asked) return certain<Backslashes>('text');
    const against = [...new Set([...none.lines, ...written.lines])].sort((a, b) => a - b);
    return {
      ...{ value: 'text', sure: DOUBTFUL, by: 'guess', for: [...otherwise.lines], against: against.slice(0, LINES_MAX) },
      others: [{ value: 'dump', sure: 1 - DOUBTFUL }],
    };
  }
}

function note(lines: Lines, line: number): void {
  lines.count++;
  if (lines.lines.length < LINES_MAX) lines.lines.push(line);
}

/** Somebody is asked. */
const DOUBTFUL = 0.7;

/** Whether every backslash stands before what a dump has behind one, or at the end, where a tab or a line end was. */
function isDumped(cell: string): boolean {
  return cell === NO_VALUE || /^(?:[^\\]|\\(?:[bfnrtv0Z\\'"]|$))*$/s.test(cell);
}
