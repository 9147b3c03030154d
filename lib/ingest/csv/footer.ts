/** What stands below a table: sums, notes and blank rows. Only at the end of a file can it be told from rows. */
import { isBlank, isData, isNumber, looksLikeNote, saysTotal } from './form.ts';

/** A row at the end of a file, with the cells that it has in the file. */
export type LastRow = {
  line: number;
  /** Null for what is no row at all: its quotes don't close. */
  values: readonly string[] | null;
  /** It has another number of cells than a row. */
  refused: boolean;
  /** A blank line stands above it. */
  afterBlank: boolean;
};

/** So many rows are held back until it is known whether they are the last. */
export const LAST_ROWS = 20;

/** How many of the last rows are no part of the table. */
export function footerRows(rows: readonly LastRow[], typed: readonly boolean[]): number {
  let found = 0;
  for (let at = rows.length - 1; at >= 0; at--) {
    const row = rows[at];
    if (!row || !isFooter(row, typed)) break;
    found = rows.length - at;
  }
  return found;
}

function isFooter({ values, refused, afterBlank }: LastRow, typed: readonly boolean[]): boolean {
  if (values === null) return false;
  const filled = values.flatMap((value, column) => (isBlank(value) ? [] : [{ value: value.trim(), column }]));
  const [first, ...rest] = filled;
  if (!first) return true;
  const fits = filled.every(({ value, column }) => !typed[column] || isData(value));
  const startsAsRow = fits && first.column === 0;
  if (saysTotal(first.value) && (!fits || rest.every(({ value }) => isNumber(value) || saysTotal(value)))) return true;
  if (filled.length === 1 && !isData(first.value)) {
    if (refused) return looksLikeNote(first.value) || afterBlank || !startsAsRow;
    return (looksLikeNote(first.value) || afterBlank) && (values.length > 2 || !startsAsRow);
  }
  // “Exported by: Ada”, in a table of more columns.
  if (filled.length === 2 && values.length !== 2 && first.value.endsWith(':') && !fits) return true;
  return refused && !fits && (afterBlank || looksLikeNote(first.value));
}
