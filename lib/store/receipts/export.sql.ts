/**
 * Receipts as they leave, in large pages: COPY gives the rows as they are stored, in the order of their key, and nothing is looked up row by row. A page is
 * taken whole before anybody reads it, so that a slow reader holds no statement. `COPY` takes no parameters: what is written into it is numbers, and a uuid
 * that was checked.
 */
import { once } from 'node:events';
import pg, { type Pool } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { EXPORT_PAGE_BYTES, EXPORT_PAGE_RECEIPTS } from '#lib/core/limits.ts';
import { ERASED } from '#lib/core/receipts/receipt-line.ts';
import { type Moment, type Span, spansOf } from './trail.sql.ts';

/** All receipts up to the moment. The next page is read while this one is written. */
export async function* exportedReceipts(
  pool: Pool,
  moment: Moment,
  most = { receipts: EXPORT_PAGE_RECEIPTS, bytes: EXPORT_PAGE_BYTES },
): AsyncGenerator<ReceiptPage> {
  const pages = spansOf(moment, most.receipts);
  const read = (): Promise<Page[]> | null => {
    const { done, value } = pages.next();
    if (done) return null;
    const page = readWhole(pool, moment, value, most.bytes);
    // It is awaited when its turn has come.
    page.catch(() => {});
    return page;
  };
  const upTo = new Map([[0, moment.batch.seq], ...moment.chunks.map(({ number, seq }): [number, number] => [number, seq])]);
  for (let ahead = read(); ahead; ) {
    const all = await ahead;
    ahead = read();
    for (const page of all) yield new ReceiptPage(page, moment.batch.plan.receiptFields, upTo);
  }
}

type Page = { receipts: Buffer; values: Buffer };

/** One page, or several where its receipts have too many bytes. */
async function readWhole(pool: Pool, moment: Moment, spans: Span[], most: number): Promise<Page[]> {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last) return [];
  const range = `batch_id = '${moment.batch.id}' AND (chunk, seq) > (${first.chunk}, ${first.above}) AND (chunk, seq) <= (${last.chunk}, ${last.upTo})`;
  const names = `ARRAY[${moment.batch.plan.receiptFields.map((name) => pg.escapeLiteral(name)).join(', ')}]::text[]`;
  const halves = halved(spans);
  // One receipt is a page whatever it has.
  const bytes = halves === null ? Number.POSITIVE_INFINITY : most;
  const [receipts, values] = await Promise.all([
    copied(pool, `SELECT chunk, seq, ordinal, kind, result, leaf, body FROM receipt WHERE ${range} ORDER BY chunk, seq`, bytes),
    copied(
      pool,
      `SELECT chunk, seq, array_position(${names}, field), CASE WHEN array_position(${names}, field) IS NULL THEN field END, to_json(coalesce(value, '${ERASED}'))
       FROM receipt_value WHERE ${range} ORDER BY chunk, seq`,
      bytes,
    ),
  ]);
  if (receipts && values) return [{ receipts, values }];
  if (halves === null) return [];
  return [...(await readWhole(pool, moment, halves[0], most)), ...(await readWhole(pool, moment, halves[1], most))];
}

/** What a query gives, as binary COPY; null where that is more than a page may have. */
async function copied(pool: Pool, query: string, most: number): Promise<Buffer | null> {
  const client = await pool.connect();
  // The stream ends before the server is ready for the next statement.
  const ready = once(client, 'drain');
  ready.catch(() => {});
  let whole = false;
  try {
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`)) as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      if (bytes > most) return null;
    }
    await ready;
    whole = true;
    return Buffer.concat(parts, bytes);
  } finally {
    // A connection in the middle of a COPY is of no use to anybody.
    client.release(!whole);
  }
}

function halved(spans: readonly Span[]): [Span[], Span[]] | null {
  const receipts = spans.reduce((sum, { above, upTo }) => sum + upTo - above, 0);
  if (receipts < 2) return null;
  const [left, right]: [Span[], Span[]] = [[], []];
  let room = Math.floor(receipts / 2);
  for (const { chunk, above, upTo } of spans) {
    const middle = Math.min(upTo, above + room);
    if (middle > above) left.push({ chunk, above, upTo: middle });
    if (upTo > middle) right.push({ chunk, above: middle, upTo });
    room -= middle - above;
  }
  return [left, right];
}

/**
 * The receipts of a page, one after the other: what is told is the one that `next` came to. Its bytes lie in `bytes`, and nothing is made of them here: an object
 * for each of a million receipts, and for each part of it, would cost more than all that is written.
 */
export class ReceiptPage {
  chunk = 0;
  seq = 0;
  /** 0 where it has none */
  ordinal = 0;
  kind = '';
  result: string | null = null;
  /** the bytes of all receipts; the byte before a body is nobody's */
  readonly bytes: Buffer;
  /** where its parts begin */
  leafAt = 0;
  bodyAt = 0;
  bodyEnd = 0;
  /** how many values stand beside it */
  valueCount = 0;
  /** what these take as members of a JSON object, at most */
  memberBytes = 0;
  /** how much was read for the page */
  readonly size: number;
  readonly #tuples: Tuples;
  readonly #values: Values;
  readonly #upTo: ReadonlyMap<number, number>;

  constructor({ receipts, values }: Page, names: readonly string[], upTo: ReadonlyMap<number, number>) {
    this.bytes = receipts;
    this.size = receipts.length + values.length;
    this.#tuples = new Tuples(receipts);
    this.#values = new Values(values, names);
    this.#upTo = upTo;
  }

  /** Whether there is another one. What was written after the moment is left out. */
  next(): boolean {
    const [tuples, values] = [this.#tuples, this.#values];
    while (tuples.next()) {
      this.chunk = tuples.int();
      this.seq = tuples.int();
      this.ordinal = tuples.int();
      this.kind = tuples.text() ?? '';
      this.result = tuples.text();
      this.leafAt = tuples.field();
      this.bodyAt = tuples.field();
      this.bodyEnd = tuples.at;
      values.come(this.chunk, this.seq);
      this.valueCount = values.count;
      this.memberBytes = values.memberBytes;
      if (this.seq <= (this.#upTo.get(this.chunk) ?? 0)) return true;
    }
    return false;
  }

  /** Whether it has a value of each of the plan's fields, and no other. */
  get isWhole(): boolean {
    return this.#values.isWhole;
  }

  /** Whether its only value is called so. */
  hasOnly(name: string): boolean {
    return this.#values.hasOnly(name);
  }

  /** Writes its values as members of a JSON object, the plan's fields first and the others in the order of their bytes; gives where they end. */
  writeMembers(out: Buffer, at: number): number {
    return this.#values.write(out, at);
  }

  /** Writes its only value alone. */
  writeValue(out: Buffer, at: number): number {
    return this.#values.writeOnly(out, at);
  }
}

/** The values of a page, those of one receipt at a time. */
class Values {
  count = 0;
  memberBytes = 0;
  readonly #bytes: Buffer;
  readonly #tuples: Tuples;
  readonly #names: readonly string[];
  /** `"name":` of each of the plan's fields */
  readonly #keys: readonly Buffer[];
  /** where the value of each of the plan's fields begins, and ends; 0 where it has none */
  readonly #from: number[];
  readonly #to: number[];
  #own = 0;
  readonly #others: { name: string; key: Buffer; from: number; to: number }[] = [];
  /** of the value that was read last, and is not of this receipt yet */
  #chunk = -1;
  #seq = 0;
  #place = 0;
  #name: string | null = null;
  #valueAt = 0;
  #valueEnd = 0;

  constructor(bytes: Buffer, names: readonly string[]) {
    this.#bytes = bytes;
    this.#tuples = new Tuples(bytes);
    this.#names = names;
    this.#keys = names.map(keyOf);
    [this.#from, this.#to] = [names.map(() => 0), names.map(() => 0)];
    this.#read();
  }

  /** Takes those of this receipt. Both come in the order of their keys. */
  come(chunk: number, seq: number): void {
    if (this.count > 0) {
      this.#from.fill(0);
      this.#others.length = 0;
    }
    this.count = 0;
    this.memberBytes = 0;
    this.#own = 0;
    while (this.#chunk >= 0 && (this.#chunk < chunk || (this.#chunk === chunk && this.#seq < seq))) this.#read();
    for (; this.#chunk === chunk && this.#seq === seq; this.#read()) {
      const from = this.#valueAt;
      const to = this.#valueEnd;
      this.count += 1;
      let key: Buffer;
      if (this.#name === null) {
        this.#own += 1;
        this.#from[this.#place - 1] = from;
        this.#to[this.#place - 1] = to;
        key = this.#keys[this.#place - 1] as Buffer;
      } else {
        key = keyOf(this.#name);
        this.#others.push({ name: this.#name, key, from, to });
      }
      this.memberBytes += to - from + 1 + key.length;
    }
  }

  get isWhole(): boolean {
    return this.#own === this.#names.length && this.#others.length === 0;
  }

  hasOnly(name: string): boolean {
    if (this.count !== 1) return false;
    const place = this.#names.indexOf(name);
    return this.#own === 1 ? place >= 0 && this.#from[place] !== 0 : this.#others[0]?.name === name;
  }

  write(out: Buffer, begin: number): number {
    let at = begin;
    for (let place = 0; place < this.#keys.length && this.#own > 0; place += 1)
      if (this.#from[place] !== 0)
        at = this.#member(out, at, begin, this.#keys[place] as Buffer, this.#from[place] as number, this.#to[place] as number);
    if (this.#others.length > 1)
      this.#others.sort((one, other) => Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)));
    for (const { key, from, to } of this.#others) at = this.#member(out, at, begin, key, from, to);
    return at;
  }

  writeOnly(out: Buffer, at: number): number {
    const place = this.#from.findIndex((from) => from !== 0);
    const [from, to] = place < 0 ? [this.#others[0]?.from ?? 0, this.#others[0]?.to ?? 0] : [this.#from[place], this.#to[place]];
    return at + this.#bytes.copy(out, at, from, to);
  }

  #member(out: Buffer, begin: number, first: number, key: Buffer, from: number, to: number): number {
    let at = begin;
    if (at > first) {
      out[at] = COMMA;
      at += 1;
    }
    at += key.copy(out, at);
    // A copy of a part makes a view first, which is more work than a few bytes are.
    if (to - from > FEW_BYTES) return at + this.#bytes.copy(out, at, from, to);
    for (let byte = from; byte < to; byte += 1, at += 1) out[at] = this.#bytes[byte] as number;
    return at;
  }

  #read(): void {
    const tuples = this.#tuples;
    if (!tuples.next()) {
      this.#chunk = -1;
      return;
    }
    this.#chunk = tuples.int();
    this.#seq = tuples.int();
    this.#place = tuples.int();
    const nameAt = tuples.field();
    this.#name = nameAt < 0 ? null : this.#bytes.toString('utf8', nameAt, tuples.at);
    this.#valueAt = tuples.field();
    this.#valueEnd = tuples.at;
  }
}

const COMMA = 0x2c;
const FEW_BYTES = 64;
const keyOf = (name: string): Buffer => Buffer.from(`${JSON.stringify(name)}:`);
const HEADER_BYTES = 19;

/** The tuples of a binary COPY (PostgreSQL's documentation, COPY, Binary Format): a count of fields, then each with its length; -1 is null, or the end. */
class Tuples {
  readonly #bytes: Buffer;
  /** where the next field begins, and so where the last one ends */
  at = HEADER_BYTES;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether there is another one; its fields are read in their order. */
  next(): boolean {
    const fields = this.#bytes.readInt16BE(this.at);
    this.at += 2;
    return fields >= 0;
  }

  /** 0 where it is null. */
  int(): number {
    const at = this.field();
    return at < 0 ? 0 : this.#bytes.readInt32BE(at);
  }

  text(): string | null {
    const at = this.field();
    return at < 0 ? null : this.#bytes.toString('latin1', at, this.at);
  }

  /** Where the next field begins; it ends at `at`. -1: it is null. */
  field(): number {
    const length = this.#bytes.readInt32BE(this.at);
    this.at += 4;
    if (length < 0) return -1;
    this.at += length;
    return this.at - length;
  }
}
