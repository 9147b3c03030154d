/** The rows of a sheet, as its bytes come. */
import { CELL_BYTES_MAX } from '#lib/core/limits.ts';
import type { Archive } from '#lib/ingest/archive.ts';
import { textOfNumber } from './numbers.ts';
import { isTrue, type Sheet, type Workbook, xmlReader } from './workbook.ts';

/** `problem`: why it can't be read, in words that follow its line. */
export type SheetRow = { line: number; cells: string[]; problem: string | null };

/** Rows that have a cell with something in it. What a formula gave when the workbook was saved is what its cell says. */
export async function* rowsOf(archive: Archive, sheet: Sheet, workbook: Workbook): AsyncGenerator<SheetRow[]> {
  const reader = new SheetReader(workbook);
  const xml = xmlReader(reader);
  for await (const chunk of archive.read(sheet.member)) {
    xml.write(chunk);
    yield reader.take();
  }
  xml.end();
  yield reader.take();
}

/** A range of cells that are shown as one. Lines from 1, columns from 0. */
export type Merged = { fromLine: number; toLine: number; from: number; to: number };

/** The cells that are shown as one; they stand behind the rows, so the whole sheet is gone through. At most MERGED_MAX. */
export async function mergedIn(archive: Archive, sheet: Sheet): Promise<Merged[]> {
  const merged: Merged[] = [];
  const xml = xmlReader({
    open(name, { ref = '' }) {
      const [, from = '', fromLine = '', to = '', toLine = ''] = /^([A-Z]+)(\d+):([A-Z]+)(\d+)$/.exec(ref) ?? [];
      if (name === 'mergeCell' && from !== '' && merged.length < MERGED_MAX)
        merged.push({ fromLine: Number(fromLine), toLine: Number(toLine), from: columnOf(from), to: columnOf(to) });
    },
  });
  let behind = false;
  let before = Buffer.alloc(0);
  for await (const chunk of archive.read(sheet.member)) {
    const bytes: Buffer = behind ? chunk : Buffer.concat([before, chunk]);
    const at = behind ? 0 : bytes.indexOf('mergeCells');
    if (at === -1) before = Buffer.from(bytes.subarray(-NEEDLE_BYTES));
    else {
      xml.write(behind ? bytes : Buffer.concat([Buffer.from('<'), bytes.subarray(at)]));
      behind = true;
    }
  }
  xml.end();
  return merged;
}

const MERGED_MAX = 10_000;
const NEEDLE_BYTES = 'mergeCells'.length - 1;
const COLUMNS_MAX = 16_384;

/** "A" is 0. */
function columnOf(letters: string): number {
  let column = 0;
  for (let at = 0; at < letters.length && at < 4; at++) column = column * 26 + letters.charCodeAt(at) - 64;
  return column - 1;
}

class SheetReader {
  readonly #workbook: Workbook;
  #rows: SheetRow[] = [];
  #row: SheetRow | null = null;
  #line = 0;
  #column = -1;
  #type = '';
  #style = 0;
  #value = '';
  #taking = false;

  constructor(workbook: Workbook) {
    this.#workbook = workbook;
  }

  take(): SheetRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'row') {
      this.#line = Number(attributes.r) || this.#line + 1;
      this.#row = { line: this.#line, cells: [], problem: null };
      this.#column = -1;
    } else if (name === 'c') {
      const letters = /^[A-Z]{1,3}/.exec(attributes.r ?? '')?.[0];
      this.#column = letters === undefined ? this.#column + 1 : columnOf(letters);
      this.#type = attributes.t ?? 'n';
      this.#style = Number(attributes.s ?? 0);
      this.#value = '';
    } else if (name === 'v' || (name === 't' && this.#type === 'inlineStr')) this.#taking = true;
  }

  text(words: string): void {
    if (!this.#taking || !this.#row) return;
    if (this.#value.length + words.length <= CELL_BYTES_MAX) this.#value += words;
    else this.#row.problem ??= `has a cell of more than ${CELL_BYTES_MAX / 1024 ** 2} MB`;
  }

  close(name: string): void {
    if (name === 'v' || name === 't') this.#taking = false;
    else if (name === 'c') this.#cell();
    else if (name === 'row') {
      if (this.#row?.cells.some((cell) => cell !== '')) this.#rows.push(this.#row);
      this.#row = null;
    }
  }

  #cell(): void {
    const row = this.#row;
    if (!row || this.#value === '' || this.#column < 0 || this.#column >= COLUMNS_MAX) return;
    if (this.#type === 'e') row.problem ??= `says ${this.#value} in its column ${this.#column + 1}`;
    while (row.cells.length < this.#column) row.cells.push('');
    row.cells[this.#column] = this.#text();
  }

  #text(): string {
    const { texts, shown, from1904 } = this.#workbook;
    if (this.#type === 's') return texts.at(Number(this.#value));
    if (this.#type === 'b') return isTrue(this.#value) ? 'true' : 'false';
    if (this.#type !== 'n') return this.#value;
    return textOfNumber(this.#value, shown[this.#style] ?? { kind: 'number', digits: 0 }, from1904);
  }
}
