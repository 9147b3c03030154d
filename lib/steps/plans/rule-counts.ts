/** How many items each rule of a batch classified so far, and which: by the revision that each chunk goes by, told of the rules that hold now. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { isRecord } from '#lib/core/values/stored.ts';
import { canonicalBytes, type Json } from '#lib/ledger/canonical.ts';
import type { RuleCounts, RuleItem } from '#lib/shapes/plans.ts';
import { isId } from '#lib/steps/ids.ts';
import { limitOf, numbersCursor, type Page, type PageInput } from '#lib/steps/page.ts';
import { readClassified } from '#lib/store/checkpoints/checkpoint-reads.sql.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { NO_PART } from '#lib/store/chunks/classifications.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { readLatestPlan, readPlansAt } from '#lib/store/plans/revisions.ts';
import {
  countClassifiedItems,
  type PartAt,
  readChunksOfPart,
  readOrdinalsOfPart,
  readPartItems,
  readRevisionsInUse,
} from '#lib/store/plans/rule-counts.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** Null when there is no such batch. */
export async function readRuleCounts(actor: Actor, { batchId }: { batchId: string }): Promise<RuleCounts | null> {
  authorise(actor, 'see');
  const latest = isId(batchId) ? await readLatestPlan(db(), batchId) : null;
  if (!latest) return null;
  const { pool } = db();
  const [given, upTo] = await Promise.all([readPartItems(pool, batchId), countClassifiedItems(pool, batchId)]);
  const { revision, plan } = latest;
  const placeOf = await placesOf(batchId, latest);
  const rules = rulesIn(plan).map(({ category }) => ({ category, items: 0, moved: 0 }));
  const otherwise = { category: otherwiseIn(plan), items: 0, moved: 0 };
  let others = 0;
  for (const { category, items, ...at } of given) {
    const place = placeOf(at);
    const one = at.part === NO_PART ? otherwise : place === null ? undefined : rules[place];
    if (!one) others += items;
    else {
      one.items += items;
      if (category !== one.category) one.moved += items;
    }
  }
  const known = given.reduce((sum, { items }) => sum + items, 0);
  const bare = ({ items, moved }: typeof otherwise) => ({ items, moved });
  // The two were read one after the other while workers classify.
  const unknown = Math.max(0, upTo - known);
  return { revision, plan, rules: rules.map(bare), otherwise: bare(otherwise), others, unknown, upTo: known + unknown };
}

const READ_CHUNKS = 20;
const LOOKS_MAX = 20;

/**
 * The items that a rule classified, chunk by chunk in the order of their numbers: `rule` is its number among the rules that hold now, 0 for what no rule took. A page may
 * have fewer rows than its limit, and none: it looks at so many items. Null when there is no such batch. Throws `invalid`, `not_found`.
 */
export async function readRuleItems(
  actor: Actor,
  { batchId, rule, ...page }: PageInput & { batchId: string; rule: number },
): Promise<Page<RuleItem> | null> {
  authorise(actor, 'see');
  const limit = limitOf(page);
  const [from = 0, begun = 0] = numbersCursor(page, 2);
  const batch = isId(batchId) ? await readBatchRow(db(), batchId) : null;
  const latest = batch && (await readLatestPlan(db(), batchId));
  if (!batch || !latest) return null;
  const { pool } = db();
  const parts = await partsOf(batchId, latest, rule);
  const chunks = await readChunksOfPart(pool, batchId, parts, { from, limit: READ_CHUNKS + 1 });
  const found: Omit<RuleItem, 'by'>[] = [];
  const givers: string[] = [];
  let next: string | null = chunks.length > READ_CHUNKS ? `${chunks[READ_CHUNKS]?.number ?? 0}.0` : null;
  let looks = 0;
  walk: for (const { id: chunkId, number, part } of chunks.slice(0, READ_CHUNKS)) {
    for (let after: number | null = number === from ? begun : 0; after !== null; ) {
      const left = limit - found.length;
      if (left === 0 || looks === LOOKS_MAX) {
        next = `${number}.${after}`;
        break walk;
      }
      looks += 1;
      const { ordinals, looked } = await readOrdinalsOfPart(pool, { batchId, chunkId, part }, { after, limit: left });
      const items = await readClassified(pool, { batchId, datasetId: batch.datasetId, chunkId }, ordinals);
      for (const ordinal of ordinals) {
        const item = items.get(ordinal);
        if (!item) continue;
        const { by, ...one } = item;
        found.push({ ...one, chunk: number });
        givers.push(by);
      }
      // As many as were asked for: what is behind the last of them was not looked at.
      after = ordinals.length === left ? (ordinals.at(-1) ?? null) : looked;
    }
  }
  const names = await readNames(db(), givers);
  return { items: found.map((one, index) => ({ ...one, by: actorName(givers[index] ?? '', names) })), next };
}

type Latest = { revision: number; plan: Plan };

/** Where a part of an earlier revision stands among the rules that hold now; null where it is gone. */
async function placesOf(batchId: string, { revision, plan }: Latest): Promise<(at: PartAt) => number | null> {
  const texts = rulesIn(plan).map(({ text }) => text);
  const places = new Map<number, (number | null)[]>([[revision, texts.map((_, place) => place)]]);
  for (const [earlier, rules] of await earlierRules(batchId, revision))
    places.set(
      earlier,
      rules.map(({ text }) => {
        const place = texts.indexOf(text);
        return place < 0 ? null : place;
      }),
    );
  return ({ planRevision, part }) => places.get(planRevision)?.[part] ?? null;
}

/** The parts of every revision that are this rule. */
async function partsOf(batchId: string, { revision, plan }: Latest, number: number): Promise<PartAt[]> {
  const rule = rulesIn(plan)[number - 1];
  if (number !== 0 && !rule) throw new CountersignError('not_found', `There is no rule ${number}.`);
  const all = [[revision, rulesIn(plan)] as const, ...(await earlierRules(batchId, revision))];
  return all.flatMap(([planRevision, rules]): PartAt[] => {
    if (!rule) return [{ planRevision, part: NO_PART }];
    const part = rules.findIndex(({ text }) => text === rule.text);
    return part < 0 ? [] : [{ planRevision, part }];
  });
}

type RuleText = { text: string; category: string };

/** The rules of each earlier revision that a chunk of the batch still goes by. */
async function earlierRules(batchId: string, latest: number): Promise<[revision: number, rules: RuleText[]][]> {
  const revisions = (await readRevisionsInUse(db().pool, batchId)).filter((revision) => revision !== latest);
  const plans = await readPlansAt(db(), batchId, revisions);
  return [...plans].map(([revision, plan]) => [revision, rulesIn(plan)]);
}

/** Each rule as a text that is the same only of the same rule. */
function rulesIn({ classifier }: Plan): RuleText[] {
  const { rules } = classifier as { rules?: unknown };
  if (!Array.isArray(rules)) return [];
  return rules.map((rule) => ({
    text: Buffer.from(canonicalBytes(rule as Json)).toString(),
    category: isRecord(rule) ? String(rule.category) : '',
  }));
}

function otherwiseIn({ classifier }: Plan): string {
  const { otherwise } = classifier as { otherwise?: unknown };
  return typeof otherwise === 'string' ? otherwise : '';
}
