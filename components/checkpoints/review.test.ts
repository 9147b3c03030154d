import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Refusal } from '#components/ui/outcome.ts';
import type { CheckpointView, Corrected, Sample } from '#lib/shapes/checkpoints.ts';
import { categoriesSeen, categoryLines } from './category-lines.ts';
import {
  categoryIn,
  collapsed,
  type Move,
  movesMade,
  movesRefused,
  movesSaved,
  type Review,
  reviewOf,
  samplesOf,
  shownCounts,
  toldAnew,
} from './review.ts';

const sample = (ordinal: number, category: string, mark: Sample['mark'] = 'random'): Sample => ({
  ...{
    ordinal,
    category,
    mark,
    review: null,
    outcome: null,
    line: `mail ${ordinal}`,
    text: null,
    by: 'rules',
    rule: null,
    why: '',
    confidence: 0.9,
  },
  fields: { subject: `mail ${ordinal}` },
});

type Told = Pick<CheckpointView, 'revision' | 'digest' | 'problems' | 'categories'>;

/** Items 1 to 4 are noise and 5 is kept, unless it says otherwise. */
function told(revision: number, places: Record<number, string> = {}): Told {
  const all = [1, 2, 3, 4, 5].map((ordinal) => sample(ordinal, places[ordinal] ?? (ordinal === 5 ? 'keep' : 'noise')));
  const categories = ['noise', 'keep', 'task'].map((name) => {
    const own = all.filter(({ category }) => category === name);
    return { name, count: own.length, action: null, sampleRandom: own, sampleUnsure: [] };
  });
  return { revision, digest: `digest ${revision}`, problems: [], categories };
}

const move = (ordinal: number, from: string, category: string): Move => ({ ordinal, from, category });
const answer = (revision: number, counts: Record<string, number>, changed = 1): Corrected => ({
  ...{ revision, changed, counts, digest: `digest ${revision}`, problems: [] },
});
const CONFLICT: Refusal = { ok: false, code: 'conflict', message: 'Chunk 1 is approved.' };
const shown = (review: Review) =>
  Object.fromEntries([...review.samples.byOrdinal.values()].map((one) => [one.ordinal, categoryIn(review, one)]));
const counted = (review: Review) => Object.fromEntries(shownCounts(review));
const BEGUN = { 1: 'noise', 2: 'noise', 3: 'noise', 4: 'noise', 5: 'keep' };

describe('a move', () => {
  it('shows at once, and what a decision signs stays as it was until the answer brings it', () => {
    const made = movesMade(reviewOf(told(1)), [move(1, 'noise', 'keep')]);
    expect(shown(made)).toEqual({ ...BEGUN, 1: 'keep' });
    expect(counted(made)).toEqual({ noise: 3, keep: 2, task: 0 });
    expect(made).toMatchObject({ revision: 1, digest: 'digest 1' });
    const saved = movesSaved(made, 1, answer(2, { noise: 3, keep: 2 }));
    expect(shown(saved)).toEqual(shown(made));
    expect(counted(saved)).toEqual({ noise: 3, keep: 2 });
    expect(saved).toMatchObject({ revision: 2, digest: 'digest 2', waiting: [] });
  });

  it('keeps its line in the list where it was first shown, also once the server no longer samples it', () => {
    const saved = movesSaved(movesMade(reviewOf(told(1)), [move(1, 'noise', 'keep')]), 1, answer(2, { noise: 3, keep: 2 }));
    const without = told(3, { 1: 'task' });
    for (const category of without.categories)
      category.sampleRandom = category.sampleRandom.filter(({ ordinal }) => ordinal !== 1);
    const anew = toldAnew(saved, without);
    expect(samplesOf(anew, 'noise').map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 4]);
    expect(shown(anew)[1]).toBe('keep');
  });

  it('to where it is already is none', () => {
    expect(movesMade(reviewOf(told(1)), [move(1, 'noise', 'noise')]).waiting).toEqual([]);
  });
});

describe('a refusal', () => {
  it('takes back what it refused, says which, and leaves the rest', () => {
    const begun = reviewOf(told(1));
    const two = movesMade(movesMade(begun, [move(1, 'noise', 'keep')]), [move(2, 'noise', 'task')]);
    const refused = movesRefused(two, 1, CONFLICT);
    expect(shown(refused)).toEqual({ ...BEGUN, 2: 'task' });
    expect(counted(refused)).toEqual({ noise: 3, keep: 1, task: 1 });
    expect(refused).toMatchObject({
      revision: 1,
      digest: 'digest 1',
      refused: { refusal: CONFLICT, moves: [move(1, 'noise', 'keep')] },
    });
    expect(movesMade(refused, [move(3, 'noise', 'keep')]).refused).toBeNull();
  });

  it('does not take back what was moved once more since: it goes on from where it really is', () => {
    const twice = movesMade(movesMade(reviewOf(told(1)), [move(1, 'noise', 'keep')]), [move(1, 'keep', 'task')]);
    const refused = movesRefused(twice, 1, CONFLICT);
    expect(shown(refused)[1]).toBe('task');
    expect(refused.waiting).toEqual([move(1, 'noise', 'task')]);
    expect(counted(refused)).toEqual({ noise: 3, keep: 1, task: 1 });
  });
});

describe('somebody else', () => {
  it('who moved something in between keeps the digest of the answer from being signed: it covers what was not seen', () => {
    const made = movesMade(reviewOf(told(1)), [move(1, 'noise', 'keep')]);
    const saved = movesSaved(made, 1, answer(3, { noise: 2, keep: 3 }));
    expect(saved).toMatchObject({ revision: 1, digest: 'digest 1' });
    expect(counted(saved)).toEqual({ noise: 3, keep: 2, task: 0 });
    const later = movesSaved(movesMade(saved, [move(2, 'noise', 'keep')]), 1, answer(4, { noise: 1, keep: 4 }));
    expect(later).toMatchObject({ revision: 1, digest: 'digest 1' });
    const anew = toldAnew(later, told(4, { 1: 'keep', 2: 'keep', 3: 'keep' }));
    expect(anew).toMatchObject({ revision: 4, digest: 'digest 4' });
    expect(shown(anew)).toEqual({ ...BEGUN, 1: 'keep', 2: 'keep', 3: 'keep' });
  });

  it('who did the same before is told apart from nobody: nothing changed, and the revision is known', () => {
    const made = movesMade(reviewOf(told(1)), [move(1, 'noise', 'keep')]);
    expect(movesSaved(made, 1, answer(1, { noise: 4, keep: 1 }, 0))).toMatchObject({ revision: 1, digest: 'digest 1' });
    expect(movesSaved(made, 1, answer(2, { noise: 3, keep: 2 }, 0))).toMatchObject({ revision: 1, digest: 'digest 1' });
  });

  it('who moved back what one moved oneself is believed, once the page tells it', () => {
    const saved = movesSaved(movesMade(reviewOf(told(1)), [move(1, 'noise', 'keep')]), 1, answer(2, { noise: 3, keep: 2 }));
    expect(shown(toldAnew(saved, told(3)))).toEqual(BEGUN);
    // A page that was rendered before the move is late, and changes nothing.
    expect(shown(toldAnew(saved, told(1)))).toEqual({ ...BEGUN, 1: 'keep' });
    expect(toldAnew(saved, told(1))).toMatchObject({ revision: 2, digest: 'digest 2' });
  });
});

it('ends where the last move of each item put it, whatever is told anew in between, and the counts are those of the screen', () => {
  const names = ['noise', 'keep', 'task'];
  const step = fc.oneof(
    fc.record({ do: fc.constant('move' as const), ordinal: fc.integer({ min: 1, max: 5 }), to: fc.constantFrom(...names) }),
    fc.record({ do: fc.constantFrom('save' as const, 'refuse' as const, 'tell' as const, 'tell late' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      // The server, as one person sees it who works alone.
      let revision = 1;
      const places: Record<number, string> = { ...BEGUN };
      let before = told(revision, { ...places });
      const countsNow = () =>
        Object.fromEntries(names.map((name) => [name, Object.values(places).filter((one) => one === name).length]));
      let review = reviewOf(before);
      for (const one of steps) {
        const sent = collapsed(review.waiting);
        if (one.do === 'move') {
          const of = review.samples.byOrdinal.get(one.ordinal) as Sample;
          review = movesMade(review, [move(one.ordinal, categoryIn(review, of), one.to)]);
        } else if (one.do === 'save' && sent.length > 0) {
          const changed = sent.filter(({ ordinal, category }) => places[ordinal] !== category);
          if (changed.length > 0) before = told(revision, { ...places });
          for (const { ordinal, category } of sent) places[ordinal] = category;
          revision += changed.length > 0 ? 1 : 0;
          review = movesSaved(review, review.waiting.length, answer(revision, countsNow(), changed.length));
        } else if (one.do === 'refuse' && sent.length > 0) {
          review = movesRefused(review, review.waiting.length, CONFLICT);
          expect(shown(review)).toEqual(places);
        } else if (one.do === 'tell') review = toldAnew(review, told(revision, { ...places }));
        else if (one.do === 'tell late' && before.revision < review.revision) review = toldAnew(review, before);
        const screen = shown(review);
        expect(names.map((name) => shownCounts(review).get(name) ?? 0)).toEqual(
          names.map((name) => Object.values(screen).filter((category) => category === name).length),
        );
        expect(review).toMatchObject({ revision, digest: `digest ${revision}` });
        if (review.waiting.length === 0) expect(screen).toEqual(places);
      }
    }),
  );
});

describe('the lines of the categories', () => {
  it('count random samples that were looked at, and those that are wrong where they were drawn', () => {
    const review = movesMade(reviewOf(told(1)), [move(1, 'noise', 'keep')]);
    const seen = new Map([
      [1, 'noise'],
      [2, 'noise'],
      [99, 'task'],
    ]);
    expect(
      categoryLines(told(1).categories, review, seen).map(({ name, count, reviewed, wrong }) => [name, count, reviewed, wrong]),
    ).toEqual([
      ['noise', 3, 2, 1],
      ['keep', 2, 0, 0],
      ['task', 0, 0, 0],
    ]);
    expect([...categoriesSeen(review, seen)].sort()).toEqual(['keep', 'noise', 'task']);
  });
});
