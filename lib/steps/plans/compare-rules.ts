/** A job for a thread: what rules make of items that were classified by others. */
import type { At } from '#lib/classifiers/port.ts';
import { classifyingOf, learnAgain, type MeaningFields, makeClassifier } from '#lib/classifiers/registry.ts';
import { CLASSIFY_PAGE_ITEMS, DIFFERENCE_EXAMPLES, DIFFERENCE_ITEMS_MAX, DIFFERENCE_MS } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import type { RulesDifference } from '#lib/shapes/plans.ts';
import { isPersons } from '#lib/store/chunks/given-by.ts';
import { readItems } from '#lib/store/plans/planning.sql.ts';
import { type ChunkInReview, readCategoryPage } from '#lib/store/plans/revisions.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { itemsToLearnFrom } from './items-to-learn-from.ts';

export type RulesToCompare = {
  batchId: string;
  datasetId: string;
  /** with the rules that are asked about */
  plan: Plan;
  fields: MeaningFields;
  /** in the order in which they are looked at */
  chunks: readonly ChunkInReview[];
};

type Move = { from: string; to: string; count: number; ordinals: number[] };
type Moves = Map<string, Move>;

/** As far as the budget goes: DIFFERENCE_ITEMS_MAX items and DIFFERENCE_MS. Throws what a rule throws. */
export async function compareRules(
  { batchId, datasetId, plan, fields, chunks }: RulesToCompare,
  at: At,
): Promise<Pick<RulesDifference, 'chunks' | 'moves' | 'looked'>> {
  const { pool } = db();
  const classifier = makeClassifier(classifyingOf(plan), fields, at, await learnAgain(plan, itemsToLearnFrom));
  const until = performance.now() + DIFFERENCE_MS;
  const all: Moves = new Map();
  const told: { chunk: ChunkInReview; looked: number; corrected: number; moves: Moves }[] = [];
  let looked = 0;
  for (const chunk of chunks) {
    if (looked >= DIFFERENCE_ITEMS_MAX || performance.now() > until) break;
    const own = { chunk, looked: 0, corrected: 0, moves: new Map() as Moves };
    told.push(own);
    for (let after = 0; looked < DIFFERENCE_ITEMS_MAX && performance.now() < until; ) {
      const page = await readCategoryPage(pool, { batchId, chunkId: chunk.id }, { after, limit: CLASSIFY_PAGE_ITEMS });
      if (page.length === 0) break;
      const now = new Map(page.map((one) => [one.ordinal, one]));
      // A page of items ends by their bytes, too.
      const items = await readItems(pool, datasetId, {
        ...{ fields: classifier.fields, after, limit: CLASSIFY_PAGE_ITEMS, among: [...now.keys()] },
      });
      after = items.at(-1)?.ordinal ?? page.at(-1)?.ordinal ?? after;
      for (const { ordinal, category: to } of await classifier.classify(items, new AbortController().signal)) {
        const was = now.get(ordinal);
        if (!was) continue;
        if (isPersons(was.by)) own.corrected += 1;
        else if (was.category !== to) for (const moves of [own.moves, all]) add(moves, was.category, to, ordinal);
      }
      own.looked += items.length;
      looked += items.length;
    }
  }
  const lines = await linesOf(datasetId, plan, fields.fieldNames, [
    ...all.values(),
    ...told.flatMap(({ moves }) => [...moves.values()]),
  ]);
  return {
    looked,
    moves: movesTold(all, lines),
    chunks: told.map(({ chunk: { number, name, itemCount }, looked: own, corrected, moves }) => ({
      ...{ number, name, items: itemCount, looked: own, corrected, moves: movesTold(moves, lines) },
    })),
  };
}

function add(moves: Moves, from: string, to: string, ordinal: number): void {
  const key = JSON.stringify([from, to]);
  const move = moves.get(key) ?? { from, to, count: 0, ordinals: [] };
  moves.set(key, move);
  move.count += 1;
  if (move.ordinals.length < DIFFERENCE_EXAMPLES) move.ordinals.push(ordinal);
}

/** The most frequent first. */
function movesTold(moves: Moves, lines: ReadonlyMap<number, string>): RulesDifference['moves'] {
  return [...moves.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ ordinals, ...move }) => ({
      ...move,
      examples: ordinals.map((ordinal) => ({ ordinal, line: lines.get(ordinal) ?? '' })),
    }));
}

const FIELDS_IN_LINE = 3;
const LINE_CHARS = 200;

/** What names these items to a person, by ordinal. */
async function linesOf(
  datasetId: string,
  plan: Plan,
  fieldNames: readonly string[],
  moves: readonly Move[],
): Promise<Map<number, string>> {
  const among = [...new Set(moves.flatMap(({ ordinals }) => ordinals))].sort((a, b) => a - b);
  const receiptFields = plan.receiptFields.length > 0 ? plan.receiptFields : fieldNames.slice(0, FIELDS_IN_LINE);
  const lines = new Map<number, string>();
  for (let after = 0; ; ) {
    const items = await readItems(db().pool, datasetId, {
      fields: receiptFields,
      after,
      limit: Math.max(1, among.length),
      among,
    });
    if (items.length === 0) return lines;
    for (const { ordinal, fields } of items)
      lines.set(ordinal, fieldsLine({ ...plan, receiptFields }, fields).slice(0, LINE_CHARS));
    after = items.at(-1)?.ordinal ?? after;
  }
}
