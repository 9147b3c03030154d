/** Stored receipts as people and the API read them: parsed, with values and one line in words. */
import { actionWords } from '#lib/connectors/words.ts';
import { needsTwo, type Signing, signingsOf } from '#lib/core/checkpoints/signatures.ts';
import { storedAnswers } from '#lib/core/checkpoints/stored-answers.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { timeZoneOf } from '#lib/core/plans/plan.ts';
import { type Filters, filtersOf, hasFilters } from '#lib/core/plans/template-filters.ts';
import { decisionLine, ERASED, eventLine, NOT_GIVEN, receiptLine } from '#lib/core/receipts/receipt-line.ts';
import { isRecord } from '#lib/core/values/stored.ts';
import type { ReceiptBody } from '#lib/ledger/receipt.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import type { BatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { readDecisionReceipts } from '#lib/store/checkpoints/decisions.sql.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import type { Db } from '#lib/store/postgres/db.ts';
import type { StoredReceipt } from '#lib/store/receipts/receipt-reads.sql.ts';

export type ReceiptReader = {
  /** Rows for a page of stored receipts; looks each person's name up once. */
  rows(stored: readonly StoredReceipt[]): Promise<ReceiptRow[]>;
};

/**
 * Reads receipts of one batch. A plan's words and people's names are looked up once for all pages.
 * @param sees whether the reader may see items. Who may not is told the receipt fields of items, and neither answers of targets nor words of people: both may say
 * what items hold.
 */
export function receiptReader(
  db: Db,
  batch: Pick<BatchFacts, 'id' | 'plan'>,
  { sees = false }: { sees?: boolean } = {},
): ReceiptReader {
  const words = actionWords(batch.plan);
  const names = new Map<string, string>();
  let filters: Filters | null = null;

  const row = (stored: StoredReceipt, signing: Signing | null): ReceiptRow => {
    const { committedAt, body: bytes, words: _, ...own } = stored;
    const body = parseBody(bytes);
    // A worker is named by whoever shows it: its row may say its machine.
    const by = body.by === '' || body.by.startsWith('worker:') ? body.by : actorName(body.by, names);
    const named = batch.plan.receiptFields;
    const fields = sees ? orderFields(withWords(stored), body, named) : withheldFrom(stored, body, named);
    const reason = 'reason' in body ? body.reason : null;
    return {
      ...own,
      reason,
      at: body.at,
      committedAt: committedAt.toISOString(),
      by,
      fields,
      answer: sees ? answerOf(stored, body) : null,
      body,
      signing,
      line: lineOf(stored, body, by, orderFields(stored, body, named), signing),
    };
  };

  const lineOf = (
    stored: StoredReceipt,
    body: ReceiptBody,
    by: string,
    values: Record<string, string>,
    signing: Signing | null,
  ): string => {
    if (!isReceipt(body)) return "The bytes of this receipt were altered and can't be read.";
    const { kind } = stored;
    if (kind === 'decision') {
      const { answers = null, counts = null } = 'answers' in body ? body : {};
      return decisionLine(
        { answers: storedAnswers(answers), counts: isRecord(counts) ? counts : {}, by, at: body.at, signing },
        batch.plan.categories.map(({ name }) => name),
      );
    }
    if (kind !== 'intent' && kind !== 'outcome' && kind !== 'resolution')
      return eventLine(kind, body, by, sees ? (stored.words.text ?? null) : null);
    return receiptLine(batch.plan, {
      kind,
      result: stored.result,
      reason: 'reason' in body ? body.reason : null,
      evidence: body.kind === 'resolution' ? body.evidence : null,
      past: words.get(stored.category ?? '')?.past ?? 'Done',
      values: filters ? filters.ofLine(values) : values,
    });
  };
  return {
    async rows(stored) {
      const people = stored.map(({ body }) => parseBody(body).by).filter((id) => !id.startsWith('worker:') && !names.has(id));
      if (people.length > 0) for (const [id, name] of await readNames(db, people)) names.set(id, name);
      if (filters === null && hasFilters(batch.plan)) {
        const meanings = (await readMeanings(db.pool, { batchId: batch.id })) ?? {};
        filters = filtersOf(batch.plan, { meanings, timeZone: timeZoneOf(batch.plan) });
      }
      const signings = needsTwo(batch.plan) ? await readSignings(db, batch.id, stored) : null;
      return stored.map((one) => row(one, signings?.get(`${one.chunk}.${one.seq}`) ?? null));
    },
  };
}

/** By "chunk.seq": what the decisions among these were to the signatures of their chunks. */
async function readSignings({ pool }: Db, batchId: string, stored: readonly StoredReceipt[]): Promise<Map<string, Signing>> {
  const upTo = new Map<number, number>();
  for (const { kind, chunk, seq, body } of stored) {
    const read = kind === 'decision' ? parseBody(body) : null;
    const { execute, sendBack } = storedAnswers(read?.kind === 'decision' ? read.answers : null);
    if (execute || sendBack) upTo.set(chunk, Math.max(seq, upTo.get(chunk) ?? 0));
  }
  if (upTo.size === 0) return new Map();
  const decisions = Map.groupBy(await readDecisionReceipts(pool, batchId, upTo), ({ chunk }) => chunk);
  return new Map(
    [...decisions].flatMap(([chunk, own]) =>
      [...signingsOf(own)].map(([seq, signing]): [string, Signing] => [`${chunk}.${seq}`, signing]),
    ),
  );
}

const parsed = new WeakMap<Buffer, ReceiptBody>();

/** Parsed once per page. Reading is not verifying: what was altered still has to be shown, and the trail proves that it was. */
function parseBody(bytes: Buffer): ReceiptBody {
  let body = parsed.get(bytes);
  if (!body) {
    body = readBody(bytes);
    parsed.set(bytes, body);
  }
  return body;
}

export function readBody(bytes: Buffer): ReceiptBody {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (isReceipt(value)) return value;
  } catch {
    // Falls through to the bytes as they are.
  }
  return { unreadable: bytes.toString('base64'), by: '', at: '' } as unknown as ReceiptBody;
}

function isReceipt(value: unknown): value is ReceiptBody {
  return isRecord(value) && typeof value.by === 'string' && typeof value.at === 'string' && typeof value.kind === 'string';
}

/** One that an outcome commits to and that has no row left is as good as erased. */
function answerOf(stored: StoredReceipt, body: ReceiptBody): string | null {
  return body.kind === 'outcome' && body.v === 2 && body.answer !== null ? (stored.answer ?? ERASED) : null;
}

/** The plan's fields first and in its order. A value that a body commits to and that has no row left is as good as erased. */
export function orderFields(
  stored: Pick<StoredReceipt, 'fields'>,
  body: ReceiptBody,
  names: readonly string[],
): Record<string, string> {
  const has = (name: string): boolean => Object.hasOwn(stored.fields, name);
  const committed = committedTo(body);
  const known = new Set([...names, ...committed, ...Object.keys(stored.fields)]);
  return Object.fromEntries(
    [...known]
      .filter((name) => has(name) || committed.includes(name))
      .map((name) => [name, has(name) ? (stored.fields[name] ?? '') : ERASED]),
  );
}

const withWords = ({ fields, words }: StoredReceipt) => ({ fields: { ...fields, ...words } });

/** What whoever may not see items is told: the receipt fields of the item, and that there are words of people. */
export function withheldFrom(
  { fields, words }: Pick<StoredReceipt, 'fields' | 'words'>,
  body: ReceiptBody,
  names: readonly string[],
): Record<string, string> {
  const said = body.kind === 'intent' ? [] : [...Object.keys(words), ...committedTo(body)];
  const withheld = Object.fromEntries(said.map((word) => [word, NOT_GIVEN]));
  return orderFields({ fields: { ...withheld, ...fields } }, body, names);
}

/** The fields whose values stand beside the receipt: those of an item, or people's words. Version 1 of a decision held the word itself. */
function committedTo(body: ReceiptBody): string[] {
  if (body.kind === 'intent') return Object.keys(body.values ?? {});
  if (body.kind === 'decision' && body.v === 1) return [];
  return WORDS.filter((word) => typeof (body as unknown as Record<string, unknown>)[word] === 'string');
}

/** Members of bodies that are commitments; what a target answered is told apart. */
const WORDS = ['note', 'override', 'instruction', 'text'];
