/**
 * Uploading JSON Lines and a workbook of the same rows through the step, each against a floor of its own: JSON.parse of every line, and the XML of the sheet
 * gone through by the library that reads it, both with COPY of the rows that come out. And how far memory rises on a mail of 60 MB.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Parser } from 'htmlparser2';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { ZipFile } from 'yazl';
import type { Actor } from '#lib/auth/actor.ts';
import { Archive } from '#lib/ingest/archive.ts';
import { chunksOf } from '#lib/ingest/source.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { ItemRows } from '#lib/store/datasets/item-rows.ts';
import { rounded } from './bench.ts';

const ACTOR: Actor = { id: 'key:env', role: 'operator', name: 'bench', via: 'api' };
const FLOOR_DATASET = '00000000-0000-4000-8000-000000000000';
const SEGMENT = 5_000;
const SHEET = 'xl/worksheets/sheet1.xml';

export type FormatFigures = {
  jsonLinesRatio: number;
  workbookRatio: number;
  jsonLines: number;
  workbook: number;
  mailPeakMemoryBytes: number;
  jsonLinesPeakMemoryBytes: number;
  workbookPeakMemoryBytes: number;
};

/** Rates are rows a second. `memoryOf` is that of an upload in a process of its own. */
export async function formats(
  given: { rows: number; folder: string; url: string; empty(): Promise<void>; say(line: string): void },
  memoryOf: (file: string, rows: number) => number,
): Promise<FormatFigures> {
  const { rows, folder, empty, say } = given;
  const lines = join(folder, 'rows.jsonl');
  const book = join(folder, 'rows.xlsx');
  const mail = join(folder, 'large.mbox');
  await pipeline(Readable.from(jsonOf(rows)), createWriteStream(lines));
  await writeBook(book, rows);
  await pipeline(Readable.from(mailOf()), createWriteStream(mail));
  const rate = async (act: () => Promise<void>) => {
    await empty();
    const started = performance.now();
    await act();
    return (rows * 1000) / (performance.now() - started);
  };
  const upload = (file: string) => async () => {
    const { itemCount } = await uploadDataset(ACTOR, { name: file, source: createReadStream(file) });
    if (itemCount !== rows) throw new Error(`${file} has ${itemCount} items`);
  };
  const jsonLines = await rate(upload(lines));
  const parsed = await rate(() => copyRows(given.url, parsedLines(lines)));
  say(`JSON Lines: ours ${Math.round(jsonLines)}/s, floor ${Math.round(parsed)}/s`);
  const workbook = await rate(upload(book));
  const gone = await rate(() => copyRows(given.url, cellsOf(book)));
  say(`workbook: ours ${Math.round(workbook)}/s, floor ${Math.round(gone)}/s`);
  const told = (what: string, bytes: number): number => {
    say(`${what}: memory +${(bytes / 1e6).toFixed(0)} MB`);
    return bytes;
  };
  const memory = {
    mailPeakMemoryBytes: told('a mail of 60 MB', memoryOf(mail, 1)),
    jsonLinesPeakMemoryBytes: told('JSON Lines', memoryOf(lines, rows)),
    workbookPeakMemoryBytes: told('a workbook', memoryOf(book, rows)),
  };
  return {
    ...{ jsonLines: rounded(jsonLines), jsonLinesRatio: rounded(jsonLines / parsed) },
    ...{ workbook: rounded(workbook), workbookRatio: rounded(workbook / gone) },
    ...memory,
  };
}

type FloorRow = { values: string[]; raw: Buffer };

async function copyRows(url: string, rows: AsyncIterable<FloorRow>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const copy = async function* () {
    const itemRows = new ItemRows(FLOOR_DATASET);
    let ordinal = 1;
    let first = true;
    let items: { line: number; values: string[]; raw: Buffer; plain: boolean }[] = [];
    const taken = () => {
      itemRows.add({ fields: FIELDS, items, unreadable: [] }, ordinal, 0);
      ordinal += items.length;
      items = [];
      const [header = Buffer.alloc(0), ...rest] = itemRows.items.copyData();
      const pages = rest.slice(0, -1).map((page) => Buffer.from(page));
      itemRows.reset();
      const bytes = Buffer.concat(first ? [header, ...pages] : pages);
      first = false;
      return bytes;
    };
    for await (const { values, raw } of rows) {
      items.push({ line: items.length + 1, values, raw, plain: true });
      if (items.length >= SEGMENT) yield taken();
    }
    yield taken();
    yield Buffer.from([0xff, 0xff]);
  };
  await pipeline(
    Readable.from(copy()),
    client.query(copyFrom('COPY item (dataset_id, ordinal, fields, raw, digest, line, source) FROM STDIN (FORMAT binary)')),
  );
  await client.end();
}

async function* parsedLines(file: string): AsyncGenerator<FloorRow> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { id, at, from, subject, amount, address } = JSON.parse(line);
    yield { values: [String(id), at, from, subject, String(amount), address.town], raw: Buffer.from(line) };
  }
}

async function* cellsOf(file: string): AsyncGenerator<FloorRow> {
  const archive = await Archive.open(chunksOf(createReadStream(file)), file);
  let cells: string[] = [];
  let rows: FloorRow[] = [];
  const parser = new Parser(
    {
      ontext: (text) => void cells.push(text),
      onclosetag: (name) => {
        if (name !== 'row') return;
        rows.push({ values: cells, raw: Buffer.from(cells.join(',')) });
        cells = [];
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  for await (const chunk of archive.read(SHEET)) {
    parser.write(chunk.toString('utf8'));
    yield* rows;
    rows = [];
  }
  await archive.close();
}

const FIELDS = ['id', 'at', 'from', 'subject', 'amount', 'address.town'];
const BLOCK = 1_000;

function rowOf(id: number): { id: number; at: string; from: string; subject: string; amount: number; address: { town: string } } {
  const at = new Date(Date.UTC(2024, 0, 1) + id * 31_000).toISOString();
  const amount = ((id * 7_919) % 100_000) / 100;
  return {
    id,
    at,
    from: `customer${id % 50_000}@example.org`,
    subject: `missing parcel ${id % 977}`,
    amount,
    address: { town: 'Roma' },
  };
}

function* jsonOf(rows: number): Generator<string> {
  for (let from = 1; from <= rows; from += BLOCK) {
    let text = '';
    for (let id = from; id < Math.min(from + BLOCK, rows + 1); id++) text += `${JSON.stringify(rowOf(id))}\n`;
    yield text;
  }
}

async function writeBook(file: string, rows: number): Promise<void> {
  const zip = new ZipFile();
  const written = pipeline(zip.outputStream, createWriteStream(file));
  const add = (name: string, xml: string) => zip.addBuffer(Buffer.from(xml), name);
  add('[Content_Types].xml', '<Types/>');
  add('xl/workbook.xml', '<workbook><sheets><sheet name="Rows" sheetId="1" r:id="r1"/></sheets></workbook>');
  add('xl/_rels/workbook.xml.rels', '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>');
  zip.addReadStream(Readable.from(sheetOf(rows)), SHEET);
  zip.end();
  await written;
}

function* sheetOf(rows: number): Generator<Buffer> {
  const text = (value: string, column: string, line: number) =>
    `<c r="${column}${line}" t="inlineStr"><is><t>${value}</t></is></c>`;
  yield Buffer.from(
    `<worksheet><sheetData><row r="1">${FIELDS.map((name, at) => text(name, 'ABCDEF'.charAt(at), 1)).join('')}</row>`,
  );
  for (let from = 1; from <= rows; from += BLOCK) {
    let xml = '';
    for (let id = from; id < Math.min(from + BLOCK, rows + 1); id++) {
      const { at, from: sender, subject, amount, address } = rowOf(id);
      const line = id + 1;
      xml += `<row r="${line}"><c r="A${line}"><v>${id}</v></c>${text(at, 'B', line)}${text(sender, 'C', line)}${text(subject, 'D', line)}<c r="E${line}"><v>${amount}</v></c>${text(address.town, 'F', line)}</row>`;
    }
    yield Buffer.from(xml);
  }
  yield Buffer.from('</sheetData></worksheet>');
}

const MAIL_LINES = 820_000;

function* mailOf(): Generator<string> {
  yield 'From a@x.org Mon Jan  5 10:00:00 2026\nFrom: a@x.org\nSubject: large\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n';
  for (let line = 0; line < MAIL_LINES; line += BLOCK) yield `${'QUJD'.repeat(19)}\n`.repeat(BLOCK);
  yield '--b--\n\n';
}
