/** What is like items that a person moved: so that one correction can move others, or become a rule. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CLASSIFY_PAGE_ITEMS, LIKE_OF_MAX, LIKE_OF_MS } from '#lib/core/limits.ts';
import { isTyped, type Plan } from '#lib/core/plans/plan.ts';
import { fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import { type Alike, alikeAsked, type Ground } from '#lib/shapes/checkpoints.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { byRulesOf } from '#lib/steps/plans/plan-of-chunk.ts';
import { type BatchFacts, readBatchFacts, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import {
  type AlikeRow,
  countAlikeToCome,
  type Like,
  readAlike,
  readCommonPart,
  readMoved,
} from '#lib/store/checkpoints/alike.sql.ts';
import { type PlanningDataset, readItems, readPlanningDataset } from '#lib/store/plans/planning.sql.ts';
import { readToCome } from '#lib/store/plans/revisions.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = alikeAsked.extend({ batchId: z.uuid(), chunk: nameNumber });

/**
 * The grounds on which others are like all of these, the narrowest first: a ground that most of the category shares says nothing. Reads only, with a budget.
 * Throws `invalid`, `not_found`.
 */
export async function findAlike(actor: Actor, raw: z.input<typeof input>): Promise<Alike> {
  authorise(actor, 'correct');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', `This can't be read: ${read.error.issues[0]?.message}`);
  const { batchId, chunk: number, from, to } = read.data;
  const { pool } = db();
  const facts = await readBatchFacts(pool, batchId);
  const [chunk] = facts ? await readChunksNow(pool, batchId, { number }) : [];
  const dataset = facts && (await readPlanningDataset(pool, facts.datasetId));
  if (!facts || !chunk || !dataset) throw new CountersignError('not_found', 'There is no such chunk.');
  const batch = await byRulesOf(facts, chunk);
  const { ordinals, items } = await movedOf(chunk.id, read.data);
  const like = batch.undoes === null ? await likeOf(dataset, ordinals) : null;
  const part = like && (await readCommonPart(pool, batchId, ordinals));
  const together = { items, compared: like?.compared ?? 0, first: like?.ordinal ?? null };
  if (!like || (like.fields.length === 0 && like.words === null && part === null))
    return { from, to, grounds: [], of: together, compared: { here: 0, toCome: 0, itemsToCome: 0 } };
  const of = { batchId, datasetId: batch.datasetId, chunkId: chunk.id };
  const given = { category: from, by: batch.plan.classifier.kind, part };
  const here = await readAlike(pool, of, like, given);
  const [toCome, left] = await Promise.all([countAlikeToCome(pool, of, like), readToCome(pool, batchId)]);
  const asked = new Set(ordinals);
  const others = here.rows.filter(({ ordinal }) => !asked.has(ordinal));
  const compared = here.compared + toCome.compared;
  const grounds = groundsOf({ batch, like, part, others, toCome, to }).filter(({ kind, ordinals: own, toCome: later }) => {
    const alike = own.length + (later ?? 0);
    return alike > 0 && (kind === 'rule' || alike <= compared / 2 || compared < FEW);
  });
  const lines = await linesOf(batch, grounds);
  return {
    ...{ from, to },
    grounds: grounds
      .map((one) => ({
        ...one,
        examples: one.ordinals.slice(0, EXAMPLES).map((ordinal) => ({ ordinal, line: lines.get(ordinal) ?? '' })),
      }))
      .sort((a, b) => a.ordinals.length - b.ordinals.length),
    of: together,
    compared: { here: here.compared, toCome: toCome.compared, itemsToCome: left.items },
  };
}

/** Of so few everything may be alike. */
const FEW = 10;
const EXAMPLES = 3;
const FIELDS_COMPARED = 8;
const VALUE_CHARS = 200;
const GROUNDS_MAX = 3;

/** What was moved together: so many of the items as are compared, ascending, and how many there are. */
async function movedOf(
  chunkId: string,
  { ordinals, revision, to }: z.output<typeof alikeAsked>,
): Promise<{ ordinals: number[]; items: number }> {
  if (revision !== undefined) return readMoved(db().pool, { chunkId, revision, to }, LIKE_OF_MAX);
  const all = [...new Set(ordinals)].sort((a, b) => a - b);
  return { ordinals: all, items: all.length };
}

type Compared = Like & { values: string[]; text: string /** items that were compared with each other */; compared: number };

/**
 * What all of these items have in common: the fields whose values repeat in the dataset, and the words of the field that says what an item is about. Page by page, until
 * nothing is left that could be common, or the time is over.
 */
async function likeOf(dataset: PlanningDataset, ordinals: readonly number[]): Promise<Compared | null> {
  const body = formatOf(dataset.format)?.textField ?? null;
  const texts = dataset.fields.filter(({ name, type }) => name !== body && type !== 'number' && type !== 'date');
  const repeats = texts.filter(({ top }) => (top[0]?.count ?? 2) > 1).slice(0, FIELDS_COMPARED);
  const about = texts.find(({ name }) => ABOUT.includes(name.toLowerCase()))?.name ?? null;
  const named = [...new Set([...repeats.map(({ name }) => name), ...(about ? [about] : [])])];
  const pageOf = (fields: string[], after: number) =>
    readItems(db().pool, dataset.id, { fields, after, limit: CLASSIFY_PAGE_ITEMS, among: ordinals });
  let page = await pageOf(named, 0);
  const [first] = page;
  if (!first) return null;
  const text = about ? (first.fields[about] ?? '') : '';
  let words = wordsIn(text) === '' ? null : about;
  let common = named.filter((name) => name !== about && first.fields[name] && (first.fields[name]?.length ?? 0) <= VALUE_CHARS);
  let compared = 0;
  for (const until = Date.now() + LIKE_OF_MS; page.length > 0; ) {
    common = common.filter((name) => page.every(({ fields }) => fields[name] === first.fields[name]));
    if (words !== null && page.some(({ fields }) => wordsIn(fields[about ?? ''] ?? '') !== wordsIn(text))) words = null;
    compared += page.length;
    const last = page.at(-1)?.ordinal ?? 0;
    if (Date.now() > until || last === ordinals.at(-1)) break;
    if (common.length === 0 && words === null) {
      compared = ordinals.length;
      break;
    }
    page = await pageOf([...common, ...(words === null ? [] : [words])], last);
  }
  return {
    ordinal: first.ordinal,
    fields: common,
    words,
    values: common.map((name) => first.fields[name] ?? ''),
    text,
    compared,
  };
}

/** Fields of which the words say what an item is about. */
const ABOUT = ['subject', 'title', 'ticket subject', 'summary', 'name', 'description', 'betreff', 'oggetto'];

/** As the database compares them: without numbers, and without what an answer puts before a subject. */
function wordsIn(text: string): string {
  const bare = text.toLowerCase().replace(/^((re|fwd?|aw|wg|tr|rif|sv) *: *)+/, '');
  return bare.replaceAll(/[^\p{L}]+/gu, ' ').trim();
}

type Found = {
  batch: BatchFacts;
  like: Compared;
  part: number | null;
  others: readonly AlikeRow[];
  toCome: { same: number[]; words: number };
  to: string;
};

function groundsOf({ batch, like, part, others, toCome, to }: Found): Omit<Ground, 'examples'>[] {
  const fields = like.fields.map((field, index): Omit<Ground, 'examples'> => {
    const value = like.values[index] ?? '';
    return {
      ...{ kind: 'field', field, value, toCome: toCome.same[index] ?? 0 },
      ordinals: others.flatMap(({ ordinal, same }) => (same[index] ? [ordinal] : [])),
      rule: ruleFor(batch.plan, { field, is: 'is', value }, to),
    };
  });
  const words = like.words === null ? [] : [wordsGround(batch.plan, like, others, toCome.words, to)];
  const decided = part === null ? [] : [ruleGround(batch.plan, part, others, to)];
  const narrow = fields.sort((a, b) => a.ordinals.length - b.ordinals.length).slice(0, GROUNDS_MAX);
  return [...narrow, ...words, ...decided];
}

function wordsGround(
  plan: Plan,
  like: Compared,
  others: readonly AlikeRow[],
  toCome: number,
  to: string,
): Omit<Ground, 'examples'> {
  // The longest run without a number is in all of them, as it stands.
  const bare = like.text.replace(/^((re|fwd?|aw|wg|tr|rif|sv) *: *)+/i, '');
  const [longest = ''] = bare
    .split(/\d+/)
    .map((part) => part.trim())
    .sort((a, b) => b.length - a.length);
  const field = like.words as string;
  return {
    ...{ kind: 'words', field, value: wordsIn(like.text), toCome },
    ordinals: others.flatMap(({ ordinal, words }) => (words ? [ordinal] : [])),
    rule: longest.length > 2 ? ruleFor(plan, { field, is: 'contains', value: longest }, to) : null,
  };
}

/** The rule that decided, with the other category: put before the others, it takes the same items. */
function ruleGround(plan: Plan, part: number, others: readonly AlikeRow[], to: string): Omit<Ground, 'examples'> {
  const rules = (plan.classifier as { rules?: Json[] }).rules ?? [];
  const rule = rules[part];
  const before = typeof rule === 'object' && rule !== null && !Array.isArray(rule) ? rule : null;
  return {
    ...{ kind: 'rule', field: null, value: `Rule ${part + 1}`, toCome: null },
    ordinals: others.flatMap(({ ordinal, rule: same }) => (same ? [ordinal] : [])),
    rule: before && { ...before, category: to, why: '' },
  };
}

/** A row of conditions, or CEL where the plan knows no rows; null where it goes by no rules. */
function ruleFor(plan: Plan, { field, is, value }: { field: string; is: 'is' | 'contains'; value: string }, to: string): Json {
  if ((plan.classifier as { rules?: Json[] }).rules === undefined) return null;
  const rest = { category: to, why: '', confidence: 0.9 };
  if (isTyped(plan)) return { where: [[{ field, is, value }]], ...rest };
  const [name, text] = [JSON.stringify(field), JSON.stringify(value)];
  return { when: is === 'is' ? `item[${name}] == ${text}` : `item[${name}].contains(${text})`, ...rest };
}

const FIELDS_IN_LINE = 3;
const LINE_CHARS = 200;

async function linesOf(batch: BatchFacts, grounds: readonly Omit<Ground, 'examples'>[]): Promise<Map<number, string>> {
  const among = [...new Set(grounds.flatMap(({ ordinals }) => ordinals.slice(0, EXAMPLES)))].sort((a, b) => a - b);
  const { plan } = batch;
  const receiptFields = plan.receiptFields.length > 0 ? plan.receiptFields : batch.fieldNames.slice(0, FIELDS_IN_LINE);
  const items = await readItems(db().pool, batch.datasetId, {
    ...{ fields: receiptFields, after: 0, limit: Math.max(1, among.length), among },
  });
  return new Map(
    items.map(({ ordinal, fields }) => [ordinal, fieldsLine({ ...plan, receiptFields }, fields).slice(0, LINE_CHARS)]),
  );
}
