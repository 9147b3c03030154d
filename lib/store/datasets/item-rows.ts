/**
 * Rows of `item` and `unreadable_row` in the binary format of COPY, written while the connection is still busy with the rows before
 * them. https://www.postgresql.org/docs/current/sql-copy.html (Binary Format)
 */

import { hash } from 'node:crypto';

/** What ingest hands over; kept structural, for the store knows no ingest. */
export type RowSource = {
  fields: readonly string[];
  items: readonly { line: number; values: readonly string[]; raw: Buffer; plain: boolean }[];
  unreadable: readonly { line: number; reason: string; excerpt: Buffer }[];
};

/**
 * Collects rows of one dataset; `reset` keeps the memory for the next segment. A value must be free of NUL and lone surrogates; `plain`
 * promises that none of an item's values has a character that JSON escapes.
 */
export class ItemRows {
  readonly items: Pages;
  readonly unreadable: Pages;
  itemCount = 0;
  unreadableCount = 0;
  readonly #datasetId: Buffer;
  #fields: readonly string[] = [];
  /** What stands before each value in a plain item's JSON: `{"a":"`, `","b":"`. */
  #openings: string[] = [];
  /** What stands before each value that is written by JSON.stringify: `{"a":`, `,"b":`. */
  #keys: string[] = [];

  constructor(datasetId: string) {
    this.#datasetId = Buffer.from(datasetId.replaceAll('-', ''), 'hex');
    this.items = new Pages();
    this.unreadable = new Pages();
  }

  get bytes(): number {
    return this.items.bytes + this.unreadable.bytes;
  }

  /** Adds a segment's rows; `ordinal` is that of its first item, `source` the position of its file among the dataset's. */
  add(segment: RowSource, ordinal: number, source: number): void {
    if (segment.fields !== this.#fields) this.#name(segment.fields);
    let next = ordinal;
    for (const item of segment.items) this.#item(item, next++, source);
    for (const row of segment.unreadable) this.#unreadable(row);
    this.itemCount += segment.items.length;
    this.unreadableCount += segment.unreadable.length;
  }

  reset(): void {
    this.items.reset();
    this.unreadable.reset();
    this.itemCount = 0;
    this.unreadableCount = 0;
  }

  #name(fields: readonly string[]): void {
    this.#fields = fields;
    const names = fields.map((name) => JSON.stringify(name));
    this.#openings = names.map((name, index) => `${index === 0 ? '{' : '",'}${name}:"`);
    this.#keys = names.map((name, index) => `${index === 0 ? '{' : ','}${name}:`);
  }

  #item({ line, values, raw, plain }: RowSource['items'][number], ordinal: number, source: number): void {
    const json = plain ? this.#plainJson(values) : this.#json(values);
    const own = raw.length >= OWN_PAGE_BYTES;
    const page = this.items.room(ITEM_BYTES + json.length * 3 + (own ? 0 : raw.length));
    const { buffer, view } = page;
    let at = this.#begin(page, 7);
    view.setInt32(at, 4);
    view.setInt32(at + 4, ordinal);
    // jsonb: a length, the format's version 1, and the text.
    const length = buffer.write(json, at + 13, 'utf8');
    view.setInt32(at + 8, length + 1);
    buffer[at + 12] = 1;
    at += 13 + length;
    view.setInt32(at, raw.length);
    page.used = at + 4;
    const tail = own ? this.items.after(raw) : page;
    if (!own) tail.used += raw.copy(buffer, tail.used);
    tail.view.setInt32(tail.used, 32);
    tail.buffer.write(hash('sha256', raw, 'hex'), tail.used + 4, 'hex');
    tail.view.setInt32(tail.used + 36, 4);
    tail.view.setInt32(tail.used + 40, line);
    tail.view.setInt32(tail.used + 44, 4);
    tail.view.setInt32(tail.used + 48, source);
    tail.used += 52;
  }

  #unreadable({ line, reason, excerpt }: RowSource['unreadable'][number]): void {
    const page = this.unreadable.room(ITEM_BYTES + reason.length * 3 + excerpt.length);
    const { buffer, view } = page;
    let at = this.#begin(page, 4);
    view.setInt32(at, 4);
    view.setInt32(at + 4, line);
    const length = buffer.write(reason, at + 12, 'utf8');
    view.setInt32(at + 8, length);
    at += 12 + length;
    view.setInt32(at, excerpt.length);
    excerpt.copy(buffer, at + 4);
    page.used = at + 4 + excerpt.length;
  }

  #begin({ buffer, view, used }: Page, columns: number): number {
    view.setInt16(used, columns);
    view.setInt32(used + 2, 16);
    this.#datasetId.copy(buffer, used + 6);
    return used + 22;
  }

  #plainJson(values: readonly string[]): string {
    const openings = this.#openings;
    let json = '';
    for (let i = 0; i < openings.length; i++) json += (openings[i] as string) + (values[i] ?? '');
    return openings.length === 0 ? '{}' : `${json}"}`;
  }

  #json(values: readonly string[]): string {
    const keys = this.#keys;
    let json = '';
    for (let i = 0; i < keys.length; i++) json += (keys[i] as string) + JSON.stringify(values[i] ?? '');
    return keys.length === 0 ? '{}' : `${json}}`;
  }
}

/** `view`: of the same bytes; numbers are written by it at half the cost. */
type Page = { buffer: Buffer; view: DataView; used: number };

/** Everything of an item's row but its JSON and its bytes. */
const ITEM_BYTES = 128;
const PAGE_BYTES = 256 * 1024;
/** From here on an item's bytes are sent from where they are; copied, a mail of 60 MB would be there twice. */
const OWN_PAGE_BYTES = 1024 ** 2;
/** Signature, flags and the length of the header's extension. */
const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const COPY_END = Buffer.from([0xff, 0xff]);

function pageOf(buffer: Buffer): Page {
  return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength), used: 0 };
}

class Pages {
  #pages: Page[] = [];
  #spare: Page[] = [];

  get bytes(): number {
    let bytes = 0;
    for (const { used } of this.#pages) bytes += used;
    return bytes;
  }

  /** The page to go on writing in, with at least so many bytes free. */
  room(bytes: number): Page {
    const last = this.#pages.at(-1);
    if (last && last.buffer.length - last.used >= bytes) return last;
    const page =
      (bytes <= PAGE_BYTES ? this.#spare.pop() : undefined) ?? pageOf(Buffer.allocUnsafeSlow(Math.max(PAGE_BYTES, bytes)));
    page.used = 0;
    this.#pages.push(page);
    return page;
  }

  /** The page to go on writing in behind these bytes, which have to stay as they are until `reset`. */
  after(bytes: Buffer): Page {
    this.#pages.push({ ...pageOf(bytes), used: bytes.length });
    return this.room(ITEM_BYTES);
  }

  /** What COPY is to be sent. Valid until `reset`. */
  *copyData(): Generator<Buffer> {
    yield COPY_HEADER;
    for (const { buffer, used } of this.#pages) yield buffer.subarray(0, used);
    yield COPY_END;
  }

  reset(): void {
    for (const page of this.#pages) if (page.buffer.length === PAGE_BYTES) this.#spare.push(page);
    this.#pages = [];
  }
}
