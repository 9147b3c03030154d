/**
 * Receipts as JSON lines: each body's members plus `seq`, `leaf` and `fields`, then one line of kind `summary`. A body that has its leaf is canonical JSON: it is
 * copied into its line and never parsed. Only what was altered, and what is no step of an action, is read first. Whoever may see items is told more: words of
 * people, and `answerText`, where an outcome commits to what the target answered.
 */
import { hash } from 'node:crypto';
import { ERASED } from '#lib/core/receipts/receipt-line.ts';
import { sumOf } from '#lib/core/receipts/sum.ts';
import type { BatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { exportedReceipts, type ReceiptPage } from '#lib/store/receipts/export.sql.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';
import type { Moment } from '#lib/store/receipts/trail.sql.ts';
import { orderFields, readBody, withheldFrom } from './receipt-rows.ts';

/** Values of an item as members of a JSON object: where they stand in the page that is being written, until that is handed on. */
type Members = { at: number; end: number; members: Buffer | null };
type Open = {
  chunk: number;
  seq: number;
  ordinal: number;
  state: 'in_flight' | 'uncertain';
  reason: string | null;
} & Members;

export async function* jsonlReceipts(
  batch: BatchFacts,
  moment: Moment,
  { sees, most }: { sees: boolean; most?: Parameters<typeof exportedReceipts>[2] },
): AsyncGenerator<string | Uint8Array> {
  const { pool } = db();
  const lines = new Lines(batch.plan.receiptFields, sees);
  for await (const page of exportedReceipts(pool, moment, most)) {
    const written = lines.write(page);
    if (written.length > 0) yield written;
  }
  const { id, name, state } = batch;
  const unresolved = lines.unresolved();
  const sum = sumOf((await foldChunks(pool, id, moment.chunks)).values());
  const at = moment.at.toISOString();
  yield `${JSON.stringify({ kind: 'summary', batch: id, name, state, at, receipts: lines.receipts, sum, unresolved })}\n`;
}

/** What a line has beside its body and its values, at most. */
const LINE_BYTES = 160;
const [NUL, LINE_END, OPEN_BRACE, CLOSE_BRACE, COMMA] = [0x00, 0x0a, 0x7b, 0x7d, 0x2c];

const NOTHING: Members = { at: 0, end: 0, members: Buffer.alloc(0) };

class Lines {
  receipts = 0;
  readonly #names: readonly string[];
  /** whether the reader may see items */
  readonly #sees: boolean;
  // All receipts of an item are in one chunk. An action that ended is forgotten; values hang on its intent, for it is what names the item.
  readonly #open = new Map<number, Open>();
  /** the lines of the page that is being written, up to `#at`; used again for the next */
  #out = Buffer.alloc(0);
  #at = 0;
  /** the values of the receipt that was written last: where they stand, or what they are */
  #own: Members = NOTHING;

  constructor(names: readonly string[], sees: boolean) {
    this.#names = names;
    this.#sees = sees;
  }

  unresolved() {
    return [...this.#open.values()]
      .sort((a, b) => a.chunk - b.chunk || a.seq - b.seq)
      .map(({ at: _, end: __, members: ___, ...open }) => open);
  }

  /** The lines of a page. */
  write(page: ReceiptPage): Buffer {
    this.#at = 1;
    this.#room(page.size);
    while (page.next()) {
      this.receipts += 1;
      const intent = page.ordinal === 0 ? undefined : this.#open.get(page.ordinal);
      if (!this.#copy(page, intent)) this.#read(page, intent);
      this.#follow(page, intent);
    }
    for (const open of this.#open.values()) open.members ??= this.#written(open.at, open.end);
    return this.#written(1, this.#at);
  }

  #written(at: number, end: number): Buffer {
    return Buffer.from(this.#out.subarray(at, end));
  }

  /** Makes room for so many bytes more. */
  #room(bytes: number): Buffer {
    if (this.#at + bytes > this.#out.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.#at + bytes));
      this.#out.copy(larger, 0, 0, this.#at);
      this.#out = larger;
    }
    return this.#out;
  }

  /** Writes the line. False: the receipt has to be read first. */
  #copy(page: ReceiptPage, intent: Open | undefined): boolean {
    const { kind, bytes, leafAt, bodyAt, bodyEnd, valueCount } = page;
    if (!STEPS.includes(kind)) return false;
    const isIntent = kind === 'intent';
    const isAnswer = kind === 'outcome' && page.hasOnly(ANSWER);
    // It commits to an answer whose value is gone.
    // Who may not see items is not told what a person said.
    if (kind === 'resolution' && valueCount > 0 && !this.#sees) return false;
    if (kind === 'outcome' && !isAnswer && this.#sees && startsWith(bytes, bodyAt, COMMITS_TO_ANSWER)) return false;
    if (
      isIntent ? valueCount !== this.#names.length && this.#names.length > 0 : !isAnswer && valueCount > 0 && !this.#isApart(page)
    )
      return false;
    if (bytes[bodyAt] !== OPEN_BRACE || bytes[bodyEnd - 1] !== CLOSE_BRACE) return false;
    // RFC 6962: the leaf is over a zero and the body. The byte before the body is nobody's.
    bytes[bodyAt - 1] = NUL;
    const sealed = bytes.subarray(bodyAt - 1, bodyEnd);
    const said = bytes.toString('hex', leafAt, leafAt + LEAF_BYTES);
    if (hash('sha256', sealed, 'hex') !== said) return false;
    const carried = intent && !isIntent ? intent.end - intent.at : 0;
    const out = this.#room(sealed.length + page.memberBytes + carried + LINE_BYTES);
    // One view serves both: with the zero, which stands for the byte before the line that long.
    out.set(sealed, this.#at - 1);
    out[this.#at - 1] = LINE_END;
    // Over the brace that ends the body.
    let next = this.#at + sealed.length - 2;
    next += out.write(`,"seq":${page.seq},"leaf":"${said}","fields":{`, next, 'latin1');
    if (intent && carried > 0) {
      if (intent.members) intent.members.copy(out, next);
      else out.copyWithin(next, intent.at, intent.end);
      next += carried;
    }
    if (carried > 0 && valueCount > 0 && !isAnswer) next = put(out, next, COMMA);
    const own = next;
    if (!isAnswer) next = page.writeMembers(out, next);
    if (isIntent) this.#own = { at: own, end: next, members: null };
    next = put(out, next, CLOSE_BRACE);
    if (isAnswer && this.#sees) {
      next += out.write(',"answerText":', next, 'latin1');
      next = page.writeValue(out, next);
    }
    next = put(out, next, CLOSE_BRACE);
    this.#at = put(out, next, LINE_END);
    return true;
  }

  /** One value that no field of the item is called as: it stands behind those. */
  #isApart(page: ReceiptPage): boolean {
    return page.valueCount === 1 && !this.#names.some((name) => page.hasOnly(name));
  }

  /** Reads the receipt and writes its line. */
  #read(page: ReceiptPage, intent: Open | undefined): void {
    const { kind, seq, bytes, leafAt } = page;
    const body = readBody(bytes.subarray(page.bodyAt, page.bodyEnd));
    const room = Buffer.alloc(page.memberBytes);
    const members = room.subarray(0, page.writeMembers(room, 0));
    const before = intent && kindOf(body) !== 'intent' ? JSON.parse(`{${this.#membersOf(intent)}}`) : {};
    const values = JSON.parse(`{${members}}`);
    const { answer, ...others } = values;
    const isAnswer = kind === 'outcome';
    const own = isAnswer ? others : values;
    const [ofItem, words] = kind === 'intent' || isAnswer ? [{ ...before, ...own }, {}] : [before, own];
    const fields = this.#sees
      ? orderFields({ fields: { ...ofItem, ...words } }, body, this.#names)
      : withheldFrom({ fields: ofItem, words }, body, this.#names);
    const committed = isAnswer && typeof (body as { answer?: unknown }).answer === 'string';
    const told = committed && this.#sees ? { answerText: answer ?? ERASED } : {};
    const leaf = bytes.toString('hex', leafAt, leafAt + LEAF_BYTES);
    const line = Buffer.from(`${JSON.stringify({ ...body, seq, leaf, fields, ...told })}\n`);
    this.#at += line.copy(this.#room(line.length), this.#at);
    this.#own = { at: 0, end: members.length, members };
  }

  #membersOf({ members, at, end }: Open): Buffer {
    return members ?? this.#out.subarray(at, end);
  }

  /** Keeps what is open as receipts go by: an intent opens an action, uncertain leaves it open, everything else ends it. */
  #follow({ chunk, seq, ordinal, kind, result, bytes, bodyAt, bodyEnd }: ReceiptPage, intent: Open | undefined): void {
    if (ordinal === 0) return;
    if (kind === 'intent') this.#open.set(ordinal, { chunk, seq, ordinal, state: 'in_flight', reason: null, ...this.#own });
    else if (kind === 'outcome' && result === 'uncertain') {
      const { reason = null } = readBody(bytes.subarray(bodyAt, bodyEnd)) as { reason?: string | null };
      const { at, end, members } = intent ?? NOTHING;
      this.#open.set(ordinal, { chunk, seq, ordinal, state: 'uncertain', reason, at, end, members });
    } else this.#open.delete(ordinal);
  }
}

const STEPS = ['intent', 'outcome', 'resolution'];

const LEAF_BYTES = 32;
const ANSWER = 'answer';

/** Canonical JSON has the member first. */
const COMMITS_TO_ANSWER = Buffer.from('{"answer":"');

function startsWith(bytes: Buffer, at: number, what: Buffer): boolean {
  return bytes.compare(what, 0, what.length, at, at + what.length) === 0;
}

function put(out: Buffer, at: number, byte: number): number {
  out[at] = byte;
  return at + 1;
}

function kindOf(body: { kind?: unknown }): unknown {
  return body.kind;
}
