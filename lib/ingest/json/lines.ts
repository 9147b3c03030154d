/** JSON Lines: a JSON value on each line. */
import { RECORD_BYTES_MAX } from '#lib/core/limits.ts';
import type { Format, ParseOptions, Segment } from '#lib/ingest/port.ts';
import { peek, readBlocks } from '#lib/ingest/source.ts';
import { Flattener, NoRow } from './flatten.ts';
import { type Encoding, encodingOf, JsonRows, type Units, unitsOf } from './rows.ts';
import { writeLines } from './write-back.ts';

export const jsonLines: Format = {
  // “jsonl” is what every download offers.
  name: 'ndjson',
  noun: 'records',
  title: 'JSON Lines (jsonl, ndjson)',
  file: 'a JSON Lines file',
  endings: ['.jsonl', '.ndjson'],
  contentType: 'application/x-ndjson',
  textField: null,
  drawn: { as: 'tree', first: [] },
  sniff,
  parse: parseLines,
  writeBack: writeLines,
  // What is said of a file, and its text.
  collects: {
    contentType: 'application/x-ndjson',
    write: ({ about, bytes }) => Buffer.from(`${JSON.stringify({ ...about, content: bytes.toString('utf8') })}\n`),
  },
};

/**
 * The first line is an object by itself, and so is the second, of which the head may have only the beginning. Where the file's name says so, one such line among the
 * first is enough: a bad row costs a row and not the file.
 */
function sniff(head: Buffer, fileName: string): number | null {
  const { charset } = encodingOf(head, false, {});
  const text = charset.unit === 1 ? head.toString('utf8', charset.bom) : new TextDecoder(charset.name).decode(head);
  const [first = '', ...others] = text.trimStart().split('\n', 3);
  if (!first.startsWith('{') || !isRecord(first)) return isNamed(fileName) && hasRecord(text) ? ONE_LINE : null;
  const next = others.map((line) => line.trim()).find((line) => line !== '');
  if (next === undefined) return ONE_LINE;
  return next.startsWith('{') ? MANY_LINES : null;
}

function isNamed(fileName: string): boolean {
  return jsonLines.endings.some((ending) => fileName.toLowerCase().endsWith(ending));
}

function hasRecord(text: string): boolean {
  return text.split('\n', LINES_LOOKED_AT).some((line) => line.startsWith('{') && isRecord(line));
}

const LINES_LOOKED_AT = 20;
/** One line of JSON is a document too. */
const ONE_LINE = 0.9;
const MANY_LINES = 0.97;

function isRecord(text: string): boolean {
  try {
    new Flattener().row(text);
    return true;
  } catch (error) {
    if (error instanceof NoRow) return false;
    throw error;
  }
}

async function* parseLines(source: AsyncIterable<Buffer>, { said }: ParseOptions): AsyncGenerator<Segment> {
  const { head, complete, whole } = await peek(source);
  yield* readBlocks(whole, new LineReader(encodingOf(head, complete, said), head));
}

class LineReader {
  readonly #encoding: Encoding;
  readonly #units: Units;
  readonly #rows: JsonRows;
  readonly #mark: Buffer;
  #line = 1;
  #begun = false;
  #skipping = false;
  #final = false;

  constructor(encoding: Encoding, head: Buffer) {
    this.#encoding = encoding;
    this.#units = unitsOf(encoding.charset);
    this.#rows = new JsonRows(encoding.charset);
    this.#mark = Buffer.from(head.subarray(0, encoding.charset.bom));
  }

  read(block: Buffer, final: boolean): number {
    this.#final = final;
    let at = this.#begun ? 0 : this.#mark.length;
    this.#begun = true;
    while (at < block.length) {
      const end = lineEnd(block, at, this.#units);
      if (end === -1 && !final) return this.#waiting(block, at);
      const next = end === -1 ? block.length : end;
      this.#add(block.subarray(at, next));
      at = next;
    }
    return at;
  }

  take(): Segment | null {
    const rows = this.#rows.take(this.#final);
    if (!rows) return null;
    const { charset, guess } = this.#encoding;
    return { ...rows, dialect: { charset: charset.name, mark: this.#mark.toString('base64') }, layout: { charset: guess } };
  }

  #add(raw: Buffer): void {
    const line = this.#line++;
    if (this.#skipping) this.#skipping = false;
    else if (!isBlank(raw)) this.#rows.add(line, raw);
  }

  /** The line's end has not come. One that is too long is given up, and its bytes dropped as they come. */
  #waiting(block: Buffer, at: number): number {
    if (!this.#skipping && block.length - at <= RECORD_BYTES_MAX) return at;
    if (!this.#skipping) {
      this.#rows.refuse(
        this.#line,
        `line ${this.#line} is larger than ${RECORD_BYTES_MAX / 1024 ** 2} MB`,
        block.subarray(at),
        false,
      );
      this.#skipping = true;
    }
    const bytes = block.length - at;
    return at + bytes - (bytes % this.#units.unit);
  }
}

/** Behind the next line end; -1 where there is none. */
function lineEnd(block: Buffer, from: number, { unit, low }: Units): number {
  for (let at = block.indexOf(LF, from + low); at !== -1; at = block.indexOf(LF, at + 1)) {
    const start = at - low;
    if (unit === 1) return at + 1;
    if ((start - from) % unit === 0 && start + unit <= block.length && isSign(block, start, unit, low)) return start + unit;
  }
  return -1;
}

function isSign(block: Buffer, start: number, unit: number, low: number): boolean {
  for (let at = 0; at < unit; at++) if (at !== low && block[start + at] !== 0) return false;
  return true;
}

function isBlank(raw: Buffer): boolean {
  for (const byte of raw) if (byte !== 0 && byte !== 9 && byte !== LF && byte !== 13 && byte !== 32) return false;
  return true;
}

const LF = 10;
