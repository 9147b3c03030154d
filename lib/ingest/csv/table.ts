/**
 * Where the table stands in the first rows of a file: which line has the names of its columns, if any, what is above it, and how wide it is. Every line that
 * could be the first is weighed, with names in it and without; a weight is a natural logarithm, so that the difference of two says how much likelier one is.
 */
import { FIELDS_MAX } from '#lib/core/limits.ts';
import { certain, type Guess, LINES_MAX, saidByPerson } from '#lib/core/values/guess.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';
import { isData, nameness, shapeOf } from './form.ts';

export type Row = { line: number; lines: number; cells: readonly string[]; raw: Buffer };

export type Table = {
  /** The line of the names; 0 where there are none. */
  header: Guess<number>;
  /** The line of the first row below the names. What is above and no header is no part of the table. */
  first: number;
  /** Cells of a row. */
  width: number;
  /** Empty cells at the end of the header that no row has anything below. */
  spare: number;
  /** The first column has no name because the header has one cell less than every row, as R writes tables. */
  unnamedFirst: boolean;
  /** Columns nearly all of whose cells are values rather than text. */
  typed: readonly boolean[];
  /** What becomes of rows with too few cells, where nobody said. */
  short: 'fill' | 'refuse';
  /** How well the rows fit, from 0 to 1. */
  fit: number;
  /** How much of the rows is above the table. */
  above: number;
  /** Cells begin with a space, as they do where a comma is a comma. */
  spaced: boolean;
  /** Lines that fit, and lines that don't. */
  fits: readonly number[];
  misfits: readonly number[];
};

/** Lines above a table that are looked at. */
const ABOVE_MAX = 40;
const ROWS_BELOW = 60;
const WIDTHS_TRIED = 4;
const OFFERED = 0.01;

type Place = {
  at: number;
  named: boolean;
  width: number;
  spare: number;
  unnamedFirst: boolean;
  weight: number;
};

/** Where there are no rows. */
const NOWHERE: Place = { at: 0, named: false, width: 1, spare: 0, unnamedFirst: false, weight: Number.NEGATIVE_INFINITY };

/** Rows are no lines above a table if that weighs so little. */
const OUT_OF_QUESTION = 8;
/** There is seldom more above a table than in it. */
const LITTLE_BELOW = 3;
/** A blank line between makes it likelier. */
const APART = 0.3;

/** Goes by the line that a person says has the names, and 0 for none. */
export function tableOf(rows: readonly Row[], complete: boolean, said: LayoutSaid): Table {
  const measured = rows.map(measure);
  const looked: Looked = { complete, long: said.long === 'cut' ? TOO_SHORT : TOO_LONG };
  const places = said.header === undefined ? placesIn(measured, looked) : placesSaid(measured, looked, said.header);
  const best = places.reduce((a, b) => (b.weight > a.weight ? b : a), NOWHERE);
  const body = measured.slice(best.named ? best.at + 1 : best.at);
  const typed = typedColumns(body, best.width);
  return {
    header: headerGuess(places, best, measured, said.header),
    first: best.named ? (measured[best.at]?.line ?? 0) + 1 : (body[0]?.line ?? 1),
    ...{ width: best.width, spare: best.spare, unnamedFirst: best.unnamedFirst, typed },
    fit: fitOfAll(body, best.width, { ...looked, long: 0 }),
    above: 1 - (body.length + (best.named ? 1 : 0)) / Math.max(1, measured.length),
    spaced: areSpaced(body),
    short: fillsUp(body, best.width, typed) ? 'fill' : 'refuse',
    fits: lines(body.filter((row) => fitOf(row, best.width) === FITS)),
    misfits: lines(body.filter((row) => fitOf(row, best.width) !== FITS)),
  };
}

function lines(rows: readonly Measured[]): number[] {
  return rows.slice(0, LINES_MAX).map(({ line }) => line);
}

type Measured = Row & {
  /** Cells up to the last that is not blank. */
  reach: number;
  filled: number;
  /** The cells without spaces around them, and which of them are values: each is looked at for every line that could be the header. */
  texts: readonly string[];
  data: readonly boolean[];
};

function measure(row: Row): Measured {
  const texts = row.cells.map((cell) => cell.trim());
  return {
    ...row,
    reach: texts.findLastIndex((text) => text !== '') + 1,
    filled: texts.filter((text) => text !== '').length,
    texts,
    data: texts.map(isData),
  };
}

const FITS = 1;
const TOO_LONG = -1;
const TOO_SHORT = 0.45;

/** Whether these are all rows of the file, what a row that is too long is worth, and whether it is certain that nothing names the columns. */
type Looked = { complete: boolean; long: number; unnamed?: boolean };

/** A row may have more cells than its table is wide if they are empty: many programs end each line with a delimiter. */
function fitOf({ reach, filled, cells }: Measured, width: number, long = TOO_LONG): number {
  if (reach > width) return long;
  if (cells.length >= width) return FITS;
  return width > 2 && filled < 2 ? 0.1 : TOO_SHORT;
}

function fitOfAll(rows: readonly Measured[], width: number, { complete, long }: Looked): number {
  const whole = rows.filter(({ filled }) => filled > 0).slice(0, ROWS_BELOW);
  // At the end of a file are sums and notes.
  const forgiven = complete && rows.length <= ROWS_BELOW ? Math.min(5, Math.floor(whole.length / 4)) : 0;
  const body = whole.filter((row, at) => at < whole.length - forgiven || fitOf(row, width) === FITS);
  if (body.length === 0) return 1;
  return body.reduce((sum, row) => sum + fitOf(row, width, long), 0) / body.length;
}

function placesIn(rows: readonly Measured[], looked: Looked): Place[] {
  // It is told so, whatever it is.
  if ((rows[0]?.cells.length ?? 0) > FIELDS_MAX) return named(rows, 0, looked);
  const places: Place[] = [];
  const widest = { width: Math.max(...rows.map(({ cells }) => cells.length)), named: true };
  for (let at = 0; at < rows.length && at <= ABOVE_MAX; at++) {
    // More rows above make it only worse.
    if (at > 0 && weightOfAbove(rows.slice(0, at), widest) < -OUT_OF_QUESTION / APART) break;
    if (rows[at]?.filled === 0 && rows.length > 1) continue;
    for (const place of [...named(rows, at, looked), ...unnamed(rows, at, looked)]) {
      const before = rows[at - 1];
      const apart = before !== undefined && (before.filled === 0 || (rows[at]?.line ?? 0) > before.line + before.lines);
      const above = weightOfAbove(rows.slice(0, at), place) * (apart ? APART : 1);
      const share = (at / rows.length) * (apart ? APART : 1);
      if (above > -OUT_OF_QUESTION || at === 0)
        places.push({ ...place, weight: place.weight + above - 4 * share - (rows.length - at < at ? LITTLE_BELOW : 0) });
    }
  }
  return places.length > 0 ? places : [...named(rows, 0, looked), ...unnamed(rows, 0, looked)];
}

/**
 * The line that a person named, or the nearest below; and only tables without names where the person said that there are none. Then a first line that looks like
 * names is a row, and nothing is left out for it.
 */
function placesSaid(rows: readonly Measured[], looked: Looked, said: number): Place[] {
  if (said === 0) {
    const places = placesIn(rows, { ...looked, unnamed: true }).filter((place) => !place.named);
    return places.length > 0 ? places : unnamed(rows, 0, looked);
  }
  const found = rows.findIndex(({ line }, at) => line === said || (line < said && (rows[at + 1]?.line ?? Infinity) > said));
  return named(rows, found === -1 ? 0 : found, looked);
}

/** What stands above a table has fewer cells than it, or most of them empty, or says what its second cell is; often a blank line is between. */
function weightOfAbove(above: readonly Measured[], { width, named: hasNames }: Pick<Place, 'width' | 'named'>): number {
  let weight = 0;
  for (const { filled, cells, texts } of above) {
    if (filled === 0) continue;
    const labelled = filled <= 2 && texts[0]?.endsWith(':');
    // Without names below there is little to tell a row with empty cells from a title.
    const sparse = filled <= width / 2 && (hasNames || cells.length < width);
    weight -= sparse || labelled ? 0.2 : cells.length < width ? (filled > 2 ? 2.5 : 1) : 4;
  }
  return weight;
}

function named(rows: readonly Measured[], at: number, looked: Looked): Place[] {
  const header = rows[at];
  if (!header) return [];
  const below = rows.slice(at + 1);
  const full = commonest(below.map(({ cells }) => cells.length));
  const wide = below.filter(({ cells }) => cells.length === full);
  const unnamedFirst =
    header.reach === header.cells.length &&
    full === header.cells.length + 1 &&
    wide.length >= Math.max(2, below.length * 0.9) &&
    wide.every(({ reach }) => reach === full);
  const reached = below.some(({ reach }) => reach > header.reach);
  const own = reached || header.cells.length > FIELDS_MAX ? header.cells.length : Math.max(1, header.reach);
  const width = unnamedFirst ? full : own;
  const fit = fitOfAll(below, width, looked);
  const odds = oddsOfHeader(unnamedFirst ? ['', ...header.cells] : header.cells, below, width, at) - (unnamedFirst ? 1 : 0);
  const weight = 10 * fit + (2 * header.filled) / width + odds / 2;
  return [{ at, named: true, width, spare: unnamedFirst ? 0 : header.cells.length - own, unnamedFirst, weight }];
}

function unnamed(rows: readonly Measured[], at: number, looked: Looked): Place[] {
  const body = rows.slice(at);
  const first = body[0];
  if (!first) return [];
  const widths = new Map<number, number>();
  for (const { cells } of body) widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
  const tried = [...widths].sort(([, a], [, b]) => b - a).slice(0, WIDTHS_TRIED);
  const places = tried.map(([full]) => {
    const reach = Math.max(1, ...body.filter(({ cells }) => cells.length === full).map((row) => row.reach));
    const fit = fitOfAll(body, reach, looked);
    const odds = looked.unnamed ? 0 : oddsOfHeader(first.cells, body.slice(1), reach, at);
    return { at, named: false, width: reach, spare: 0, unnamedFirst: false, weight: 10 * fit + 2 - odds / 2 };
  });
  return places.sort((a, b) => b.weight - a.weight).slice(0, 1);
}

function commonest(values: readonly number[]): number {
  const seen = new Map<number, number>();
  for (const value of values) seen.set(value, (seen.get(value) ?? 0) + 1);
  return [...seen].sort(([a, x], [b, y]) => y - x || b - a)[0]?.[0] ?? 0;
}

/** Most files have names above their columns. */
const USUAL = 2.2;
const ODDS_MAX = 9;

/**
 * How much likelier this row has names than values, as a natural logarithm. Column by column: a name above numbers speaks for it, as does a form or a word
 * that the column does not have; a number above numbers and a value that comes again below speak against it.
 */
function oddsOfHeader(cells: readonly string[], below: readonly Measured[], width: number, at: number): number {
  const names = cells.slice(0, width).map((cell) => cell.trim());
  // Files that were put together have the same names again.
  const rows = below.slice(0, ROWS_BELOW).filter(({ texts }) => names.length < 2 || names.some((name, at) => name !== texts[at]));
  if (rows.length === 0) return names.some(isData) ? -4 : NOT_TOLD;
  const numbered = areNumbers(names);
  let odds = USUAL + (at > 0 ? 1 : 0) - 0.7 * (names.length - new Set(names).size);
  let soft = 0;
  let told = false;
  for (const [column, name] of names.entries()) {
    const { hard, forms } = name === '' ? { hard: column === 0 ? 0 : -0.4, forms: 0 } : oddsOfName(name, column, rows, numbered);
    odds += hard + forms;
    soft += forms;
    if (hard > 1) told = true;
  }
  // That forms differ is a hint. Without a word that names columns, or values below names, it takes many of them.
  const most = told || soft > FORMS_TELL ? ODDS_MAX : NOT_TOLD;
  return Math.max(-ODDS_MAX, Math.min(most, odds));
}

const FORMS_TELL = 5;
/** Somebody is asked then. */
const NOT_TOLD = 1.7;

/** `hard` is what words and values tell, `forms` what is only a matter of how texts look. */
function oddsOfName(name: string, column: number, rows: readonly Measured[], numbered: boolean): { hard: number; forms: number } {
  const below = rows.filter(({ texts }) => (texts[column] ?? '') !== '');
  // “Account:” names the cell beside it.
  const word = name.endsWith(':') ? -2 : 0.9 * nameness(name) - (name.length > 60 || /[\r\n]/.test(name) ? 1 : 0);
  if (below.length === 0) return { hard: word / 2, forms: 0 };
  const data = isData(name) && !numbered;
  const typed = below.filter((row) => row.data[column]).length > below.length * 0.8;
  if (typed) return { hard: data ? -3.5 : (below.length > 1 ? 2.5 : 1.5) + word, forms: 0 };
  if (data) return { hard: -2, forms: 0 };
  const values = below.map(({ texts }) => texts[column] ?? '');
  const again = values.filter((value) => value === name).length / values.length;
  if (again > 0) return { hard: word / 2 - Math.min(3.5, Math.max(0.5, Math.log(again / 0.03))), forms: 0 };
  return { hard: word, forms: oddsOfNew(values) + oddsOfShape(name, values.slice(0, SHAPES_LOOKED_AT)) };
}

const SHAPES_LOOKED_AT = 25;

/** A value that is new in a column whose values come again and again would be a wonder. */
function oddsOfNew(values: readonly string[]): number {
  const seen = new Map<string, number>();
  for (const value of values) seen.set(value, (seen.get(value) ?? 0) + 1);
  const single = [...seen.values()].filter((times) => times === 1).length;
  return Math.min(2, -Math.log((single + 1) / (values.length + 1)));
}

function oddsOfShape(name: string, values: readonly string[]): number {
  const shape = shapeOf(name);
  const shapes = values.map(shapeOf);
  const alike = shapes.filter((one) => one === shape).length;
  if (alike === 0 && commonestShare(shapes) < 0.6) return 0;
  return Math.max(-0.8, Math.min(1.5, Math.log(0.3 / ((alike + 0.5) / (values.length + 1)))));
}

function commonestShare(values: readonly string[]): number {
  const seen = new Map<string, number>();
  for (const value of values) seen.set(value, (seen.get(value) ?? 0) + 1);
  return Math.max(0, ...seen.values()) / Math.max(1, values.length);
}

/** Years, or 1, 2, 3: columns are called so, at least after a first one that has a name or none. */
function areNumbers(names: readonly string[]): boolean {
  const numbers = names.filter((name) => /^\d{1,4}$/.test(name)).map(Number);
  if (numbers.length < 2 || numbers.length < names.length - 3) return false;
  const steps = numbers.every((number, at) => at === 0 || number === (numbers[at - 1] ?? 0) + 1);
  const years = numbers.every((number) => number >= 1900 && number < 2100);
  // 1, 2, 3 above numbers is more often a row.
  const begins = numbers[0] === 0 || (numbers[0] === 1 && numbers.length < names.length);
  return steps && (years || (begins && numbers.length > 2));
}

const UNNAMED_SURE = 0.7;

/** The sum over all tables that have their names in this line, and over all that have none. */
function headerGuess(places: readonly Place[], best: Place, rows: readonly Measured[], said: number | undefined): Guess<number> {
  const lineOf = (place: Place): number => (place.named ? (rows[place.at]?.line ?? 0) : 0);
  if (said !== undefined) return saidByPerson(lineOf(best));
  const shares = new Map<number, number>();
  let sum = 0;
  for (const place of places) {
    const share = Math.exp(place.weight - best.weight);
    sum += share;
    shares.set(lineOf(place), (shares.get(lineOf(place)) ?? 0) + share);
  }
  const value = lineOf(best);
  const others = [...shares]
    .filter(([line]) => line !== value)
    .map(([line, share]) => ({ value: line, sure: share / sum }))
    .filter(({ sure }) => sure >= OFFERED)
    .sort((a, b) => b.sure - a.sure)
    .slice(0, LINES_MAX);
  const names = rows[best.at]?.texts ?? [];
  const below = best.named ? rows.slice(best.at + 1) : [];
  const again = below.filter(({ texts }) => texts.some((text, column) => text !== '' && text === names[column]));
  const guess: Guess<number> = { ...certain(value, value > 0 ? [value] : []), by: 'guess', against: lines(again), others };
  const sure = (shares.get(value) ?? 0) / sum;
  // Which column has no name can't be told: R leaves out the first, others forget the last.
  if (best.unnamedFirst) return { ...guess, sure: Math.min(sure, UNNAMED_SURE), others: [{ value: 0, sure: 1 - UNNAMED_SURE }] };
  const rival = rivalOf(best, rows);
  if (rival === null) return { ...guess, sure };
  const left = others
    .filter((other) => other.value !== rival)
    .map((other) => ({ ...other, sure: Math.min(other.sure, 1 - RIVALLED_SURE) }));
  return { ...guess, sure: Math.min(sure, RIVALLED_SURE), others: [{ value: rival, sure: 1 - RIVALLED_SURE }, ...left] };
}

const RIVALLED_SURE = 0.75;

/**
 * Another line that may have the names, whatever the weights say: the first line of what looks like a table of its own above this one, which would be lost
 * with it; or a line of names below, under which columns have values only that have not all of them from here on.
 */
function rivalOf(best: Place, rows: readonly Measured[]): number | null {
  const above = rows.slice(0, best.at).filter(({ filled }) => filled > 0);
  const first = above.findIndex(({ filled, data }, at) => at > 0 && filled > 1 && data[0] && (above[at - 1]?.filled ?? 0) > 1);
  if (first !== -1) return above[first - 1]?.line ?? null;
  const own = typedColumns(rows.slice(best.named ? best.at + 1 : best.at), best.width);
  const from = best.named ? best.at + 1 : best.at;
  const below = rows.slice(from, from + RIVALS_LOOKED_AT).findIndex(({ texts, data, filled }, at) => {
    if (filled < best.width || data.some(Boolean) || !texts.some((text) => nameness(text) > 0)) return false;
    return typedColumns(rows.slice(from + at + 1), best.width).some((isTyped, column) => isTyped && !own[column]);
  });
  return below === -1 ? null : (rows[from + below]?.line ?? null);
}

const RIVALS_LOOKED_AT = 12;

function typedColumns(body: readonly Measured[], width: number): boolean[] {
  return Array.from({ length: width }, (_, column) => {
    const below = body.slice(0, ROWS_BELOW).filter(({ texts }) => (texts[column] ?? '') !== '');
    return below.length >= 2 && below.filter(({ data }) => data[column]).length >= below.length * 0.9;
  });
}

function areSpaced(body: readonly Measured[]): boolean {
  const cells = body.slice(0, ROWS_BELOW).flatMap((row) => row.cells.slice(1));
  return cells.filter((cell) => cell.startsWith(' ')).length > cells.length * 0.05;
}

const HABIT = 0.1;

/** Whether rows have as many cells each, and in each column values only, or texts only. */
function areAlike(rows: readonly Measured[]): boolean {
  const [{ cells } = { cells: [] }] = rows;
  if (cells.length < 2 || rows.some((row) => row.cells.length !== cells.length)) return false;
  return cells.every((_, column) => {
    const filled = rows.filter(({ texts }) => texts[column] !== '');
    const values = filled.filter(({ data }) => data[column]).length;
    return values <= filled.length * HABIT || values >= filled.length * (1 - HABIT);
  });
}

/**
 * Whether short rows are the file's habit: its program leaves out empty cells at the end. Then one row at least is whole, and what the short ones have fits
 * its columns. Where two short rows after each other are one whole row, somebody broke lines that should not be.
 */
function fillsUp(body: readonly Measured[], width: number, typed: readonly boolean[]): boolean {
  const rows = body.slice(0, ROWS_BELOW).filter(({ filled }) => filled > 0);
  const short = rows.filter(({ cells }) => cells.length < width);
  const whole = rows.some((row) => fitOf(row, width) === FITS);
  // Where none is, nothing stands in the last columns: then all rows end alike.
  if (!whole) return short.length > 1 && areAlike(short);
  if (short.length < 2 || short.length < rows.length * HABIT) return false;
  if (short.some(({ cells }) => width > 2 && cells.length < 2)) return false;
  const fitting = short.filter(({ texts, data }) => texts.every((text, column) => !typed[column] || text === '' || data[column]));
  if (fitting.length < short.length * 0.9) return false;
  const broken = rows.filter((row, at) => {
    const next = rows[at + 1]?.cells.length ?? width;
    return row.cells.length < width && next < width && row.cells.length + next === width + 1;
  });
  return broken.length * 3 < short.length;
}
