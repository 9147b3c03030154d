/**
 * Receipts as JSON lines: each body's members plus `seq`, `leaf` and `fields`, then one line of kind `summary`. A body that has its leaf is canonical JSON: it is
 * copied into its line and never parsed. Only what was altered, and what is no step of an action, is read first. Whoever may see items is told more: words of
 * people, and `answerText`, where an outcome commits to what the target answered.
 */
import { setImmediate } from 'node:timers/promises';
import { ERASED } from '#lib/core/receipts/receipt-line.ts';
import { sumOf } from '#lib/core/receipts/sum.ts';
import { ROOM_BYTES, takeRoom } from '#lib/engine/download-rooms.ts';
import type { BatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { exportedReceipts, type ReceiptPage } from '#lib/store/receipts/export.sql.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';
import type { Moment } from '#lib/store/receipts/trail.sql.ts';
import { OpenActions } from './open-actions.ts';
import { orderFields, readBody, withheldFrom } from './receipt-rows.ts';

/** Values of an item as members of a JSON object: where they stand in the part that is being written, until that is handed on. */
type Members = { at: number; end: number; members: Buffer | null };
type Open = {
  readonly ordinal: number;
  chunk: number;
  seq: number;
  state: 'in_flight' | 'uncertain';
  reason: string | null;
} & Members;

export async function* jsonlReceipts(
  batch: BatchFacts,
  moment: Moment,
  { sees, most, part = PART_BYTES }: { sees: boolean; most?: Parameters<typeof exportedReceipts>[2]; part?: number },
): AsyncGenerator<string | Uint8Array> {
  const { pool } = db();
  const lines = new Lines(batch.plan.receiptFields, { sees, part });
  for await (const page of exportedReceipts(pool, moment, most)) yield* lines.write(page);
  const { id, name, state } = batch;
  const unresolved = lines.unresolved();
  const sum = sumOf((await foldChunks(pool, id, moment.chunks)).values());
  const at = moment.at.toISOString();
  yield `${JSON.stringify({ kind: 'summary', batch: id, name, state, at, receipts: lines.receipts, attestations: lines.attestations, sum, unresolved })}\n`;
}

/** What a line has beside its body and its values, at most. */
const LINE_BYTES = 160;
/** Lines are handed on when there are so many bytes of them. The rest of a room is for the line that a part ends with; a longer one makes the part larger. */
const PART_BYTES = ROOM_BYTES - 16 * 1024;
/** After so many, what came meanwhile is read off the sockets: a database that can send nothing makes nothing. */
const TURN_RECEIPTS = 200;
const [LINE_END, OPEN_BRACE, CLOSE_BRACE, COMMA] = [0x0a, 0x7b, 0x7d, 0x2c];
const [SEQ, LEAF, FIELDS] = [',"seq":', '"leaf":"', '","fields":{'];

const NO_BYTES: Buffer = Buffer.alloc(0);
const NOTHING: Members = { at: 0, end: 0, members: NO_BYTES };

class Lines {
  receipts = 0;
  /** of these, what agents attested; none of it is in the sum */
  attestations = 0;
  readonly #names: readonly string[];
  /** whether the reader may see items */
  readonly #sees: boolean;
  readonly #partBytes: number;
  // All receipts of an item are in one chunk. An action that ended is forgotten; values hang on its intent, for it is what names the item.
  readonly #open = new OpenActions<Open>();
  /** the lines of the part that is being written, up to `#at` */
  #out: Buffer = NO_BYTES;
  #at = 0;
  /** opened in this part */
  #opened: Open[] = [];
  /** the values of the receipt that was written last: where they stand, or what they are */
  #own: Members = NOTHING;

  constructor(names: readonly string[], { sees, part }: { sees: boolean; part: number }) {
    this.#names = names;
    this.#sees = sees;
    this.#partBytes = part;
  }

  unresolved() {
    return this.#open
      .values()
      .sort((a, b) => a.chunk - b.chunk || a.seq - b.seq)
      .map(({ at: _, end: __, members: ___, ...open }) => open);
  }

  /** The lines of a page, in parts. Whoever reads them is given the memory that they were written into. */
  async *write(page: ReceiptPage): AsyncGenerator<Uint8Array> {
    while (page.next()) {
      this.receipts += 1;
      if (page.kind === 'attestation') this.attestations += 1;
      const intent = page.ordinal === 0 ? undefined : this.#open.get(page.ordinal);
      if (!this.#copy(page, intent)) this.#read(page, intent);
      this.#follow(page, intent);
      if (this.#at >= this.#partBytes) yield this.#part();
      if (this.receipts % TURN_RECEIPTS === 0) await setImmediate();
    }
    // The next page comes into the same room.
    if (this.#at > 0) yield this.#part();
  }

  #part(): Uint8Array {
    for (const open of this.#opened)
      if (this.#open.get(open.ordinal) === open) open.members ??= Buffer.from(this.#out.subarray(open.at, open.end));
    const part = this.#out.subarray(0, this.#at);
    [this.#out, this.#at, this.#opened] = [NO_BYTES, 0, []];
    return part;
  }

  /** Makes room for so many bytes more. */
  #room(bytes: number): Buffer {
    if (this.#at + bytes > this.#out.length) {
      const larger = takeRoom(this.#at === 0 ? bytes : 2 * (this.#at + bytes));
      this.#out.copy(larger, 0, 0, this.#at);
      this.#out = larger;
    }
    return this.#out;
  }

  /** Writes the line. False: the receipt has to be read first. */
  #copy(page: ReceiptPage, intent: Open | undefined): boolean {
    const { kind, bytes, leafAt, bodyAt, bodyEnd, valueCount } = page;
    const isIntent = kind === 'intent';
    if (!page.isSealed || !(isIntent || kind === 'outcome' || kind === 'resolution')) return false;
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
    const carried = intent && !isIntent ? intent.end - intent.at : 0;
    const length = bodyEnd - bodyAt;
    const out = this.#room(length + page.memberBytes + carried + LINE_BYTES);
    out.set(new Uint8Array(page.memory, page.memoryAt + bodyAt, length), this.#at);
    // Over the brace that ends the body.
    let next = this.#at + length - 1;
    next = put(out, putWord(out, putWord(out, next, SEQ), String(page.seq)), COMMA);
    next = putWord(out, putHex(out, putWord(out, next, LEAF), bytes, leafAt), FIELDS);
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
    if (kind === 'intent') {
      const { at, end, members } = this.#own;
      this.#opens({ chunk, seq, ordinal, state: 'in_flight', reason: null, at, end, members });
    } else if (kind === 'outcome' && result === 'uncertain') {
      const { reason = null } = readBody(bytes.subarray(bodyAt, bodyEnd)) as { reason?: string | null };
      const { at, end, members } = intent ?? NOTHING;
      this.#opens({ chunk, seq, ordinal, state: 'uncertain', reason, at, end, members });
    } else this.#open.delete(ordinal);
  }

  #opens(open: Open): void {
    this.#open.set(open);
    if (open.members === null) this.#opened.push(open);
  }
}

const LEAF_BYTES = 32;
const ANSWER = 'answer';

/** Canonical JSON has the member first. */
const COMMITS_TO_ANSWER = Buffer.from('{"answer":"');

function startsWith(bytes: Buffer, at: number, what: Buffer): boolean {
  for (let place = 0; place < what.length; place += 1) if (bytes[at + place] !== what[place]) return false;
  return true;
}

function put(out: Buffer, at: number, byte: number): number {
  out[at] = byte;
  return at + 1;
}

/** A few characters of ASCII: by a loop, for a call out of JavaScript takes longer. */
function putWord(out: Buffer, at: number, word: string): number {
  for (let place = 0; place < word.length; place += 1) out[at + place] = word.charCodeAt(place);
  return at + word.length;
}

function putHex(out: Buffer, begin: number, bytes: Buffer, from: number): number {
  let at = begin;
  for (let place = from; place < from + LEAF_BYTES; place += 1) {
    const byte = bytes[place] as number;
    out[at] = HEX_DIGITS[byte >> 4] as number;
    out[at + 1] = HEX_DIGITS[byte & 15] as number;
    at += 2;
  }
  return at;
}

const HEX_DIGITS = Buffer.from('0123456789abcdef');

function kindOf(body: { kind?: unknown }): unknown {
  return body.kind;
}
