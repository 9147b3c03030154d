/** Workbooks of Excel: one of their sheets as a table. */
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import { FIELDS_MAX, UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import { certain, type Guess, saidByPerson } from '#lib/core/values/guess.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';
import { Archive } from '#lib/ingest/archive.ts';
import { Adding } from '#lib/ingest/csv/adding.ts';
import { columnNames, tooManyColumns } from '#lib/ingest/csv/dialect.ts';
import { ASIDE_MAX, endAmong, endOf, LAST_ROWS } from '#lib/ingest/csv/footer.ts';
import { isData } from '#lib/ingest/csv/form.ts';
import { SumRows } from '#lib/ingest/csv/sums.ts';
import { type Table, tableOf } from '#lib/ingest/csv/table.ts';
import type { Format, Item, ParseOptions, Segment, UnreadableRow } from '#lib/ingest/port.ts';
import { toVisible } from '#lib/ingest/visible.ts';
import { type Merged, mergedIn, rowsOf, type SheetRow } from './sheet.ts';
import { readWorkbook, type Sheet, type Workbook } from './workbook.ts';

/**
 * A row's bytes are not to be had out of a workbook: `raw` is the row as a line of CSV (RFC 4180, UTF-8), and so are rows that are written back.
 */
export const xlsx: Format = {
  name: 'xlsx',
  noun: 'rows',
  title: 'an Excel workbook (XLSX)',
  file: 'an Excel workbook (XLSX)',
  endings: ['.xlsx', '.xlsm'],
  contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  textField: null,
  readsWhole: true,
  sniff(head, fileName) {
    if (head.toString('latin1', 0, 4) !== 'PK\x03\x04') return null;
    return head.includes('xl/') || /\.xls[xm]$/i.test(fileName) ? 1 : null;
  },
  parse: parseWorkbook,
  writeBack(dialect) {
    const { header = '' } = z.object({ header: z.string().optional() }).parse(dialect ?? {});
    const written = { ending: '.csv', contentType: 'text/csv' };
    return { charset: 'UTF-8', head: Buffer.from(header, 'base64'), write: (raw) => raw, written };
  },
};

async function* parseWorkbook(source: AsyncIterable<Buffer>, { fileName, said }: ParseOptions): AsyncGenerator<Segment> {
  const archive = await Archive.open(source, fileName);
  try {
    const workbook = await readWorkbook(archive, fileName);
    const { sheet, part } = await sheetMeant(archive, workbook, said, fileName);
    yield* tableIn(archive, workbook, sheet, part, said);
  } finally {
    await archive.close();
  }
}

/** The sheet that a person says, else the first that is shown and has a table. */
async function sheetMeant(
  archive: Archive,
  workbook: Workbook,
  said: LayoutSaid,
  fileName: string,
): Promise<{ sheet: Sheet; part: Guess<string> }> {
  const { sheets } = workbook;
  if (said.part !== undefined) {
    const sheet = sheets.find(({ name }) => name === said.part);
    if (sheet) return { sheet, part: saidByPerson(sheet.name) };
    throw new CountersignError(
      'invalid',
      `“${fileName}” has no sheet “${said.part}”. Its sheets are ${sheets.map(({ name }) => `“${name}”`).join(', ')}.`,
    );
  }
  const filled: Sheet[] = [];
  for (const sheet of [...sheets].sort((a, b) => Number(a.hidden) - Number(b.hidden)).slice(0, SHEETS_LOOKED_AT))
    if (await hasTable(archive, sheet, workbook)) filled.push(sheet);
  const [sheet, ...others] = filled;
  if (!sheet) throw new CountersignError('invalid', `No sheet of “${fileName}” has a row below its header.`);
  const shown = others.filter(({ hidden }) => !hidden);
  if (shown.length === 0) return { sheet, part: { ...certain(sheet.name), by: 'guess' } };
  const rest = (1 - SURE_OF_FIRST) / shown.length;
  return {
    sheet,
    part: {
      ...certain(sheet.name),
      by: 'guess',
      sure: SURE_OF_FIRST,
      others: shown.map(({ name }) => ({ value: name, sure: rest })),
    },
  };
}

const SHEETS_LOOKED_AT = 50;
/** Of several sheets with tables nothing says which one is meant. */
const SURE_OF_FIRST = 0.6;

async function hasTable(archive: Archive, sheet: Sheet, workbook: Workbook): Promise<boolean> {
  let rows = 0;
  for await (const some of rowsOf(archive, sheet, workbook)) {
    rows += some.length;
    if (rows > 1) return true;
  }
  return false;
}

async function* tableIn(
  archive: Archive,
  workbook: Workbook,
  sheet: Sheet,
  part: Guess<string>,
  said: LayoutSaid,
): AsyncGenerator<Segment> {
  let first: SheetRow[] = [];
  let table: SheetTable | null = null;
  let isMerged = false;
  const begin = async (complete: boolean) => {
    isMerged = first.some(({ cells }) => cells.includes(''));
    table = new SheetTable(first, complete, isMerged ? await mergedIn(archive, sheet) : [], part, said);
    first = [];
    return table;
  };
  // What is shown as one stands behind the rows: the sheet is gone through for it once a cell is missing, and not before.
  const fits = async (own: SheetTable, rows: readonly SheetRow[]) => {
    if (isMerged || !own.hasGap(rows)) return;
    isMerged = true;
    own.merge(await mergedIn(archive, sheet));
  };
  for await (const rows of rowsOf(archive, sheet, workbook)) {
    if (table) {
      if (rows.length > 0) {
        await fits(table, rows);
        yield (table as SheetTable).segment(rows, false);
      }
      continue;
    }
    first.push(...rows);
    if (first.length >= ROWS_LOOKED_AT) {
      const begun = first;
      const own = await begin(false);
      await fits(own, begun);
      yield own.segment(begun, false);
    }
  }
  const rest = first;
  const own = table ?? (await begin(true));
  await fits(own, rest);
  yield own.segment(rest, true);
}

const ROWS_LOOKED_AT = 200;

class SheetTable {
  readonly #table: Table;
  readonly #fields: readonly string[];
  readonly #header: Buffer;
  /** Cells of several rows of one column that are shown as one. */
  #down: readonly Merged[] = [];
  /** What stands in them, by their columns, as far down as their lines. */
  readonly #spanned = new Map<number, { text: string; toLine: number }>();
  readonly #aside: number[] = [];
  /** The line of the second row of names, under names that span columns; else that of the header. */
  readonly #names: number;
  readonly #part: Guess<string>;
  readonly #long: 'cut' | 'refuse';
  readonly #adding = new Adding();
  readonly #sums: SumRows;
  /** Rows that may turn out to be sums and notes below the table. */
  #held: SheetRow[] = [];
  /** The line that a person says the last row is in. */
  readonly #lastSaid: number | undefined;
  #last: Guess<number>;
  #cut = 0;

  constructor(first: readonly SheetRow[], complete: boolean, merged: readonly Merged[], part: Guess<string>, said: LayoutSaid) {
    const rows = first.map((row) => ({ line: row.line, lines: 1, cells: spread(row, merged), raw: Buffer.alloc(0) }));
    const spanning = said.header === undefined ? lineOfSpans(rows, first, merged) : null;
    const table = tableOf(rows, complete, spanning === null ? said : { ...said, header: spanning });
    this.#table = spanning === null ? table : { ...table, header: { ...certain(spanning, [spanning]), by: 'guess' } };
    this.merge(merged);
    const at = rows.findIndex(({ line }) => line === this.#table.header.value);
    const above = rows[at]?.cells ?? [];
    const spans = merged.some(({ fromLine, from, to }) => fromLine === this.#table.header.value && to > from);
    const below = spans ? rows[at + 1] : undefined;
    this.#names = below?.line ?? this.#table.header.value;
    const width = Math.max(this.#table.width, below?.cells.length ?? 0);
    const names = Array.from({ length: width }, (_, column) => joined(above[column] ?? '', below?.cells[column] ?? ''));
    const problem = tooManyColumns(width);
    if (problem) throw new CountersignError('invalid', problem);
    this.#fields = columnNames(names.map(toVisible));
    this.#header = at === -1 ? Buffer.alloc(0) : csvLine(this.#fields);
    this.#part = part;
    this.#long = said.long ?? 'refuse';
    this.#lastSaid = said.last;
    this.#last = endOf(said.last);
    this.#sums = new SumRows(said);
  }

  /** Whether a cell of a row of the table has nothing in it. */
  hasGap(rows: readonly SheetRow[]): boolean {
    return rows.some(({ line, cells }) => line > this.#names && (cells.length < this.#fields.length || cells.includes('')));
  }

  /** Takes in which cells are shown as one. What begins among the rows that are held back goes on behind them. */
  merge(merged: readonly Merged[]): void {
    this.#down = merged.filter(({ fromLine, toLine, from, to }) => toLine > fromLine && from === to);
    for (const row of this.#held) this.#fillDown(row);
  }

  /** @param final whether these are the last rows of the sheet */
  segment(rows: readonly SheetRow[], final: boolean): Segment {
    const items: Item[] = [];
    const unreadable: UnreadableRow[] = [];
    for (const row of rows) {
      const { line } = row;
      if (line <= this.#names && this.#names > 0) {
        if (line < this.#table.header.value) this.#aside.push(line);
      } else if (line < this.#table.first) this.#aside.push(line);
      else if (this.#lastSaid && line > this.#lastSaid) this.#putBelow(line);
      else this.#take(row, unreadable);
    }
    const known = final ? this.#withoutBelow() : this.#held.splice(0, Math.max(0, this.#held.length - LAST_ROWS));
    this.#sums.keepBefore(final ? Number.POSITIVE_INFINITY : (this.#held[0]?.line ?? 0));
    for (const row of known) this.#row(row, items, unreadable);
    return {
      ...{ fields: this.#fields, items, unreadable },
      dialect: { charset: 'UTF-8', sheet: this.#part.value, header: this.#header.toString('base64') },
      layout: {
        part: this.#part,
        header: this.#table.header,
        last: this.#last,
        aside: this.#aside,
        short: 'fill',
        long: this.#long,
        cut: this.#cut,
        ...this.#sums.layout(),
      },
    };
  }

  #take(row: SheetRow, unreadable: UnreadableRow[]): void {
    const { line, cells, problem } = row;
    const own = this.#down.length > 0 ? [...cells] : cells;
    if (this.#down.length > 0) this.#fillDown(row);
    const isWhole = cells.length >= this.#fields.length && !cells.includes('');
    if (!isWhole && problem === null && this.#sums.has(this.#filled(cells), own)) {
      if (this.#sums.areAside) {
        if (this.#aside.length < ASIDE_MAX) this.#aside.push(line);
        else unreadable.push(unreadableRow(row, 'looks like a sum of other rows'));
        return;
      }
      this.#sums.hold(line);
      this.#held.push(row);
      return;
    }
    this.#held.push(row);
    this.#adding.add(
      { line, values: cells },
      cells.reduce((sum, cell) => sum + cell.length, 0),
    );
  }

  /** The row's cells in every column. */
  #filled(cells: readonly string[]): string[] {
    return Array.from({ length: Math.max(cells.length, this.#fields.length) }, (_, column) => cells[column] ?? '');
  }

  /** The rows that were held back, without those that stand below the table; where all would, none does. */
  #withoutBelow(): SheetRow[] {
    const held = this.#held;
    if (this.#lastSaid !== undefined) return held;
    const last = held.slice(-LAST_ROWS).map(({ line, cells, problem }, at, rows) => ({
      ...{ line, refused: problem !== null },
      values: this.#filled(cells),
      afterBlank: at > 0 && line > (rows[at - 1]?.line ?? 0) + 1,
    }));
    const { rows, last: guess } = endAmong(last, this.#table.typed, this.#adding, this.#sums.between(last));
    if (rows > 0 && rows >= held.length) return held;
    this.#last = guess;
    const below = held.slice(held.length - rows).map(({ line }) => line);
    this.#aside.push(...below);
    this.#sums.forget(below);
    // What is asked about as the end of the table is not asked about twice.
    this.#sums.forget(guess.against);
    return held.slice(0, held.length - rows);
  }

  #putBelow(line: number): void {
    this.#aside.push(line);
    if (this.#aside.length > ASIDE_MAX)
      throw new CountersignError(
        'invalid',
        `More than ${ASIDE_MAX} rows stand below row ${this.#lastSaid}, too many to be put aside. Name a later row, or leave them out of the sheet.`,
      );
  }

  /** A cell that is shown over several rows stands in each of them. */
  #fillDown({ line, cells }: SheetRow): void {
    for (const { fromLine, toLine, from } of this.#down)
      if (fromLine === line) this.#spanned.set(from, { text: cells[from] ?? '', toLine });
    for (const [column, { text, toLine }] of this.#spanned) {
      if (toLine < line) this.#spanned.delete(column);
      else {
        while (cells.length <= column) cells.push('');
        cells[column] ||= text;
      }
    }
  }

  #row(row: SheetRow, items: Item[], unreadable: UnreadableRow[]): void {
    const { line, cells, problem } = row;
    const width = this.#fields.length;
    const long = cells.length > width && cells.slice(width).some((cell) => cell !== '');
    const wrong = problem ?? (long && this.#long === 'refuse' ? `has ${cells.length} cells, the header has ${width}` : null);
    if (wrong !== null) {
      unreadable.push(unreadableRow(row, wrong));
      return;
    }
    if (long) this.#cut++;
    const values = Array.from({ length: width }, (_, column) => toVisible(cells[column] ?? ''));
    items.push({ line, values, raw: csvLine(Array.from({ length: width }, (_, column) => cells[column] ?? '')), plain: false });
  }
}

function unreadableRow({ line, cells }: SheetRow, why: string): UnreadableRow {
  const raw = csvLine(cells);
  return { line, reason: `row ${line} ${why}`, excerpt: Buffer.from(raw.subarray(0, UNREADABLE_EXCERPT_BYTES)), raw };
}

/** The line of names that span columns with names of their own below; null where there is none. A title alone over a sheet has nothing beside it. */
function lineOfSpans(
  rows: readonly { line: number; cells: readonly string[] }[],
  own: readonly SheetRow[],
  merged: readonly Merged[],
): number | null {
  const at = own.findIndex(({ line, cells }) => {
    const spans = merged.filter(({ fromLine, toLine, from, to }) => fromLine === line && toLine === line && to > from);
    return spans.length > 0 && cells.filter((cell) => cell !== '').length > 1;
  });
  const [names, below] = [rows[at], rows[at + 1]];
  if (!names || !below) return null;
  const spanned = merged.filter(({ fromLine, from, to }) => fromLine === names.line && to > from);
  const under = spanned.flatMap(({ from, to }) => below.cells.slice(from, to + 1));
  return under.length > 0 && under.every((cell) => cell !== '' && !isData(cell)) ? names.line : null;
}

/** A row in which cells that are shown as one say the same; a title alone over a sheet is no name of its columns. */
function spread({ line, cells }: SheetRow, merged: readonly Merged[]): string[] {
  const own = [...cells];
  if (cells.filter((cell) => cell !== '').length < 2) return own;
  for (const { fromLine, from, to } of merged) {
    if (fromLine !== line || to >= FIELDS_MAX) continue;
    for (let column = from; column <= to; column++) own[column] = cells[from] ?? '';
  }
  return Array.from(own, (cell) => cell ?? '');
}

function joined(above: string, below: string): string {
  return below === '' || below === above ? above : above === '' ? below : `${above} ${below}`;
}

function csvLine(cells: readonly string[]): Buffer {
  return Buffer.from(`${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`);
}
