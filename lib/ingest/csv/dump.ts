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
  const found = rows
    .filter((row) => !endsRows(row))
    .map(({ line, cells }) => ({ line, cells: cells.filter((cell) => cell.includes('\\')) }));
  const withAny = found.filter(({ cells }) => cells.length > 0);
  if (withAny.length === 0) return null;
  const linesOf = (are: (cell: string) => boolean): number[] =>
    withAny.filter(({ cells }) => cells.some(are)).map(({ line }) => line);
  const none = linesOf((cell) => cell === NO_VALUE);
  const otherwise = linesOf((cell) => !isDumped(cell));
  const tab = delimiter === '\t' && !quoted;
  if (tab && none.length > 0 && otherwise.length === 0) {
    return {
      ...{ value: 'dump', sure: none.length > 1 ? 0.99 : 0.95, by: 'guess', for: none.slice(0, LINES_MAX), against: [] },
      others: [{ value: 'text', sure: none.length > 1 ? 0.01 : 0.05 }],
    };
  }
  const written = linesOf((cell) => cell !== NO_VALUE && isDumped(cell) && /\\[nrt\\\t]/.test(cell));
  const asked = none.length > 0 || (tab && written.length > 0 && otherwise.length === 0);
  if (!asked) return certain<Backslashes>('text');
  const against = [...new Set([...none, ...written])].sort((a, b) => a - b);
  return {
    ...{ value: 'text', sure: DOUBTFUL, by: 'guess', for: otherwise.slice(0, LINES_MAX), against: against.slice(0, LINES_MAX) },
    others: [{ value: 'dump', sure: 1 - DOUBTFUL }],
  };
}

/** Somebody is asked. */
const DOUBTFUL = 0.7;

/** Whether every backslash stands before what a dump has behind one, or at the end, where a tab or a line end was. */
function isDumped(cell: string): boolean {
  return cell === NO_VALUE || /^(?:[^\\]|\\(?:[bfnrtv0Z\\'"]|$))*$/s.test(cell);
}
