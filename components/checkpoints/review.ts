/**
 * What a browser knows of a chunk's classifications: as the server told it last, and what its person moved since. Pure: a move shows at once and is saved
 * afterwards; what is refused is taken back. A decision is bound to `revision` and `digest`, and these are only ever of what is on the screen.
 */
import type { Refusal } from '#components/ui/outcome.ts';
import type { CheckpointCategory, CheckpointView, Corrected, ManifestProblem, Sample } from '#lib/shapes/checkpoints.ts';

/** One item that a person puts elsewhere; `from` is where the screen showed it. */
export type Move = { ordinal: number; from: string; category: string /** chosen for being like another */; how?: 'like' };

export type Review = {
  revision: number;
  digest: string | null;
  problems: ManifestProblem[];
  /** as saved */
  counts: ReadonlyMap<string, number>;
  /** own moves that were saved, until the server tells of the chunk anew: ordinal -> category */
  moved: ReadonlyMap<number, string>;
  /** own moves that were not answered yet, in the order in which they were made */
  waiting: readonly Move[];
  /** what was taken back, and why */
  refused: { refusal: Refusal; moves: readonly Move[] } | null;
  samples: Samples;
  /** All that matched something were moved: which of them the screen shows is known once the chunk is told anew. */
  outdated: boolean;
};

type Samples = {
  byOrdinal: ReadonlyMap<number, Sample>;
  /** category -> the samples of its list. One that is moved away keeps its line there, so nothing jumps under the reader's finger. */
  lists: ReadonlyMap<string, readonly number[]>;
  /** a random sample -> the category that it was drawn in */
  randomIn: ReadonlyMap<number, string>;
};

type Told = Pick<CheckpointView, 'revision' | 'digest' | 'problems' | 'categories'>;

const NO_SAMPLES: Samples = { byOrdinal: new Map(), lists: new Map(), randomIn: new Map() };

/** As the server tells it, with nothing of one's own. */
export function reviewOf(told: Told): Review {
  const { revision, digest, problems, categories } = told;
  return {
    ...{ revision, digest, problems, counts: countsOf(categories) },
    ...{ moved: new Map(), waiting: [], refused: null },
    samples: mergeSamples(NO_SAMPLES, categories),
    outdated: false,
  };
}

/** Told anew. What is older than what is known already only brings samples; what is newer ends one's own saved moves, for it has them. */
export function toldAnew(review: Review, told: Told): Review {
  if (told.revision < review.revision) return { ...review, samples: mergeSamples(review.samples, told.categories) };
  if (review.outdated) return { ...reviewOf(told), waiting: review.waiting, refused: review.refused };
  const samples = mergeSamples(settled(review), told.categories);
  const { revision, digest, problems, categories } = told;
  const moved = revision === review.revision ? review.moved : new Map();
  return { ...review, revision, digest, problems, counts: countsOf(categories), moved, samples };
}

/** Shows them at once. An item that is there already is left out. */
export function movesMade(review: Review, moves: readonly Move[]): Review {
  const real = moves.filter(({ from, category }) => from !== category);
  return { ...review, waiting: [...review.waiting, ...real], refused: null };
}

/**
 * The first `count` of the waiting were saved. Where somebody else moved something in between, the answer's digest covers what is not on this screen: then
 * revision and digest stay, and a decision is refused as stale and says what the other did.
 */
export function movesSaved(review: Review, count: number, answer: Corrected): Review {
  const saved = review.waiting.slice(0, count);
  const mine = answer.revision === review.revision + (answer.changed > 0 ? 1 : 0);
  const { revision, digest, problems } = mine ? answer : review;
  return {
    ...review,
    ...{ revision, digest, problems },
    counts: mine ? new Map(Object.entries(answer.counts)) : countsWith(review.counts, saved),
    moved: new Map([...review.moved, ...saved.map(({ ordinal, category }) => [ordinal, category] as const)]),
    waiting: review.waiting.slice(count),
  };
}

/** All that matched something were moved at once. As in `movesSaved`, revision and digest stay where somebody else moved something in between. */
export function allMoved(review: Review, answer: Corrected): Review {
  const mine = answer.revision === review.revision + (answer.changed > 0 ? 1 : 0);
  const { revision, digest, problems } = mine ? answer : review;
  const counts = mine ? new Map(Object.entries(answer.counts)) : review.counts;
  return { ...review, revision, digest, problems, counts, outdated: true };
}

/** The first `count` of the waiting are taken back. What was moved once more since is where it was moved to. */
export function movesRefused(review: Review, count: number, refusal: Refusal): Review {
  const moves = collapsed(review.waiting.slice(0, count));
  const before = new Map(moves.map(({ ordinal, from }) => [ordinal, from]));
  const waiting = review.waiting.slice(count).map((move) => {
    const from = before.get(move.ordinal) ?? move.from;
    before.delete(move.ordinal);
    return { ...move, from };
  });
  return { ...review, waiting, refused: { refusal, moves } };
}

/** One move for each item, from where it was to where it was put last: what is sent. */
export function collapsed(moves: readonly Move[]): Move[] {
  const byOrdinal = new Map<number, Move>();
  for (const move of moves) byOrdinal.set(move.ordinal, { ...move, from: byOrdinal.get(move.ordinal)?.from ?? move.from });
  return [...byOrdinal.values()];
}

/** Where the screen shows an item. */
export function categoryIn(review: Review, sample: Sample): string {
  return movedTo(review, sample.ordinal) ?? sample.category;
}

/** Where its person put an item, as far as the server has not told of it yet. */
export function movedTo({ waiting, moved }: Review, ordinal: number): string | undefined {
  return waiting.findLast((move) => move.ordinal === ordinal)?.category ?? moved.get(ordinal);
}

/** Items per category as the screen shows them. */
export function shownCounts({ counts, waiting }: Review): ReadonlyMap<string, number> {
  return countsWith(counts, waiting);
}

/** The samples of a category's list. */
export function samplesOf({ samples: { byOrdinal, lists } }: Pick<Review, 'samples'>, category: string): Sample[] {
  return (lists.get(category) ?? []).flatMap((ordinal) => byOrdinal.get(ordinal) ?? []);
}

function countsOf(categories: CheckpointCategory[]): Map<string, number> {
  return new Map(categories.map(({ name, count }) => [name, count]));
}

function countsWith(counts: ReadonlyMap<string, number>, moves: readonly Move[]): Map<string, number> {
  const now = new Map(counts);
  for (const { from, category } of moves) {
    now.set(from, (now.get(from) ?? 0) - 1);
    now.set(category, (now.get(category) ?? 0) + 1);
  }
  return now;
}

/** The samples with one's own saved moves written into them: a line that the server no longer samples keeps where it was put. */
function settled({ samples, moved }: Review): Samples {
  if (moved.size === 0) return samples;
  const byOrdinal = new Map(samples.byOrdinal);
  for (const [ordinal, category] of moved) {
    const sample = byOrdinal.get(ordinal);
    if (sample) byOrdinal.set(ordinal, { ...sample, category });
  }
  return { ...samples, byOrdinal };
}

function mergeSamples(known: Samples, categories: CheckpointCategory[]): Samples {
  const byOrdinal = new Map(known.byOrdinal);
  const lists = new Map(known.lists);
  const randomIn = new Map(known.randomIn);
  const placed = new Set([...lists.values()].flat());
  for (const { name, sampleRandom, sampleUnsure } of categories) {
    const list = [...(lists.get(name) ?? [])];
    for (const sample of [...sampleRandom, ...sampleUnsure]) {
      // A sample that is both counts as random, which is what the evidence needs.
      const before = byOrdinal.get(sample.ordinal);
      byOrdinal.set(sample.ordinal, before?.mark === 'random' ? { ...sample, mark: 'random' } : sample);
      if (sample.mark === 'random' && !randomIn.has(sample.ordinal)) randomIn.set(sample.ordinal, name);
      if (placed.has(sample.ordinal)) continue;
      placed.add(sample.ordinal);
      list.push(sample.ordinal);
    }
    lists.set(name, list);
  }
  return { byOrdinal, lists, randomIn };
}
