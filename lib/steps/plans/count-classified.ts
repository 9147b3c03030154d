/**
 * How a classifier would classify a dataset: every item up to PREVIEW_EXACT_ITEMS_MAX, above that a sample of as many, the same at every
 * call. What the classifier reads of a finished dataset is kept for a while, because people edit rules and look at the counts.
 */
import { createHash } from 'node:crypto';
import type { Classifier, Examined } from '#lib/classifiers/port.ts';
import { examined } from '#lib/classifiers/registry.ts';
import { CLASSIFY_PAGE_ITEMS, PREVIEW_EXACT_ITEMS_MAX, PREVIEW_EXAMINE_MS } from '#lib/core/limits.ts';
import type { PlannedBatch } from '#lib/core/plans/planner.ts';
import { type PlanningDataset, type PlanningItem, readItems } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export type ClassifiedCounts = {
  /** false: counted on `counted` items drawn at random and scaled up to `items` */
  exact: boolean;
  counted: number;
  items: number;
  /** scales a count of the sample to the dataset */
  scale(count: number): number;
};

/**
 * Classifies the items and hands over what came of each, in the order of the ordinals.
 * @param classifier null where nobody knows ahead what it will say: nothing is classified
 * @param included which ordinals count; null for all
 * @param take is told whether every part was asked of the item: after PREVIEW_EXAMINE_MS only those are, up to the first that holds
 */
export async function countClassified(
  dataset: PlanningDataset,
  classifier: Classifier | null,
  included: ReadonlySet<number> | null,
  take: (one: Examined, item: PlanningItem, whole: boolean) => void,
): Promise<ClassifiedCounts> {
  if (classifier === null) return { exact: true, counted: 0, items: 0, scale: (count) => count };
  let counted = 0;
  let examinedMs = 0;
  const quick: Classifier = { ...classifier, examine: undefined };
  // Of a large dataset a few may be meant: a sample of all would hold none of them.
  const few = included !== null && dataset.itemCount > PREVIEW_EXACT_ITEMS_MAX && included.size <= PREVIEW_EXACT_ITEMS_MAX;
  const pages = few
    ? pagesOf(dataset, classifier.fields, [...included].sort(byNumber))
    : itemsToCount(dataset, classifier.fields);
  for await (const page of pages) {
    const items = included === null ? page : page.filter(({ ordinal }) => included.has(ordinal));
    counted += items.length;
    const whole = examinedMs < PREVIEW_EXAMINE_MS;
    const begun = performance.now();
    const all = await examined(whole ? classifier : quick, items, new AbortController().signal);
    examinedMs += performance.now() - begun;
    items.forEach((item, index) => {
      const one = all[index];
      if (one) take(one, item, whole);
    });
  }
  const exact = few || dataset.itemCount <= PREVIEW_EXACT_ITEMS_MAX;
  const items = included?.size ?? (exact ? counted : dataset.itemCount);
  return { exact, counted, items, scale: (count) => (exact || counted === 0 ? count : Math.round((count * items) / counted)) };
}

/** The ordinals that the plan does not leave out, of a batch that has all of its dataset or not; null for all. */
export function includedIn({ excludedCount, chunks }: PlannedBatch, { rest }: { rest?: unknown }): ReadonlySet<number> | null {
  return excludedCount === 0 && rest === undefined ? null : new Set(chunks.flatMap(({ ordinals }) => [...ordinals]));
}

const byNumber = (one: number, other: number): number => one - other;

async function* pagesOf(
  dataset: PlanningDataset,
  fields: readonly string[] | null,
  among: readonly number[] | null,
): AsyncGenerator<PlanningItem[]> {
  for (let after = 0; ; ) {
    const page = await readItems(db().pool, dataset.id, { fields, after, limit: CLASSIFY_PAGE_ITEMS, among });
    if (page.length === 0) return;
    after = page.at(-1)?.ordinal ?? after;
    yield page;
  }
}

async function* itemsToCount(dataset: PlanningDataset, fields: readonly string[] | null): AsyncGenerator<PlanningItem[]> {
  const key = JSON.stringify([dataset.id, fields]);
  const kept = keptPages.get(key);
  if (kept) {
    // Used last, forgotten last.
    keptPages.delete(key);
    keptPages.set(key, kept);
    yield* kept.pages;
    return;
  }
  const pages: PlanningItem[][] = [];
  let bytes = 0;
  for await (const page of pagesOf(dataset, fields, sampleOrdinals(dataset))) {
    if (bytes <= KEPT_BYTES_MAX / 2) {
      pages.push(page);
      bytes += page.reduce((sum, item) => sum + sizeOf(item), 0);
    }
    yield page;
  }
  // Items of a dataset that is still arriving will not be all of them; those of a finished one never change.
  if (dataset.state === 'ready' && bytes <= KEPT_BYTES_MAX / 2) keep(key, pages, bytes);
}

/** Of each thread. */
const KEPT_BYTES_MAX = 64 * 1024 ** 2;
const ITEM_OVERHEAD_BYTES = 200;
const keptPages = new Map<string, { pages: PlanningItem[][]; bytes: number }>();

function keep(key: string, pages: PlanningItem[][], bytes: number): void {
  keptPages.set(key, { pages, bytes });
  let total = [...keptPages.values()].reduce((sum, one) => sum + one.bytes, 0);
  for (const [oldest, one] of keptPages) {
    if (total <= KEPT_BYTES_MAX || oldest === key) break;
    keptPages.delete(oldest);
    total -= one.bytes;
  }
}

function sizeOf({ fields }: PlanningItem): number {
  return Object.values(fields).reduce((sum, text) => sum + 2 * text.length, ITEM_OVERHEAD_BYTES);
}

/**
 * Distinct ordinals from 1 to the dataset's count, ascending, always the same for the same dataset; null when all are taken. Drawn by
 * Floyd's algorithm (Bentley and Floyd 1987), seeded by the dataset.
 */
function sampleOrdinals({ id, itemCount }: PlanningDataset): number[] | null {
  if (itemCount <= PREVIEW_EXACT_ITEMS_MAX) return null;
  const random = randomOf(id);
  const drawn = new Set<number>();
  for (let last = itemCount - PREVIEW_EXACT_ITEMS_MAX + 1; last <= itemCount; last++) {
    const one = 1 + Math.floor(random() * last);
    drawn.add(drawn.has(one) ? last : one);
  }
  return [...drawn].sort(byNumber);
}

/** SHA-256 of the seed and a counter, as numbers in [0, 1). */
function randomOf(seed: string): () => number {
  let block = Buffer.alloc(0);
  let at = 0;
  let counter = 0;
  return () => {
    if (at >= block.length) {
      block = createHash('sha256').update(`${seed}:${counter++}`).digest();
      at = 0;
    }
    const value = block.readUIntBE(at, 4);
    at += 4;
    return value / 2 ** 32;
  };
}
