/**
 * Receipts as JSON lines: each body's members plus `seq`, `leaf` and `fields`, then one line of kind `summary`. A body that has its leaf is canonical JSON: it is
 * copied into its line and never parsed. Only what was altered, and what is no step of an action, is read first. Where an outcome commits to what the target
 * answered, `answerText` is that, for whoever may see items.
 */
import { hash } from 'node:crypto';
import { ERASED } from '#lib/core/receipts/receipt-line.ts';
import { sumOf } from '#lib/core/receipts/sum.ts';
import type { BatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { type ExportedReceipt, exportedReceipts } from '#lib/store/receipts/export.sql.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';
import type { Moment } from '#lib/store/receipts/trail.sql.ts';
import { orderFields, readBody } from './receipt-rows.ts';

type Open = {
  chunk: number;
  seq: number;
  ordinal: number;
  state: 'in_flight' | 'uncertain';
  reason: string | null;
  members: Buffer;
};

export async function* jsonlReceipts(
  batch: BatchFacts,
  moment: Moment,
  { answers }: { answers: boolean },
): AsyncGenerator<string | Uint8Array> {
  const { pool } = db();
  const lines = new Lines(batch.plan.receiptFields, answers);
  for await (const { rows, bytes } of exportedReceipts(pool, moment)) yield* lines.write(rows, bytes);
  const { id, name, state } = batch;
  const unresolved = lines.unresolved().map(({ members: _, ...open }) => open);
  const sum = sumOf((await foldChunks(pool, id, moment.chunks)).values());
  const at = moment.at.toISOString();
  yield `${JSON.stringify({ kind: 'summary', batch: id, name, state, at, receipts: lines.receipts, sum, unresolved })}\n`;
}

const NO_MEMBERS = Buffer.alloc(0);
/** What a line has beside its body and its values, at most. */
const LINE_BYTES = 160;
const [NUL, LINE_END, OPEN_BRACE, CLOSE_BRACE, COMMA] = [0x00, 0x0a, 0x7b, 0x7d, 0x2c];

class Lines {
  receipts = 0;
  readonly #names: readonly string[];
  /** whether what targets answered is told */
  readonly #answers: boolean;
  // All receipts of an item are in one chunk. An action that ended is forgotten; values hang on its intent, for it is what names the item.
  readonly #open = new Map<number, Open>();

  constructor(names: readonly string[], answers: boolean) {
    this.#names = names;
    this.#answers = answers;
  }

  unresolved(): Open[] {
    return [...this.#open.values()].sort((a, b) => a.chunk - b.chunk || a.seq - b.seq);
  }

  /** The lines of a page. */
  *write(rows: readonly ExportedReceipt[], bytes: number): Generator<string | Uint8Array> {
    // Each receipt's values are written with it, and once more with what ended it.
    const carried = [...this.#open.values()].reduce((sum, { members }) => sum + members.length, 0);
    const out = Buffer.allocUnsafeSlow(1 + 2 * bytes + carried + rows.length * LINE_BYTES);
    out[0] = LINE_END;
    let [from, at] = [1, 1];
    for (const row of rows) {
      this.receipts += 1;
      const intent = row.ordinal === null ? undefined : this.#open.get(row.ordinal);
      const end = this.#copy(out, at, row, intent?.members ?? NO_MEMBERS);
      if (end !== null) at = end;
      else {
        if (at > from) yield out.subarray(from, at);
        from = at;
        yield this.#read(row, intent?.members ?? NO_MEMBERS);
      }
      this.#follow(row, intent);
    }
    if (at > from) yield out.subarray(from, at);
  }

  /** Writes the line behind the byte before `at`, and gives where it ends; null where the receipt has to be read first. */
  #copy(out: Buffer, at: number, { kind, seq, leaf, body, values }: ExportedReceipt, members: Buffer): number | null {
    const answer = kind === 'outcome' ? answerIn(values) : null;
    const own = answer === null ? (values?.members ?? NO_MEMBERS) : NO_MEMBERS;
    // It commits to an answer whose value is gone.
    if (kind === 'outcome' && answer === null && this.#answers && body.indexOf(COMMITS_TO_ANSWER) === 0) return null;
    if (kind === 'intent' ? values?.count !== this.#names.length && this.#names.length > 0 : !STEPS.includes(kind)) return null;
    if (kind !== 'intent' && answer === null && values !== null && !this.#isApart(values)) return null;
    if (body[0] !== OPEN_BRACE || body[body.length - 1] !== CLOSE_BRACE) return null;
    body.copy(out, at);
    const end = at + body.length;
    // RFC 6962: the leaf is over a zero and the body. The byte before the body stands for it, for that long.
    const before = out[at - 1] as number;
    out[at - 1] = NUL;
    const said = leaf.toString('hex');
    const is = hash('sha256', out.subarray(at - 1, end), 'hex');
    out[at - 1] = before;
    if (is !== said) return null;
    // Over the brace that ends the body.
    let next = end - 1;
    next += out.write(`,"seq":${seq},"leaf":"${said}","fields":{`, next, 'latin1');
    if (kind !== 'intent') next += members.copy(out, next);
    if (kind !== 'intent' && members.length > 0 && own.length > 0) {
      out[next] = COMMA;
      next += 1;
    }
    next += own.copy(out, next);
    out[next] = CLOSE_BRACE;
    next += 1;
    if (answer !== null && this.#answers) {
      next += out.write(',"answerText":', next, 'latin1');
      next += answer.copy(out, next);
    }
    out[next] = CLOSE_BRACE;
    out[next + 1] = LINE_END;
    return next + 2;
  }

  /** One value that no field of the item is called as: it stands behind those. */
  #isApart({ count, members }: NonNullable<ExportedReceipt['values']>): boolean {
    return count === 1 && !this.#names.some((name) => members.indexOf(`${JSON.stringify(name)}:`) === 0);
  }

  #read({ kind, seq, leaf, body: bytes, values }: ExportedReceipt, members: Buffer): string {
    const body = readBody(bytes);
    const before = kindOf(body) === 'intent' ? {} : JSON.parse(`{${members}}`);
    const { answer, ...others } = JSON.parse(`{${values?.members ?? ''}}`);
    const isAnswer = kind === 'outcome';
    const own = isAnswer || answer === undefined ? others : { ...others, answer };
    const fields = orderFields({ fields: { ...before, ...own } }, body, this.#names);
    const committed = isAnswer && typeof (body as { answer?: unknown }).answer === 'string';
    const told = committed && this.#answers ? { answerText: answer ?? ERASED } : {};
    return `${JSON.stringify({ ...body, seq, leaf: leaf.toString('hex'), fields, ...told })}\n`;
  }

  /** Keeps what is open as receipts go by: an intent opens an action, uncertain leaves it open, everything else ends it. */
  #follow({ chunk, seq, ordinal, kind, result, body, values }: ExportedReceipt, intent: Open | undefined): void {
    if (ordinal === null) return;
    const at = { chunk, seq, ordinal };
    if (kind === 'intent')
      this.#open.set(ordinal, { ...at, state: 'in_flight', reason: null, members: values?.members ?? NO_MEMBERS });
    else if (kind === 'outcome' && result === 'uncertain') {
      const { reason = null } = readBody(body) as { reason?: string | null };
      this.#open.set(ordinal, { ...at, state: 'uncertain', reason, members: intent?.members ?? NO_MEMBERS });
    } else this.#open.delete(ordinal);
  }
}

const STEPS = ['intent', 'outcome', 'resolution'];

/** Canonical JSON has the member first. */
const COMMITS_TO_ANSWER = '{"answer":"';
const ANSWER = '"answer":';

/** What the target answered, as JSON; null where that is not what stands beside the receipt. */
function answerIn(values: ExportedReceipt['values']): Buffer | null {
  return values?.count === 1 && values.members.indexOf(ANSWER) === 0 ? values.members.subarray(ANSWER.length) : null;
}

function kindOf(body: { kind?: unknown }): unknown {
  return body.kind;
}
