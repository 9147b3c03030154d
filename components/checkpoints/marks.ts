/**
 * What a browser knows of people's marks on the items of a chunk: as the server told of each last, and what its person marked since. Pure: a mark shows at once
 * and is saved afterwards; what is refused is taken back. Lines that were only on the screen are no marks.
 */
import type { Refusal } from '#components/ui/outcome.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { CheckpointEvidence, Company, Mark, Reviewed } from '#lib/shapes/evidence.ts';

/** A mark that a person gives, in the category that it was looked at in; null takes it back. */
export type Given = { ordinal: number; right: boolean | null; category: string };

export type Marks = {
  /** as the server told of it last; null: it has none */
  told: ReadonlyMap<number, Mark | null>;
  /** own marks that were not answered yet, in the order in which they were given */
  waiting: readonly Given[];
  /** what was not taken: why, or (null) because somebody had moved it meanwhile */
  refused: { refusal: Refusal | null; given: readonly Given[] } | null;
  evidence: CheckpointEvidence | null;
};

type Told = { samples: readonly Sample[]; evidence: CheckpointEvidence | null };

/** As the page tells of them, with what is known of items that are not on it, and what is on its way. */
export function marksTold({ samples, evidence }: Told, before?: Marks): Marks {
  const told = new Map([...(before?.told ?? []), ...samples.map(({ ordinal, review }) => [ordinal, review] as const)]);
  return { told, waiting: before?.waiting ?? [], refused: before?.refused ?? null, evidence };
}

/** Shows them at once. */
export function marksGiven(marks: Marks, given: readonly Given[]): Marks {
  return { ...marks, waiting: [...marks.waiting, ...given], refused: null };
}

/** The first `count` of the waiting were answered. */
export function marksSaved(marks: Marks, count: number, { marks: now, moved, evidence }: Reviewed): Marks {
  const asked = collapsedMarks(marks.waiting.slice(0, count));
  const answered = new Map(now.map(({ ordinal, ...mark }) => [ordinal, mark]));
  const gone = new Set(moved.map(({ ordinal }) => ordinal));
  const lapsed = asked.filter(({ ordinal, right }) => gone.has(ordinal) && right !== null);
  return {
    told: new Map([...marks.told, ...asked.map(({ ordinal }) => [ordinal, answered.get(ordinal) ?? null] as const)]),
    waiting: marks.waiting.slice(count),
    refused: lapsed.length > 0 ? { refusal: null, given: lapsed } : marks.refused,
    evidence,
  };
}

/** The first `count` of the waiting are taken back. */
export function marksRefused(marks: Marks, count: number, refusal: Refusal): Marks {
  const given = collapsedMarks(marks.waiting.slice(0, count));
  return { ...marks, waiting: marks.waiting.slice(count), refused: { refusal, given } };
}

/** What others marked since. */
export function marksHeard(marks: Marks, { marks: heard, evidence }: Pick<Company, 'marks' | 'evidence'>): Marks {
  return {
    ...marks,
    told: new Map([...marks.told, ...heard.map(({ ordinal, review }) => [ordinal, review] as const)]),
    evidence,
  };
}

/** The last one for each item: what is sent. */
export function collapsedMarks(given: readonly Given[]): Given[] {
  return [...new Map(given.map((one) => [one.ordinal, one])).values()];
}

/** A mark as a line shows it; `by` is null for one's own that is not answered yet. */
export type ShownMark = { verdict: 'right' | 'wrong'; category: string; by: string | null; filed?: boolean };

/** The mark of an item that the screen has in this category: `right` holds only there. */
export function markOn(
  { told, waiting }: Marks,
  { ordinal, review }: Pick<Sample, 'ordinal' | 'review'>,
  category: string,
): ShownMark | null {
  const own = waiting.findLast((given) => given.ordinal === ordinal);
  const known = told.get(ordinal);
  const mark: ShownMark | null = own
    ? own.right === null
      ? null
      : { verdict: own.right ? 'right' : 'wrong', category: own.category, by: null }
    : known === undefined
      ? review
      : known;
  return mark?.verdict === 'right' && mark.category !== category ? null : mark;
}

/** The item to look at after this one in the order of the draw, without those whose mark is on its way; null when none is left. */
export function nextLook({ next }: CheckpointEvidence, { waiting }: Marks, current: number | null): number | null {
  const left = next.filter((ordinal) => !waiting.some((given) => given.ordinal === ordinal));
  return left[current === null ? 0 : left.indexOf(current) + 1] ?? left[0] ?? null;
}
