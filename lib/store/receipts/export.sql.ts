/**
 * Receipts as they leave, in large pages: COPY gives the rows as they are stored, in the order of their key, and nothing is looked up row by row. A page is
 * taken whole before anybody reads it, so that a slow reader holds no statement. `COPY` takes no parameters: what is written into it is numbers, and a uuid
 * that was checked.
 */
import type { Pool } from 'pg';
import { EXPORT_PAGE_BYTES, EXPORT_PAGE_RECEIPTS } from '#lib/core/limits.ts';
import { ERASED } from '#lib/core/receipts/receipt-line.ts';
import { type Copied, CopyRows, copyOut } from '#lib/store/postgres/copy-out.ts';
import { type Moment, type Span, spansOf } from './trail.sql.ts';

/** All receipts up to the moment. The next page is read while this one is written; a page holds until the next one is asked for. */
export async function* exportedReceipts(
  pool: Pool,
  moment: Moment,
  most = { receipts: EXPORT_PAGE_RECEIPTS, bytes: EXPORT_PAGE_BYTES },
): AsyncGenerator<ReceiptPage> {
  const pages = spansOf(moment, most.receipts);
  const rooms: Rooms = { receipts: [], values: [] };
  const read = (): Promise<Page[]> | null => {
    const { done, value } = pages.next();
    if (done) return null;
    const page = readWhole(pool, moment, value, { bytes: most.bytes, rooms });
    // It is awaited when its turn has come.
    page.catch(() => {});
    return page;
  };
  const upTo = new Map([[0, moment.batch.seq], ...moment.chunks.map(({ number, seq }): [number, number] => [number, seq])]);
  for (let ahead = read(); ahead; ) {
    const all = await ahead;
    ahead = read();
    for (const page of all) {
      yield new ReceiptPage(page, moment.batch.plan.receiptFields, upTo);
      for (const what of ['receipts', 'values'] as const)
        if (page[what].bytes.length <= ROOM_BYTES_KEPT) rooms[what].push(page[what].bytes);
    }
  }
}

type Page = { receipts: Copied; values: Copied };
/** What was read before leaves its room to what comes. */
type Rooms = Record<keyof Page, Buffer[]>;
type Most = { bytes: number; rooms: Rooms };

/** A page that was larger than most gives its memory back. */
const ROOM_BYTES_KEPT = 2 * EXPORT_PAGE_BYTES;

/** One page, or several where its receipts have too many bytes. */
async function readWhole(pool: Pool, moment: Moment, spans: Span[], most: Most): Promise<Page[]> {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last) return [];
  const range = `batch_id = '${moment.batch.id}' AND (chunk, seq) > (${first.chunk}, ${first.above}) AND (chunk, seq) <= (${last.chunk}, ${last.upTo})`;
  const halves = halved(spans);
  // One receipt is a page whatever it has.
  const own = halves === null ? { ...most, bytes: Number.POSITIVE_INFINITY } : most;
  const [receipts, values] = await Promise.all([
    // The leaf is over a zero and the body (RFC 6962, 2.1). The database hashes while this process writes what came before.
    copied(
      pool,
      'receipts',
      `SELECT chunk, seq, ordinal, kind, result, sha256('\\x00'::bytea || body) = leaf, leaf, body FROM receipt WHERE ${range} ORDER BY chunk, seq`,
      own,
    ),
    copied(
      pool,
      'values',
      `SELECT chunk, seq, field, coalesce(value, '${ERASED}') FROM receipt_value WHERE ${range} ORDER BY chunk, seq`,
      own,
    ),
  ]);
  if (receipts && values) return [{ receipts, values }];
  if (halves === null) return [];
  return [...(await readWhole(pool, moment, halves[0], most)), ...(await readWhole(pool, moment, halves[1], most))];
}

/** What a query gives, as binary COPY; null where that is more than a page may have. */
async function copied(pool: Pool, what: keyof Page, query: string, { bytes: most, rooms }: Most): Promise<Copied | null> {
  const client = await pool.connect();
  let whole = false;
  try {
    const text = `COPY (${query}) TO STDOUT (FORMAT binary)`;
    const rows = await copyOut(client, text, { into: rooms[what].pop() ?? Buffer.alloc(0), most });
    whole = rows !== null;
    return rows;
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
  /** whether its leaf is the hash of its body */
  isSealed = false;
  /** the bytes of all receipts */
  readonly bytes: Buffer;
  /** in which they lie */
  readonly memory: ArrayBufferLike;
  readonly memoryAt: number;
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
  readonly #rows: CopyRows;
  readonly #values: Values;
  readonly #upTo: ReadonlyMap<number, number>;

  constructor({ receipts, values }: Page, names: readonly string[], upTo: ReadonlyMap<number, number>) {
    this.bytes = receipts.bytes;
    // Asked of a buffer for each receipt, these take longer than its copy.
    [this.memory, this.memoryAt] = [receipts.bytes.buffer, receipts.bytes.byteOffset];
    this.size = receipts.end + values.end;
    this.#rows = new CopyRows(receipts);
    this.#values = new Values(values, names);
    this.#upTo = upTo;
  }

  /** Whether there is another one. What was written after the moment is left out. */
  next(): boolean {
    const [rows, values] = [this.#rows, this.#values];
    while (rows.next()) {
      this.chunk = rows.int();
      this.seq = rows.int();
      this.ordinal = rows.int();
      this.kind = rows.word() ?? '';
      this.result = rows.word();
      this.isSealed = rows.bool();
      this.leafAt = rows.field();
      this.bodyAt = rows.field();
      this.bodyEnd = rows.at;
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
  readonly #rows: CopyRows;
  readonly #names: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  /** `"name":` of each of the plan's fields */
  readonly #keys: readonly Buffer[];
  /** where the value of each of the plan's fields begins, and ends; 0 where it has none */
  readonly #from: number[];
  readonly #to: number[];
  /** its JSON, where that is not the text between two quotes */
  readonly #json: (Buffer | null)[];
  #own = 0;
  readonly #others: { name: string; key: Buffer; json: Buffer }[] = [];
  /** of the value that was read last, and is not of this receipt yet */
  #chunk = -1;
  #seq = 0;
  #name = '';
  #valueAt = 0;
  #valueEnd = 0;

  constructor(values: Copied, names: readonly string[]) {
    this.#bytes = values.bytes;
    this.#rows = new CopyRows(values);
    this.#names = names;
    this.#places = new Map(names.map((name, place) => [name, place]));
    this.#keys = names.map(keyOf);
    [this.#from, this.#to, this.#json] = [names.map(() => 0), names.map(() => 0), names.map(() => null)];
    this.#read();
  }

  /** Takes those of this receipt. Both come in the order of their keys. */
  come(chunk: number, seq: number): void {
    if (this.#own > 0) for (let place = 0; place < this.#from.length; place += 1) this.#from[place] = 0;
    if (this.#others.length > 0) this.#others.length = 0;
    this.count = 0;
    this.memberBytes = 0;
    this.#own = 0;
    while (this.#chunk >= 0 && (this.#chunk < chunk || (this.#chunk === chunk && this.#seq < seq))) this.#read();
    for (; this.#chunk === chunk && this.#seq === seq; this.#read()) this.#take();
  }

  #take(): void {
    const [from, to, place] = [this.#valueAt, this.#valueEnd, this.#places.get(this.#name)];
    const json = this.#isPlain(from, to) ? null : this.#jsonOf(from, to);
    this.count += 1;
    let key: Buffer;
    if (place === undefined) {
      key = keyOf(this.#name);
      this.#others.push({ name: this.#name, key, json: json ?? this.#jsonOf(from, to) });
    } else {
      key = this.#keys[place] as Buffer;
      this.#own += 1;
      this.#from[place] = from;
      this.#to[place] = to;
      this.#json[place] = json;
    }
    this.memberBytes += (json?.length ?? to - from + 2) + 1 + key.length;
  }

  /** Whether it stands in JSON as it is: most do. */
  #isPlain(from: number, to: number): boolean {
    const bytes = this.#bytes;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] as number;
      if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) return false;
    }
    return true;
  }

  #jsonOf(from: number, to: number): Buffer {
    return Buffer.from(JSON.stringify(this.#bytes.toString('utf8', from, to)));
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
    for (let place = 0; place < this.#keys.length && this.#own > 0; place += 1) {
      if (this.#from[place] === 0) continue;
      at = copyFew(this.#keys[place] as Buffer, out, at > begin ? put(out, at, COMMA) : at);
      at = this.#writeOwn(out, at, place);
    }
    if (this.#others.length > 1)
      this.#others.sort((one, other) => Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)));
    for (const { key, json } of this.#others) {
      at = copyFew(key, out, at > begin ? put(out, at, COMMA) : at);
      at += json.copy(out, at);
    }
    return at;
  }

  writeOnly(out: Buffer, at: number): number {
    const place = this.#from.findIndex((from) => from !== 0);
    return place < 0 ? at + (this.#others[0]?.json.copy(out, at) ?? 0) : this.#writeOwn(out, at, place);
  }

  #writeOwn(out: Buffer, begin: number, place: number): number {
    const [from, to, json] = [this.#from[place] as number, this.#to[place] as number, this.#json[place]];
    if (json) return begin + json.copy(out, begin);
    let at = put(out, begin, QUOTE);
    // A copy of a part makes a view first, which is more work than a few bytes are.
    if (to - from > FEW_BYTES) at += this.#bytes.copy(out, at, from, to);
    else for (let byte = from; byte < to; byte += 1, at += 1) out[at] = this.#bytes[byte] as number;
    return put(out, at, QUOTE);
  }

  #read(): void {
    const rows = this.#rows;
    if (!rows.next()) {
      this.#chunk = -1;
      return;
    }
    this.#chunk = rows.int();
    this.#seq = rows.int();
    this.#name = rows.word() ?? '';
    this.#valueAt = rows.field();
    this.#valueEnd = rows.at;
  }
}

const [SPACE, QUOTE, COMMA, BACKSLASH] = [0x20, 0x22, 0x2c, 0x5c];
const FEW_BYTES = 64;
const keyOf = (name: string): Buffer => Buffer.from(`${JSON.stringify(name)}:`);

function put(out: Buffer, at: number, byte: number): number {
  out[at] = byte;
  return at + 1;
}

/** Gives where they end. */
function copyFew(bytes: Buffer, out: Buffer, at: number): number {
  for (let byte = 0; byte < bytes.length; byte += 1) out[at + byte] = bytes[byte] as number;
  return at + bytes.length;
}
