/** What stands below a table: sums, notes and blank rows. Only at the end of a file can it be told from rows. */
import { certain, type Guess, LINES_MAX, saidByPerson } from '#lib/core/values/guess.ts';
import type { Adding, Says } from './adding.ts';
import { isBlank, isData, isNumber, looksLikeNote, mentionsTotal, saysTotal, startsAsNote } from './form.ts';

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
/** So many lines are put aside and named at the most. */
export const ASIDE_MAX = 1_000;

/** Where a table ends: `rows` of the last ones are below it. `last`: the line of its last row; 0 where that is the file's. */
export type End = { rows: number; last: Guess<number> };

/** Where a table ends of which nothing is below, or not known yet. */
export function endOf(said: number | undefined): Guess<number> {
  return said === undefined ? { ...certain(0), by: 'guess' } : saidByPerson(said);
}

/** @param typed columns that have values only @param between lines of sums that are asked about as rows between others */
export function endAmong(
  rows: readonly LastRow[],
  typed: readonly boolean[],
  adding: Adding,
  between: ReadonlySet<number> = new Set(),
): End {
  const told = rows.map((row) => belowness(row, typed, adding));
  const surely = trailing(told, (one) => one === 'surely');
  const likely = trailing(told, (one) => one === 'surely' || one === 'likely');
  const possible = trailing(told, (one) => one !== 'no');
  const summed = rows.findIndex((row, at) => at > 0 && told[at] === 'surely' && !between.has(row.line) && isSum(row, adding));
  const others = new Set([likely > surely ? surely : possible, summed === -1 ? likely : rows.length - summed]);
  others.delete(likely);
  const lastOf = (below: number): number => (below === 0 ? 0 : (rows[rows.length - below - 1]?.line ?? 0));
  const lines = rows.slice(rows.length - Math.max(likely, ...others)).map(({ line }) => line);
  const guess: Guess<number> = { ...endOf(undefined), value: lastOf(likely), for: likely > 0 ? lines.slice(0, LINES_MAX) : [] };
  if (others.size === 0) return { rows: likely, last: guess };
  return {
    rows: likely,
    last: {
      ...{ ...guess, sure: DOUBTFUL, against: likely > 0 ? [] : lines.slice(0, LINES_MAX) },
      others: [...others].map((below) => ({ value: lastOf(below), sure: (1 - DOUBTFUL) / others.size })),
    },
  };
}

/** Somebody is asked. */
const DOUBTFUL = 0.75;

/** How many of the last ones are so. */
function trailing(told: readonly Belowness[], isSo: (one: Belowness) => boolean): number {
  return told.length - 1 - told.findLastIndex((one) => !isSo(one));
}

type Belowness = 'no' | 'possible' | 'likely' | 'surely';

function belowness({ line, values, refused, afterBlank }: LastRow, typed: readonly boolean[], adding: Adding): Belowness {
  if (values === null) return 'no';
  const filled = filledIn(values);
  const [first, ...rest] = filled;
  if (!first) return 'surely';
  const fits = filled.every(({ value, column }) => !typed[column] || isData(value));
  const startsAsRow = fits && first.column === 0;
  const numbers = (isNumber(first.value) ? filled : rest).filter(({ value }) => isNumber(value));
  const says = numbers.map(({ value, column }) => adding.says(value, column, line));
  const total = saysTotal(first.value);
  if (total && (!fits || rest.every(({ value }) => isNumber(value) || saysTotal(value)))) {
    if (!fits || isAddedUp(says)) return 'surely';
    const known = says.filter((one) => one !== null);
    // A word for a sum may be a name too: what it stands beside decides, where that can be added up.
    if (known.length > 0) return known.some((one) => isSaidBy(first.value, one)) ? 'surely' : 'possible';
    if (says.length === 0 || filled.length < values.length) return 'surely';
    return adding.rowsAbove(line) > 0 ? 'possible' : 'likely';
  }
  if (isAddedUp(says)) {
    if (first.column > 0 || mentionsTotal(first.value)) return 'surely';
    if (
      adding.rowsAbove(line) >= TELLING_ROWS &&
      !isNumber(first.value) &&
      numbers.some(({ value }) => value.replace(/\D/g, '').length >= TELLING_DIGITS)
    )
      return 'possible';
  }
  // Nothing but numbers behind cells that are blank in no other row may be a sum of what nobody sees.
  if (first.column > 0 && numbers.length === filled.length && !refused && adding.isFirstFilledAbove(line)) return 'possible';
  if (filled.length === 1 && !isData(first.value)) {
    if (refused) return looksLikeNote(first.value) || afterBlank || !startsAsRow ? 'surely' : 'no';
    if (afterBlank && startsAsNote(first.value)) return 'surely';
    if (!((looksLikeNote(first.value) || afterBlank) && (values.length > 2 || !startsAsRow))) return 'no';
    // It could be a row of which only the first cell is filled.
    return startsAsRow ? 'possible' : 'surely';
  }
  // “Exported by: Ada”, in a table of more columns.
  if (filled.length === 2 && values.length !== 2 && first.value.endsWith(':') && !fits) return 'surely';
  return refused && !fits && (afterBlank || looksLikeNote(first.value)) ? 'surely' : 'no';
}

/** A number of so many digits is hardly the sum of so many others by chance. */
const TELLING_DIGITS = 3;
const TELLING_ROWS = 3;

/** Whether the word is one for what the number says of its column: a mean is none of a total. */
function isSaidBy(word: string, says: Says): boolean {
  if (says === 'mean') return /average|mean|durchschnitt|moyenne/i.test(word);
  return says === 'sum' || (says === 'count' && /count|anzahl|records|rows/i.test(word));
}

function isAddedUp(says: readonly Says[]): boolean {
  const known = says.filter((one) => one !== null);
  return known.length > 0 && known.every((one) => one === 'sum');
}

function isSum({ line, values }: LastRow, adding: Adding): boolean {
  return isAddedUp(
    filledIn(values ?? []).flatMap(({ value, column }) => (isNumber(value) ? [adding.says(value, column, line)] : [])),
  );
}

function filledIn(values: readonly string[]): { value: string; column: number }[] {
  return values.flatMap((value, column) => (isBlank(value) ? [] : [{ value: value.trim(), column }]));
}
