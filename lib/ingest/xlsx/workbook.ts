/** What a workbook (ECMA-376) says beside its rows: which sheets there are, its texts, and how its numbers are shown. */
import { StringDecoder } from 'node:string_decoder';
import { Parser } from 'htmlparser2';
import { CountersignError } from '#lib/core/errors.ts';
import { WORKBOOK_TEXT_BYTES_MAX } from '#lib/core/limits.ts';
import type { Archive } from '#lib/ingest/archive.ts';
import { type Shown, shownByCode, shownById } from './numbers.ts';

/** `member`: where its rows are in the archive. */
export type Sheet = { name: string; member: string; hidden: boolean };

export type Workbook = { sheets: Sheet[]; from1904: boolean; texts: { at(index: number): string }; shown: readonly Shown[] };

/** Throws `unsupported` where the archive holds no workbook, `too_large` where it says more than is kept in memory. */
export async function readWorkbook(archive: Archive, fileName: string): Promise<Workbook> {
  const has = (name: string) => archive.members.some((member) => member.name === name);
  if (!has(WORKBOOK)) {
    const binary = has('xl/workbook.bin') ? 'a binary workbook (XLSB)' : 'no Excel workbook inside';
    throw new CountersignError('unsupported', `“${fileName}” is ${binary}. Save the sheet as XLSX or CSV and upload that.`);
  }
  const targets = new Map<string, string>();
  const book = { sheets: [] as (Sheet & { relation: string })[], from1904: false };
  const read = (member: string, events: Events) => (has(member) ? readXml(archive, member, fileName, events) : Promise.resolve());
  await read('xl/_rels/workbook.xml.rels', {
    open(name, { Id = '', Target = '' }) {
      if (name === 'Relationship') targets.set(Id, Target.startsWith('/') ? Target.slice(1) : `xl/${Target}`);
    },
  });
  await read(WORKBOOK, {
    open(name, attributes) {
      if (name === 'workbookPr') book.from1904 = isTrue(attributes.date1904);
      const { name: title = '', state = '' } = attributes;
      if (name === 'sheet')
        book.sheets.push({
          name: title,
          relation: attributes['r:id'] ?? '',
          member: '',
          hidden: state.toLowerCase().includes('hidden'),
        });
    },
  });
  const shown = await readStyles((events) => read('xl/styles.xml', events));
  const texts = new Texts(fileName);
  await read('xl/sharedStrings.xml', texts);
  const sheets = book.sheets
    .map(({ relation, ...sheet }) => ({ ...sheet, member: targets.get(relation) ?? '' }))
    .filter(({ member }) => has(member) && member.includes('worksheets/'));
  return { sheets, from1904: book.from1904, texts, shown };
}

const WORKBOOK = 'xl/workbook.xml';

export type Events = {
  /** `name` without its prefix */
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  text?(text: string): void;
  close?(name: string): void;
};

/** An XML document, as its bytes come. The checksum of the archive's member says whether it is whole. */
export function xmlReader(events: Events): { write(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  const parser = new Parser(
    {
      onopentag: (name, attributes) => events.open?.(bare(name), attributes),
      ontext: (words) => events.text?.(words),
      onclosetag: (name) => events.close?.(bare(name)),
    },
    { xmlMode: true, decodeEntities: true },
  );
  return {
    write: (chunk) => parser.write(decoder.write(chunk)),
    end: () => parser.end(decoder.end()),
  };
}

function bare(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(colon + 1);
}

async function readXml(archive: Archive, member: string, fileName: string, events: Events): Promise<void> {
  const reader = xmlReader(events);
  let bytes = 0;
  for await (const chunk of archive.read(member)) {
    bytes += chunk.length;
    if (bytes > 4 * WORKBOOK_TEXT_BYTES_MAX) throw tooMuch(fileName);
    reader.write(chunk);
  }
  reader.end();
}

async function readStyles(read: (events: Events) => Promise<void>): Promise<Shown[]> {
  const codes = new Map<number, string>();
  const shown: Shown[] = [];
  let inCells = false;
  await read({
    open(name, { numFmtId = '0', formatCode = '' }) {
      const id = Number(numFmtId);
      if (name === 'numFmt') codes.set(id, formatCode);
      if (name === 'cellXfs') inCells = true;
      const code = codes.get(id);
      if (name === 'xf' && inCells) shown.push(code === undefined ? shownById(id) : shownByCode(code));
    },
    close(name) {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return shown;
}

/** The texts that cells refer to by number, in one place: a million of them are no million objects. */
class Texts implements Events {
  readonly #fileName: string;
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #ends: number[] = [];
  #used = 0;
  #text = '';
  #inText = false;
  #inReading = false;

  constructor(fileName: string) {
    this.#fileName = fileName;
  }

  /** Empty where there is none of that number. */
  at(index: number): string {
    const end = this.#ends[index];
    return end === undefined ? '' : this.#bytes.toString('utf8', index === 0 ? 0 : this.#ends[index - 1], end);
  }

  open(name: string): void {
    if (name === 'si') this.#text = '';
    // How Japanese is read aloud stands beside it.
    if (name === 'rPh') this.#inReading = true;
    if (name === 't') this.#inText = !this.#inReading;
  }

  text(words: string): void {
    if (this.#inText) this.#text += words;
  }

  close(name: string): void {
    if (name === 't') this.#inText = false;
    if (name === 'rPh') this.#inReading = false;
    if (name !== 'si') return;
    const bytes = Buffer.byteLength(this.#text);
    if (this.#used + bytes > WORKBOOK_TEXT_BYTES_MAX) throw tooMuch(this.#fileName);
    if (this.#used + bytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(WORKBOOK_TEXT_BYTES_MAX, Math.max(2 * this.#bytes.length, this.#used + bytes)));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    this.#used += this.#bytes.write(this.#text, this.#used);
    this.#ends.push(this.#used);
  }
}

function tooMuch(fileName: string): CountersignError {
  const most = WORKBOOK_TEXT_BYTES_MAX / 1024 ** 2;
  return new CountersignError(
    'too_large',
    `“${fileName}” holds more than ${most} MB of different texts, the limit of a workbook. Save the sheet as CSV and upload that.`,
  );
}

export function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}
