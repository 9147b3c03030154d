import { describe, expect, it } from 'vitest';
import type { Bound } from '#lib/shapes/evidence.ts';
import { boundLines, boundSentence, lackingOf, percent } from './evidence-words.ts';

const bound = (looks: number, wrong: number, atMost: number, more: number | null, population = 1902, filed = 0): Bound => ({
  ...{ population, looks, wrong, filed, atMost, looksFor: { '0.02': more, '0.05': 1 } },
});

describe('what marks prove, in words', () => {
  it('looked at, at most, and how many more', () => {
    expect(boundLines(bound(40, 0, 167, 151))).toEqual([
      'looked at 40, 0 wrong',
      'at most 167 of 1,902 wrong',
      '151 more looks for 2 %',
    ]);
    expect(boundSentence(bound(140, 0, 52, 51))).toBe(
      'Looked at 140, 0 wrong: with 95 % confidence at most 52 of these 1,902 are wrong; 51 more looks for 2 %.',
    );
  });

  it('of what was found wrong only the rest is left to fear', () => {
    expect(boundLines(bound(232, 1, 61, 97))[1]).toBe('at most 60 of the rest wrong');
    expect(boundSentence(bound(232, 1, 61, 1))).toContain(
      'at most 61 of these 1,902 are wrong (at most 60 of the rest); 1 more look for 2 %.',
    );
  });

  it('what was left unsure and filed is counted apart, and where that is all there is no bound to tell', () => {
    expect(boundLines(bound(40, 5, 300, null, 1902, 3))[0]).toBe('looked at 40, 2 wrong, 3 filed');
    expect(boundSentence(bound(40, 3, 300, null, 1902, 3))).toMatch(/^Looked at 40, 0 wrong, 3 filed: /);
    expect(boundLines(bound(4, 4, 100, null, 100, 4))).toEqual(['4 filed from here']);
  });

  it('without a look, no bound; and what is proven or can’t be says so', () => {
    expect(boundLines(bound(0, 0, 1902, 191))).toEqual(['no random look yet', '191 looks for 2 %']);
    expect(boundLines(bound(191, 0, 38, 0))[2]).toBe('2 % is proven');
    expect(boundLines(bound(191, 60, 400, null))[2]).toBe('2 % can’t be proven');
    expect(boundLines(bound(191, 0, 38, 0), '0.07')).toHaveLength(2);
    expect(boundLines(bound(0, 0, 0, 0, 0))).toEqual([]);
  });

  it('a share has the digits that it has', () => {
    expect([0.02, 0.005, 0.1, 0.07, 1 / 3].map(percent)).toEqual(['2 %', '0.5 %', '10 %', '7 %', '33.3 %']);
  });

  it('what the plan demands and what nobody marked stand in the way; one category is named once', () => {
    const demand = (category: string, met: boolean, looks: number | null) => ({
      category,
      over: 'batch' as const,
      demanded: 0.02,
      met,
      looks,
    });
    expect(
      lackingOf({
        demands: [demand('noise', false, 51), demand('task', true, 0), demand('spam', false, null)],
        unmarked: ['noise', 'task'],
      }),
    ).toEqual([
      'noise: 51 more looks for at most 2 % wrong in the batch, as the plan demands.',
      'spam: the plan demands at most 2 % wrong in the batch, and with what was found wrong looks can’t prove it.',
      'Nobody marked an item of task.',
    ]);
  });
});
