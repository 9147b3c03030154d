/** Workbooks of Excel: one of their sheets as a table. */
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import { FIELDS_MAX, UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import { certain, type Guess, saidByPerson } from '#lib/core/values/guess.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';
import { Archive } from '#lib/ingest/archive.ts';
import { columnNames, tooManyColumns } from '#lib/ingest/csv/dialect.ts';
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
  const begin = async (complete: boolean) => {
    const merged = first.some(({ cells }) => cells.includes('')) ? await mergedIn(archive, sheet) : [];
    table = new SheetTable(first, complete, merged, part, said);
    first = [];
    return table;
  };
  for await (const rows of rowsOf(archive, sheet, workbook)) {
    if (table) {
      if (rows.length > 0) yield (table as SheetTable).segment(rows);
      continue;
    }
    first.push(...rows);
    if (first.length >= ROWS_LOOKED_AT) {
      const begun = first;
      yield (await begin(false)).segment(begun);
    }
  }
  if (table) return;
  const begun = first;
  yield (await begin(true)).segment(begun);
}

const ROWS_LOOKED_AT = 200;

class SheetTable {
  readonly #table: Table;
  readonly #fields: readonly string[];
  readonly #header: Buffer;
  readonly #aside: number[] = [];
  /** The line of the second row of names, under names that span columns; else that of the header. */
  readonly #names: number;
  readonly #part: Guess<string>;
  readonly #long: 'cut' | 'refuse';
  #cut = 0;

  constructor(first: readonly SheetRow[], complete: boolean, merged: readonly Merged[], part: Guess<string>, said: LayoutSaid) {
    const rows = first.map((row) => ({ line: row.line, lines: 1, cells: spread(row, merged), raw: Buffer.alloc(0) }));
    this.#table = tableOf(rows, complete, said);
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
  }

  segment(rows: readonly SheetRow[]): Segment {
    const items: Item[] = [];
    const unreadable: UnreadableRow[] = [];
    for (const row of rows) {
      if (row.line <= this.#names && this.#names > 0) {
        if (row.line < this.#table.header.value) this.#aside.push(row.line);
        continue;
      }
      if (row.line < this.#table.first) this.#aside.push(row.line);
      else this.#row(row, items, unreadable);
    }
    return {
      ...{ fields: this.#fields, items, unreadable },
      dialect: { charset: 'UTF-8', sheet: this.#part.value, header: this.#header.toString('base64') },
      layout: {
        part: this.#part,
        header: this.#table.header,
        aside: this.#aside,
        short: 'fill',
        long: this.#long,
        cut: this.#cut,
      },
    };
  }

  #row({ line, cells, problem }: SheetRow, items: Item[], unreadable: UnreadableRow[]): void {
    const width = this.#fields.length;
    const long = cells.length > width && cells.slice(width).some((cell) => cell !== '');
    const wrong = problem ?? (long && this.#long === 'refuse' ? `has ${cells.length} cells, the header has ${width}` : null);
    if (wrong !== null) {
      const raw = csvLine(cells);
      const row = { line, reason: `row ${line} ${wrong}`, excerpt: Buffer.from(raw.subarray(0, UNREADABLE_EXCERPT_BYTES)), raw };
      unreadable.push(row);
      return;
    }
    if (long) this.#cut++;
    const values = Array.from({ length: width }, (_, column) => toVisible(cells[column] ?? ''));
    items.push({ line, values, raw: csvLine(Array.from({ length: width }, (_, column) => cells[column] ?? '')), plain: false });
  }
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
