/** What a person should know about a planned batch before it starts; none of it stops the start. */

import { most } from '#lib/core/evidence/bound.ts';
import { DECISIONS_COMFORTABLE_MAX } from '#lib/core/limits.ts';
import { cutChunks } from './chunking.ts';
import { comfortableSize } from './estimate.ts';
import { DOUBT, type Keys } from './keys.ts';
import type { Chunking, Plan } from './plan.ts';
import type { Independence, PlannedChunk, Warning } from './planner.ts';
import type { Routing } from './routing.ts';

export type Warned = {
  plan: Plan;
  keys: Keys;
  chunks: readonly PlannedChunk[];
  independence: Independence;
  routing: Routing;
  /** how many items are left out */
  excluded: number;
};

/** In the order of the plan: dates, decisions, shared resources, and what edits and gates did. */
export function planWarnings({ plan, keys, chunks, independence, routing, excluded }: Warned): Warning[] {
  const sequential = routing.kind === 'sequential';
  return [
    ...dateWarnings(plan.chunking, keys),
    ...decisionWarnings(plan, keys, chunks.length, sequential),
    ...sharingWarnings(independence, sequential),
    ...otherWarnings(plan, chunks, routing, excluded),
    ...evidenceWarnings(plan, chunks),
  ];
}

function dateWarnings(chunking: Chunking, keys: Keys): Warning[] {
  if (chunking.by !== 'time') return [];
  const counts: Record<string, number> = {};
  let doubtful = 0;
  for (const doubt of keys.doubt) {
    if (doubt === DOUBT.none) continue;
    doubtful++;
    counts[doubt] = (counts[doubt] ?? 0) + 1;
  }
  if (doubtful === 0) return [];
  const words: [doubt: number, one: string, many: string][] = [
    [DOUBT.empty, 'is missing', 'are missing'],
    [DOUBT.unreadable, 'can’t be read', 'can’t be read'],
    [DOUBT.ambiguous, 'doesn’t say which part is the day', 'don’t say which part is the day'],
    [DOUBT.tooEarly, 'is before 1990', 'are before 1990'],
    [DOUBT.tooLate, 'is after next year', 'are after next year'],
    [DOUBT.flagged, 'disagrees with the rest of the item', 'disagree with the rest of the item'],
  ];
  const parts = words.flatMap(([doubt, one, many]) =>
    counts[doubt] ? [`${counts[doubt]} ${counts[doubt] === 1 ? one : many}`] : [],
  );
  const facts = {
    doubtful,
    ...Object.fromEntries(Object.entries(DOUBT).flatMap(([name, doubt]) => (counts[doubt] ? [[name, counts[doubt]]] : []))),
  };
  if (doubtful === keys.count) {
    return [
      {
        code: 'no_dates',
        message: `No item has a date in “${chunking.field}” that can be trusted (${parts.join(', ')}). Chunk by another field.`,
        facts,
      },
    ];
  }
  return [
    {
      code: 'doubtful_dates',
      message: `${doubtful} ${doubtful === 1 ? 'date' : 'dates'} doubtful → a chunk of ${doubtful === 1 ? 'its' : 'their'} own (${parts.join(', ')}).`,
      facts,
    },
  ];
}

function decisionWarnings(plan: Plan, keys: Keys, decisions: number, sequential: boolean): Warning[] {
  if (decisions <= DECISIONS_COMFORTABLE_MAX) return [];
  const offer = sequential ? null : coarser(plan.chunking, keys);
  const offered = offer ? ` ${offer.words} makes ${offer.chunks} of them.` : '';
  const message = `${decisions} chunks mean ${decisions} decisions.${offered}`;
  return [
    {
      code: 'many_decisions',
      message,
      facts: {
        decisions,
        comfortable: DECISIONS_COMFORTABLE_MAX,
        ...(offer ? { chunking: offer.chunking, chunks: offer.chunks } : {}),
      },
    },
  ];
}

type Offer = { chunking: Chunking; chunks: number; words: string };

/** The finest chunking that needs no more decisions than are comfortable, tried on these very items. */
export function coarser(chunking: Chunking, keys: Keys): Offer | null {
  for (const { candidate, words } of candidates(chunking, keys)) {
    const chunks = cutChunks(keys, candidate, null).length;
    if (chunks <= DECISIONS_COMFORTABLE_MAX) return { chunking: candidate, chunks, words };
  }
  return null;
}

function candidates(chunking: Chunking, keys: Keys): { candidate: Chunking; words: string }[] {
  const even = comfortableSize(keys.count);
  if (chunking.by === 'size') return [{ candidate: { ...chunking, maxItems: even }, words: `${even} items a chunk` }];
  if (chunking.by === 'category') {
    const doubled = [even, 2 * even, 4 * even].map((minItems) => ({
      candidate: {
        ...chunking,
        minItems,
        maxItems: chunking.maxItems === null ? null : Math.max(chunking.maxItems, 2 * minItems),
      },
      words: `Merging values with fewer than ${minItems} items`,
    }));
    return doubled;
  }
  const periods = ['day', 'week', 'month', 'quarter', 'year'] as const;
  const later = periods.slice(periods.indexOf(chunking.every) + 1);
  const same = later.map((every) => ({ candidate: { ...chunking, every }, words: `Cutting by ${every}` }));
  const larger = [chunking.every, ...later].map((every) => {
    const maxItems = chunking.maxItems === null ? null : Math.max(chunking.maxItems, 2 * even);
    const size = maxItems === null ? '' : ` of up to ${maxItems} items`;
    return {
      candidate: { ...chunking, every, minItems: even, maxItems },
      words: `Cutting by ${every}, into chunks of at least ${even}${size},`,
    };
  });
  return [...same, ...larger];
}

function sharingWarnings(independence: Independence, sequential: boolean): Warning[] {
  if (independence.ok || sequential) return [];
  const { sharedGroups, sharedItems, examples } = independence;
  return [{ code: 'shared_resources', message: independence.why, facts: { sharedGroups, sharedItems, examples } }];
}

function otherWarnings(plan: Plan, chunks: readonly PlannedChunk[], routing: Routing, excluded: number): Warning[] {
  const warnings: Warning[] = [];
  const { maxItems } = plan.chunking;
  const larger = maxItems === null ? [] : chunks.filter(({ itemCount }) => itemCount > maxItems);
  if (larger.length > 0) {
    const message = `Merging made ${larger.length} ${larger.length === 1 ? 'chunk' : 'chunks'} larger than ${maxItems} items.`;
    warnings.push({ code: 'larger_than_max', message, facts: { chunks: larger.slice(0, 20).map(({ number }) => number) } });
  }
  if (routing.kind === 'sequential' && plan.gates.next !== null && plan.gates.next !== 'each') {
    const message = `“${plan.gates.next}” is not used: items depend on each other, so chunks run one after the other.`;
    warnings.push({ code: 'gate_overruled', message, facts: { asked: plan.gates.next, next: 'each' } });
  }
  if (excluded > 0)
    warnings.push({
      code: 'excluded',
      message: `${excluded} ${excluded === 1 ? 'item is' : 'items are'} left out of this batch.`,
      facts: { excluded },
    });
  return warnings;
}

/** A share of so few items that it is less than one of them: only a look at each proves that none is wrong. */
function evidenceWarnings({ gates: { evidence } }: Plan, chunks: readonly PlannedChunk[]): Warning[] {
  if (!evidence) return [];
  const items = chunks.reduce((sum, { itemCount }) => sum + itemCount, 0);
  const small = (itemCount: number) => most(itemCount, evidence.atMost) === 0;
  const few = chunks.filter(({ itemCount }) => small(evidence.over === 'batch' ? items : itemCount)).length;
  if (few === 0) return [];
  const percent = Number((evidence.atMost * 100).toPrecision(15));
  const which =
    evidence.over === 'batch' ? 'this batch' : few === chunks.length ? 'every chunk' : `${few} of ${chunks.length} chunks`;
  const message = `${percent} % of the items of ${which} is less than one item: every item with an action is looked at there.`;
  return [{ code: 'evidence_takes_all', message, facts: { atMost: evidence.atMost, over: evidence.over, chunks: few } }];
}
