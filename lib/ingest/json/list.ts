/** A JSON document: a list of records, alone or somewhere in an object; or one record. */

import { CountersignError } from '#lib/core/errors.ts';
import { RECORD_BYTES_MAX } from '#lib/core/limits.ts';
import { certain, type Guess, saidByPerson } from '#lib/core/values/guess.ts';
import type { Format, ParseOptions, Segment } from '#lib/ingest/port.ts';
import { peek, readBlocks } from '#lib/ingest/source.ts';
import { type Encoding, encodingOf, JsonRows } from './rows.ts';
import { Signs } from './signs.ts';
import { writeList } from './write-back.ts';

export const jsonList: Format = {
  name: 'json',
  noun: 'records',
  title: 'JSON',
  file: 'a JSON file',
  endings: ['.json'],
  contentType: 'application/json',
  textField: null,
  drawn: { as: 'tree', first: [] },
  sniff,
  parse: parseList,
  writeBack: writeList,
};

/** What begins as a list or an object of JSON does. */
function sniff(head: Buffer): number | null {
  const { charset } = encodingOf(head, false, {});
  const signs = new Signs(head, charset);
  const start = signs.pastBlanks(charset.bom);
  const next = signs.at(signs.pastBlanks(start + charset.unit));
  const end = signs.pastValue(start, false);
  // One value is a document. More of them are not.
  if (end !== -1 && signs.pastBlanks(end) < head.length) return null;
  if (signs.at(start) === '{') return next === '"' ? SURE : next === '}' ? 0.5 : null;
  if (signs.at(start) === '[')
    return '{["-tfn]0123456789'.includes(next) && next !== '' ? (next === '{' || next === '[' ? SURE : 0.5) : null;
  return null;
}

const SURE = 0.96;

async function* parseList(source: AsyncIterable<Buffer>, { fileName, said }: ParseOptions): AsyncGenerator<Segment> {
  const { head, complete, whole } = await peek(source);
  const encoding = encodingOf(head, complete, said);
  const found = listIn(head, encoding, said.part);
  if (!found) throw new CountersignError('invalid', `There is no list “${said.part}” at the beginning of “${fileName}”.`);
  yield* readBlocks(whole, new ListReader(encoding, found));
}

/** Where the first record begins. `part`: the path of the list; null where the document is one record. */
type Found = { start: number; part: Guess<string> | null };

/**
 * The list of a document: the document itself, else the first list of objects in the objects that begin it. With a path, that one.
 * null where the path leads nowhere.
 */
function listIn(head: Buffer, { charset }: Encoding, said: string | undefined): Found | null {
  const signs = new Signs(head, charset);
  const start = signs.pastBlanks(charset.bom);
  if (signs.at(start) === '[' && (said ?? '') === '')
    return { start: signs.pastBlanks(start + charset.unit), part: said === undefined ? certain('') : saidByPerson('') };
  const lists = signs.at(start) === '{' ? signs.lists(start) : [];
  if (said !== undefined) {
    const list = lists.find(({ path }) => path === said);
    if (list) return { start: signs.pastBlanks(list.start), part: saidByPerson(said) };
    return said === '' ? { start, part: null } : null;
  }
  const [first, ...others] = lists.filter(({ ofObjects }) => ofObjects);
  if (!first) return { start, part: null };
  const part = {
    ...certain(first.path),
    by: 'guess' as const,
    sure: others.length === 0 ? 0.95 : 0.6,
    others: [...others.map(({ path }) => path), ''].map((value) => ({
      value,
      sure: others.length === 0 ? 0.05 : 0.4 / (others.length + 1),
    })),
  };
  return { start: signs.pastBlanks(first.start), part };
}

class ListReader {
  readonly #encoding: Encoding;
  readonly #rows: JsonRows;
  readonly #start: number;
  readonly #part: Guess<string> | null;
  #before: Buffer | null = null;
  #between = Buffer.alloc(0);
  #after: Buffer[] = [];
  #afterBytes = 0;
  #line = 1;
  #records = 0;
  #ended = false;
  #skipping = false;
  #final = false;

  constructor(encoding: Encoding, { start, part }: Found) {
    this.#encoding = encoding;
    this.#rows = new JsonRows(encoding.charset);
    this.#start = start;
    this.#part = part;
  }

  read(block: Buffer, final: boolean): number {
    this.#final = final;
    const signs = new Signs(block, this.#encoding.charset);
    let at = 0;
    if (this.#before === null) {
      this.#before = Buffer.from(block.subarray(0, this.#start));
      this.#line += countLines(this.#before);
      at = this.#start;
    }
    while (at < block.length && !this.#ended) {
      const start = this.#separated(block, signs, at, final);
      if (start === -1) return at;
      if (this.#ended) {
        at = start;
        break;
      }
      if (start >= block.length) {
        at = final ? block.length : at;
        break;
      }
      const end = signs.pastValue(start, final);
      if (end === -1) return this.#waiting(block, at, start);
      this.#record(block, at, start, end);
      at = end;
    }
    if (this.#ended) this.#keepAfter(block.subarray(at));
    return this.#ended || final ? block.length : at;
  }

  take(): Segment | null {
    const rows = this.#rows.take(this.#final);
    if (!rows) return null;
    const { charset, guess } = this.#encoding;
    // What stands around the list is written around others only if it is known to its end.
    const whole = this.#part === null || (this.#ended && this.#afterBytes <= AFTER_BYTES_MAX);
    const around = { before: text64(this.#before ?? Buffer.alloc(0)), after: text64(Buffer.concat(this.#after)) };
    const dialect = { charset: charset.name, between: text64(this.#between), ...(whole ? around : {}) };
    return { ...rows, dialect, layout: { charset: guess, ...(this.#part ? { part: this.#part } : {}) } };
  }

  /** Where the next record begins, past its comma; -1 where that has not come. Sets `#ended` where the list ends instead. */
  #separated(block: Buffer, signs: Signs, at: number, final: boolean): number {
    const { unit } = this.#encoding.charset;
    let start = signs.pastBlanks(at);
    if (this.#part === null) {
      this.#ended = this.#records > 0;
      return this.#ended ? at : start;
    }
    if (this.#records > 0 && signs.at(start) === ',') start = signs.pastBlanks(start + unit);
    if (start + unit > block.length) return final ? block.length : -1;
    if (signs.at(start) !== ']') return start;
    this.#ended = true;
    return at;
  }

  #record(block: Buffer, at: number, start: number, end: number): void {
    this.#line += countLines(block.subarray(at, start));
    if (this.#records === 1 && start - at <= BETWEEN_BYTES_MAX) this.#between = Buffer.from(block.subarray(at, start));
    this.#records++;
    const raw = block.subarray(start, end);
    if (this.#skipping) this.#skipping = false;
    else if (raw.length > RECORD_BYTES_MAX) this.#rows.refuse(this.#line, this.#tooLarge(), raw, false);
    else this.#rows.add(this.#line, raw);
    this.#line += countLines(raw);
  }

  /** A record whose end is not near is no list any more: nothing behind it can be told apart. */
  #waiting(block: Buffer, at: number, start: number): number {
    if (block.length - start <= RECORD_BYTES_MAX) return at;
    this.#line += countLines(block.subarray(at, start));
    this.#rows.refuse(this.#line, this.#tooLarge(), block.subarray(start), false);
    this.#ended = true;
    this.#afterBytes = AFTER_BYTES_MAX + 1;
    return block.length;
  }

  #tooLarge(): string {
    return `the record at line ${this.#line} is larger than ${RECORD_BYTES_MAX / 1024 ** 2} MB, or does not end`;
  }

  #keepAfter(rest: Buffer): void {
    this.#afterBytes += rest.length;
    if (this.#afterBytes <= AFTER_BYTES_MAX) this.#after.push(Buffer.from(rest));
    else this.#after = [];
  }
}

const BETWEEN_BYTES_MAX = 1_024;
const AFTER_BYTES_MAX = 64 * 1024;

function text64(bytes: Buffer): string {
  return bytes.toString('base64');
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}
