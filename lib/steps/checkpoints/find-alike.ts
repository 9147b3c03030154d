/** What is like items that a person moved: so that one correction can move others, or become a rule. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { classifyingOf } from '#lib/classifiers/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { LIKE_OF_MAX } from '#lib/core/limits.ts';
import { isTyped, type Plan } from '#lib/core/plans/plan.ts';
import { fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import { type Alike, alikeAsked, type Ground } from '#lib/shapes/checkpoints.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { byRulesOf } from '#lib/steps/plans/plan-of-chunk.ts';
import { workOut } from '#lib/steps/plans/work-out.ts';
import { type BatchFacts, readBatchFacts, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { type AlikeRow, countAlikeToCome, type Like, readAlike } from '#lib/store/checkpoints/alike.sql.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
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
  const ordinals = [...read.data.ordinals].sort((a, b) => a - b).slice(0, LIKE_OF_MAX);
  const like = await likeOf(dataset, ordinals);
  const none = { from, to, grounds: [], compared: { here: 0, toCome: 0, itemsToCome: 0 } };
  if (!like || batch.undoes !== null) return none;
  const rule = await ruleOf(batch, dataset, ordinals);
  const of = { batchId, datasetId: batch.datasetId, chunkId: chunk.id };
  const given = { category: from, by: batch.plan.classifier.kind, rule };
  const here = await readAlike(pool, of, like, given);
  const [toCome, left] = await Promise.all([countAlikeToCome(pool, of, like), readToCome(pool, batchId)]);
  const asked = new Set(read.data.ordinals);
  const others = here.rows.filter(({ ordinal }) => !asked.has(ordinal));
  const compared = here.compared + toCome.compared;
  const grounds = groundsOf({ batch, like, rule, others, toCome, to }).filter(({ kind, ordinals: own, toCome: later }) => {
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
    compared: { here: here.compared, toCome: toCome.compared, itemsToCome: left.items },
  };
}

/** Of so few everything may be alike. */
const FEW = 10;
const EXAMPLES = 3;
const FIELDS_COMPARED = 8;
const VALUE_CHARS = 200;
const GROUNDS_MAX = 3;

type Compared = Like & { values: string[]; text: string };

/** What these items have in common: the fields whose values repeat in the dataset, and the words of the field that says what an item is about. */
async function likeOf(dataset: PlanningDataset, ordinals: readonly number[]): Promise<Compared | null> {
  const body = formatOf(dataset.format)?.textField ?? null;
  const texts = dataset.fields.filter(({ name, type }) => name !== body && type !== 'number' && type !== 'date');
  const repeats = texts.filter(({ top }) => (top[0]?.count ?? 2) > 1).slice(0, FIELDS_COMPARED);
  const about = texts.find(({ name }) => ABOUT.includes(name.toLowerCase())) ?? null;
  const named = [...new Set([...repeats.map(({ name }) => name), ...(about ? [about.name] : [])])];
  const items = await readItems(db().pool, dataset.id, { fields: named, after: 0, limit: ordinals.length, among: ordinals });
  const [first] = items;
  if (!first) return null;
  const common = named.filter((name) => {
    const value = first.fields[name];
    return value && value.length <= VALUE_CHARS && items.every(({ fields }) => fields[name] === value);
  });
  const fields = common.filter((name) => name !== about?.name);
  const text = about ? (first.fields[about.name] ?? '') : '';
  const sameText = about !== null && items.every(({ fields: own }) => wordsIn(own[about.name] ?? '') === wordsIn(text));
  return {
    ...{ ordinal: first.ordinal, fields, words: sameText && wordsIn(text) !== '' ? (about?.name ?? null) : null },
    ...{ values: fields.map((name) => first.fields[name] ?? ''), text },
  };
}

/** Fields of which the words say what an item is about. */
const ABOUT = ['subject', 'title', 'ticket subject', 'summary', 'name', 'description', 'betreff', 'oggetto'];

/** As the database compares them: without numbers, and without what an answer puts before a subject. */
function wordsIn(text: string): string {
  const bare = text.toLowerCase().replace(/^((re|fwd?|aw|wg|tr|rif|sv) *: *)+/, '');
  return bare.replaceAll(/[^\p{L}]+/gu, ' ').trim();
}

type RuleGiven = { why: string; confidence: number; part: number | null };

/** What the rules say of these items, where they say the same of all: a correction has overwritten it. Null where they can't say it in time. */
async function ruleOf(batch: BatchFacts, dataset: PlanningDataset, ordinals: readonly number[]): Promise<RuleGiven | null> {
  const meanings = (await readMeanings(db().pool, { batchId: batch.id })) ?? {};
  const plan = classifyingOf(batch.plan);
  const fields = { fieldNames: dataset.fields.map(({ name }) => name), meanings };
  const all = await workOut('classifyItems', { datasetId: dataset.id, ordinals, plan, fields }, { plan }).catch(
    (error: unknown) => {
      if (error instanceof CountersignError) return [];
      throw error;
    },
  );
  const [first] = all;
  const isSame = all.every(({ part, why }) => part === first?.part && why === first?.why);
  return first && isSame ? { why: first.why, confidence: first.confidence, part: first.part ?? null } : null;
}

type Found = {
  batch: BatchFacts;
  like: Compared;
  rule: RuleGiven | null;
  others: readonly AlikeRow[];
  toCome: { same: number[]; words: number };
  to: string;
};

function groundsOf({ batch, like, rule, others, toCome, to }: Found): Omit<Ground, 'examples'>[] {
  const fields = like.fields.map((field, index): Omit<Ground, 'examples'> => {
    const value = like.values[index] ?? '';
    return {
      ...{ kind: 'field', field, value, toCome: toCome.same[index] ?? 0 },
      ordinals: others.flatMap(({ ordinal, same }) => (same[index] ? [ordinal] : [])),
      rule: ruleFor(batch.plan, { field, is: 'is', value }, to),
    };
  });
  const words = like.words === null ? [] : [wordsGround(batch.plan, like, others, toCome.words, to)];
  const decided = rule?.part == null ? [] : [ruleGround(batch.plan, rule, others, to)];
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
function ruleGround(plan: Plan, { part }: RuleGiven, others: readonly AlikeRow[], to: string): Omit<Ground, 'examples'> {
  const rules = (plan.classifier as { rules?: Json[] }).rules ?? [];
  const rule = rules[part ?? -1];
  const before = typeof rule === 'object' && rule !== null && !Array.isArray(rule) ? rule : null;
  return {
    ...{ kind: 'rule', field: null, value: `Rule ${(part ?? 0) + 1}`, toCome: null },
    ordinals: others.flatMap(({ ordinal, rule: same }) => (same ? [ordinal] : [])),
    rule: before && { ...before, category: to, why: '' },
  };
}

/** A row of conditions, or CEL where the plan knows no rows. */
function ruleFor(plan: Plan, { field, is, value }: { field: string; is: 'is' | 'contains'; value: string }, to: string): Json {
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
