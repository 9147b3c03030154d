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

/** A receipt in a page; its bytes lie in the page. */
export type ExportedReceipt = {
  chunk: number;
  seq: number;
  ordinal: number | null;
  kind: string;
  result: string | null;
  leaf: Buffer;
  body: Buffer;
  /** its own values: members of a JSON object, the plan's fields first; null where it has none */
  values: { count: number; members: Buffer } | null;
};

/** All receipts up to the moment. The next page is read while this one is written. */
export async function* exportedReceipts(
  pool: Pool,
  moment: Moment,
  most = { receipts: EXPORT_PAGE_RECEIPTS, bytes: EXPORT_PAGE_BYTES },
): AsyncGenerator<{ rows: ExportedReceipt[]; bytes: number }> {
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
    for (const page of all) yield { rows: rowsOf(page, upTo), bytes: page.receipts.length + page.values.length };
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
      `SELECT chunk, seq, count(*)::int, string_agg(to_json(field)::text || ':' || to_json(coalesce(value, '${ERASED}'))::text, ','
         ORDER BY array_position(${names}, field), field COLLATE "C")
       FROM receipt_value WHERE ${range} GROUP BY chunk, seq ORDER BY chunk, seq`,
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

/** The rows of a page; what was written after the moment is left out. */
function rowsOf(page: Page, upTo: ReadonlyMap<number, number>): ExportedReceipt[] {
  const [receipts, values] = [new Tuples(page.receipts), new Tuples(page.values)];
  const rows: ExportedReceipt[] = [];
  let value = valuesIn(values);
  while (receipts.next()) {
    const [chunk, seq] = [receipts.int() ?? 0, receipts.int() ?? 0];
    const row: ExportedReceipt = {
      ...{ chunk, seq, ordinal: receipts.int(), kind: receipts.text() ?? '', result: receipts.text() },
      ...{ leaf: receipts.bytes() ?? NONE, body: receipts.bytes() ?? NONE, values: null },
    };
    while (value && (value.chunk < chunk || (value.chunk === chunk && value.seq < seq))) value = valuesIn(values);
    if (value?.chunk === chunk && value.seq === seq) row.values = value;
    if (seq <= (upTo.get(chunk) ?? 0)) rows.push(row);
  }
  return rows;
}

function valuesIn(values: Tuples): { chunk: number; seq: number; count: number; members: Buffer } | null {
  if (!values.next()) return null;
  return { chunk: values.int() ?? 0, seq: values.int() ?? 0, count: values.int() ?? 0, members: values.bytes() ?? NONE };
}

const NONE = Buffer.alloc(0);
const HEADER_BYTES = 19;

/** The tuples of a binary COPY (PostgreSQL's documentation, COPY, Binary Format): a count of fields, then each with its length; -1 is null, or the end. */
class Tuples {
  readonly #bytes: Buffer;
  #at = HEADER_BYTES;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether there is another one; its fields are read in their order. */
  next(): boolean {
    const fields = this.#bytes.readInt16BE(this.#at);
    this.#at += 2;
    return fields >= 0;
  }

  int(): number | null {
    const at = this.#field();
    return at < 0 ? null : this.#bytes.readInt32BE(at);
  }

  text(): string | null {
    const at = this.#field();
    return at < 0 ? null : this.#bytes.toString('latin1', at, this.#at);
  }

  bytes(): Buffer | null {
    const at = this.#field();
    return at < 0 ? null : this.#bytes.subarray(at, this.#at);
  }

  /** Where the next field begins; it ends where the one after it is read. -1: it is null. */
  #field(): number {
    const length = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    if (length < 0) return -1;
    this.#at += length;
    return this.#at - length;
  }
}
