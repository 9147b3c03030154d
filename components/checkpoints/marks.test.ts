import { describe, expect, it } from 'vitest';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { Mark } from '#lib/shapes/evidence.ts';
import {
  collapsedMarks,
  type Given,
  markOn,
  marksGiven,
  marksHeard,
  marksRefused,
  marksSaved,
  marksTold,
  nextLook,
} from './marks.ts';

const sample = (ordinal: number, category: string): Sample => ({
  ...{
    ordinal,
    category,
    mark: 'random',
    review: null,
    outcome: null,
    line: '',
    text: null,
    by: 'rules',
    rule: null,
    why: '',
    confidence: 0.9,
  },
  fields: {},
});
const right = (ordinal: number, category = 'noise'): Given => ({ ordinal, right: true, category });
const mark = (by: string, category = 'noise', verdict: Mark['verdict'] = 'right'): Mark => ({
  verdict,
  category,
  by,
  filed: false,
  at: '2026-11-23T14:02:00.000Z',
});
const told = (reviews: Record<number, Mark> = {}) =>
  marksTold({
    samples: [1, 2, 3].map((ordinal) => ({ ...sample(ordinal, 'noise'), review: reviews[ordinal] ?? null })),
    evidence: null,
  });
const on = (marks: ReturnType<typeof told>, ordinal: number, category = 'noise') =>
  markOn(marks, { ordinal, review: null }, category);
const answer = (marks: Record<number, Mark>, moved: { ordinal: number; category: string }[] = []) => ({
  ...{ marked: 1, moved, evidence: null },
  marks: Object.entries(marks).map(([ordinal, one]) => ({ ordinal: Number(ordinal), ...one })),
});

describe('marks', () => {
  it('show at once, and are the server’s when they are answered', () => {
    const given = marksGiven(told(), [right(1)]);
    expect(on(given, 1)).toEqual({ verdict: 'right', category: 'noise', by: null });
    const saved = marksSaved(given, 1, answer({ 1: mark('Ada') }));
    expect(on(saved, 1)).toEqual(mark('Ada'));
    expect(saved.waiting).toEqual([]);
  });

  it('lapse where the screen has the item in another category', () => {
    expect(on(told({ 1: mark('Bo') }), 1, 'keep')).toBeNull();
    expect(on(told({ 1: mark('Bo', 'noise', 'wrong') }), 1, 'keep')).toMatchObject({ verdict: 'wrong', category: 'noise' });
  });

  it('are taken back when they are refused; one that came since stays', () => {
    const given = marksGiven(told({ 2: mark('Bo') }), [right(1), { ordinal: 2, right: null, category: 'noise' }]);
    expect([on(given, 1)?.verdict, on(given, 2)]).toEqual(['right', null]);
    const later = marksGiven(given, [right(3)]);
    const refused = marksRefused(later, 2, { ok: false, code: 'unanswered', message: 'No answer.' });
    expect([on(refused, 1), on(refused, 2)?.by, on(refused, 3)?.verdict]).toEqual([null, 'Bo', 'right']);
    expect(refused.refused?.given).toHaveLength(2);
  });

  it('of an item that somebody had moved say so, and do not count', () => {
    const saved = marksSaved(
      marksGiven(told(), [right(1), right(2)]),
      2,
      answer({ 2: mark('Ada') }, [{ ordinal: 1, category: 'keep' }]),
    );
    expect([on(saved, 1), on(saved, 2)?.by]).toEqual([null, 'Ada']);
    expect(saved.refused).toEqual({ refusal: null, given: [right(1)] });
  });

  it('of others are heard; what is on its way stays one’s own', () => {
    const given = marksGiven(told({ 2: mark('Bo') }), [right(1)]);
    const heard = marksHeard(given, {
      marks: [
        { ordinal: 1, review: mark('Bo') },
        { ordinal: 2, review: null },
        { ordinal: 9, review: mark('Bo') },
      ],
      evidence: null,
    });
    expect([on(heard, 1)?.by, on(heard, 2), on(heard, 9)?.by]).toEqual([null, null, 'Bo']);
    // The page read anew knows its samples, and nothing of what is not among them.
    const again = marksTold({ samples: [{ ...sample(2, 'noise'), review: mark('Cy') }], evidence: null }, heard);
    expect([on(again, 2)?.by, on(again, 9)?.by]).toEqual(['Cy', 'Bo']);
  });

  it('are sent as the last one for each item', () => {
    expect(collapsedMarks([right(1), right(2), { ...right(1), right: null }])).toEqual([{ ...right(1), right: null }, right(2)]);
  });

  it('say which item of the draw comes next: not one whose mark is on its way', () => {
    const evidence = { chunk: {}, batch: {}, demands: [], unmarked: [], exempt: false, next: [7, 3, 5], elsewhere: 0 };
    expect([null, 7, 3, 5, 9].map((current) => nextLook(evidence, told(), current))).toEqual([7, 3, 5, 7, 7]);
    expect(nextLook(evidence, marksGiven(told(), [right(3)]), 7)).toBe(5);
    expect(nextLook({ ...evidence, next: [] }, told(), 7)).toBeNull();
  });
});
