/** What people's marks say about the chunks of a decision, at the moment of the decision. */
import { type Looks, leastAtMost } from '#lib/core/evidence/bound.ts';
import { judge, unmetWords } from '#lib/core/evidence/demands.ts';
import { type DecisionBody, marksDigest, type ReviewedCategory, rangesOf } from '#lib/ledger/receipt.ts';
import type { Demand } from '#lib/shapes/evidence.ts';
import type { PoolKept } from '#lib/store/checkpoints/decisions.ts';
import type { BatchRow } from '#lib/store/chunks/chunks.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { type ChunkToDraw, readDrawable, readInReview } from '#lib/store/reviews/evidence.sql.ts';
import { readPool } from '#lib/store/reviews/evidence.ts';
import { turns } from '#lib/turns.ts';
import { actingOf, isExempt, markedIn, wantingMarks } from './read-evidence.ts';
import { type Ground, groundsOf, shareUnder, ungroundedWords, wholeOf } from './under-bound.ts';

type Decision2 = Extract<DecisionBody, { v: 2 }>;
/** What an override was needed for, as the receipt of the decision says it. */
export type Override = Decision2['overrides'][number];

export type ReviewFacts = {
  /** per acting category that has items, over what the decision's bound is over */
  reviews: Record<string, ReviewedCategory>;
  /** the digest of the marks on the chunk's items */
  marks: string;
  /** acting categories of the chunk that want a mark in the decision's chunks, and have none */
  unmarked: string[];
  /** one for each acting category of the chunk, where the plan demands evidence of this decision */
  demands: Demand[];
  /** those that are not met, a sentence each */
  unmet: string[];
  /** why the looks over the batch are no ground for what nobody saw of the chunk, a sentence each; empty where they are, or where all was seen */
  ungrounded: string[];
  /** what is demanded, and whether it is met; null: nothing is demanded, or this decision is exempt */
  evidence: Decision2['evidence'];
};

/** `unseen`: the categories of which nobody saw an item. */
type Decided = { row: ChunkToDraw; counts: Readonly<Record<string, number>>; unseen: readonly string[] };

/**
 * By the chunk's id, and what the looks over the batch are pooled from. `counts` are the items per category that the decision is about; the chunks are locked, so that nobody corrects them meanwhile. Of a batch
 * without a seed nothing is demanded.
 * @param atMost the share under which the decision approves what nobody saw; null where it does not
 */
export async function reviewFacts(
  lane: Querying,
  batch: Pick<BatchRow, 'id' | 'plan'>,
  chunks: readonly Decided[],
  atMost: number | null = null,
): Promise<{ facts: Map<string, ReviewFacts>; pool: PoolKept | null }> {
  const { plan } = batch;
  const { seed, pilot, decided, revised, keysSign } = await readDrawable(lane, batch.id);
  const own = chunks.map(({ row }) => row);
  const ids = new Set(own.map(({ id }) => id));
  const all = [...decided.filter(({ id }) => !ids.has(id)), ...own];
  const share = seed === null || atMost === null ? null : shareUnder(plan, atMost);
  const asksGround = share !== null && chunks.some(({ unseen }) => unseen.length > 0);
  const whole = asksGround ? await wholeOf(lane, batch.id, decided, own) : all;
  const pooled = await readPool(lane, { batchId: batch.id, seed: seed ?? NO_SEED, revised, keysSign }, whole);
  const { over, atMost: demanded } = plan.gates.evidence ?? { over: 'batch' as const, atMost: null };
  const acting = seed === null ? [] : actingOf(plan);
  const looksIn = async (scope: typeof all): Promise<Map<string, Looks>> => {
    const looks = new Map<string, Looks>();
    for (const category of acting) {
      const of = await pooled.looks(category, scope);
      if (of.population > 0) looks.set(category, of);
    }
    return looks;
  };
  const ofAll = over === 'batch' ? await looksIn(all) : null;
  const grounds = asksGround ? await groundsOf(pooled, acting, { whole, part: all, share }) : null;
  const marked = markedIn(pooled, own);
  const wanting = seed === null ? [] : wantingMarks(plan).filter((name) => !marked.has(name));
  const facts = new Map<string, ReviewFacts>();
  const takeTurn = turns();
  for (const { row, counts, unseen } of chunks) {
    const looks = ofAll ?? (await looksIn([row]));
    const demands: Demand[] = [];
    const unmet: string[] = [];
    for (const [category, of] of demanded === null || isExempt(plan, pilot, row.number) ? [] : looks) {
      if (!Object.hasOwn(counts, category)) continue;
      const judged = judge(of, demanded as number);
      demands.push({ category, over, demanded: demanded as number, met: judged.met, looks: judged.more });
      if (!judged.met) unmet.push(unmetWords(category, of, judged));
    }
    const marks = [...pooled.marksIn(row.id)].sort((a, b) => (a.category < b.category ? -1 : 1));
    const ungrounded = atMost === null || unseen.length === 0 ? [] : ungroundedWords(grounds, unseen);
    const isGround = grounds !== null && share !== null && unseen.length > 0 && ungrounded.length === 0;
    const told = isGround ? looksOf(grounds) : looks;
    facts.set(row.id, {
      reviews: Object.fromEntries([...told].map(([category, of]) => [category, reviewed(of)])),
      marks: marksDigest(marks),
      unmarked: wanting.filter((name) => Object.hasOwn(counts, name)),
      ...{ demands, unmet, ungrounded },
      // What nobody saw is approved by the whole's bound: the receipt has its numbers, and the share that it was held against.
      evidence: isGround
        ? { over: 'batch', demanded: share, met: unmet.length === 0 }
        : { over, demanded, met: demands.length > 0 ? unmet.length === 0 : null },
    });
    await takeTurn();
  }
  if (acting.length === 0 || (ofAll === null && grounds === null)) return { facts, pool: null };
  const lastReview = whole.flatMap(({ id, number }): [number, number][] => {
    const last = pooled.lastReview(id);
    return last === null ? [] : [[number, last]];
  });
  const kept = {
    decided: rangesOf(decided.flatMap(({ id, number }) => (ids.has(id) ? [] : [number]))),
    review: null,
    marks: lastReview.sort(([one], [other]) => one - other),
  };
  if (grounds === null) return { facts, pool: kept };
  const part = new Set(all);
  const others = whole.filter((chunk) => !part.has(chunk));
  return { facts, pool: (await isStill(lane, batch.id, others)) ? { ...kept, review: revisionsOf(others) } : null };
}

const revisionsOf = (chunks: readonly ChunkToDraw[]): [number, number][] =>
  chunks.map(({ number, revision }) => [number, revision]);

/** Nobody has locked the chunks in review that are not decided now. One that changed while its marks were read was not at one revision: what was pooled can't be told. */
async function isStill(lane: Querying, batchId: string, others: readonly ChunkToDraw[]): Promise<boolean> {
  const now = new Map((await readInReview(lane, batchId)).map(({ id, revision }) => [id, revision]));
  return others.every(({ id, revision }) => now.get(id) === revision);
}

/** Of a batch that has none, only the marks are read: nothing is drawn. */
const NO_SEED = Buffer.alloc(0);

const looksOf = (grounds: ReadonlyMap<string, Ground>): Map<string, Looks> =>
  new Map([...grounds].map(([category, { looks }]) => [category, looks]));

function reviewed(looks: Looks): ReviewedCategory {
  return { population: looks.population, looks: looks.looks, wrong: looks.wrongAt.length, atMost: leastAtMost(looks) };
}
