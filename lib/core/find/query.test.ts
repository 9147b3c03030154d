/** What is typed, as it is looked for: hostile texts first. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIND_CHARS_MAX } from '#lib/core/limits.ts';
import { anyText } from '#test/any-text.ts';
import { folded, foldedJsonPattern, foldedPattern } from './fold.ts';
import { aroundHit, type FindQuery, hitsIn, isWhole, patternsOf, readQuery } from './query.ts';

const read = (text: string): FindQuery => {
  const query = readQuery(text);
  if (typeof query === 'string') throw new Error(query);
  return query;
};
const finds = (asked: string, value: string) => patternsOf(read(asked)).every((pattern) => new RegExp(pattern, 'u').test(value));

describe('what is typed', () => {
  it.each([
    ['10 KB', 'x'.repeat(10_240), /200 characters. These are 10,240/],
    ['nothing', '', /Say what to look for/],
    ['only spaces, of every width', ' \t\u3000\u00a0\n', /Say what to look for/],
    ['only NUL', '\0\0', /Say what to look for/],
    ['only what nobody sees', '\u202e\u200b\u2066', /Say what to look for/],
    ['empty quotes', '"" “ ”', /Say what to look for/],
    ['too many words', 'a '.repeat(21), /20 words. These are 21/],
  ])('is refused in words when it is %s', (_, text, says) => expect(readQuery(text)).toMatch(says));

  it('is looked for word by word, and what is in quotes as it is', () => {
    expect(read('bo “Weekly  deals" "open').words).toEqual([
      { text: 'bo', exact: false },
      { text: 'Weekly  deals', exact: true },
      { text: 'open', exact: true },
    ]);
  });

  it('loses what nobody sees, which came along with what was copied', () => {
    expect(read('in\u200bvoice\u202e fdp').words.map(({ text }) => text)).toEqual(['in', 'voice', 'fdp']);
    expect(read('"a\u202eb"').words).toEqual([{ text: 'a\u202eb', exact: true }]);
  });
});

describe('what is found', () => {
  it.each([
    ['muller', 'MÜLLER & Söhne'],
    ['MÜLLER', 'mu\u0308ller'],
    ['cafe', 'ＣＡＦÉ'],
    ['ガス', 'ｶﾞｽ会社'],
    ['ЕЛКА', 'ёлка'],
    ['αθηνα', 'Αθήνα'],
    ['100%_\\', 'is 100%_\\ sure'],
    ['a.*b', 'x a.*b y'],
    ['order late', 'Late: your ORDER 7'],
    ['***:x', 'has ***:x in it'],
    ['(?i)', 'says (?i) here'],
    ['!', 'fullwidth！'],
    ['서울', '서울특별시'],
  ])('%s, in %s', (asked, value) => expect(finds(asked, value)).toBe(true));

  it.each([
    ['%', 'nothing like that'],
    ['_', 'abc'],
    ['a.c', 'abc'],
    ['"Muller"', 'Müller'],
    ['"order late"', 'late order'],
    ['order never', 'order 7'],
  ])('not %s, in %s', (asked, value) => expect(finds(asked, value)).toBe(false));

  it('is highlighted where it is, each place once', () => {
    expect(hitsIn(read('ord order'), 'Your Órder, order')).toEqual([
      [5, 10],
      [12, 17],
    ]);
    expect(hitsIn(read('e'), 'e\u0301t\u00e9')).toEqual([
      [0, 2],
      [3, 4],
    ]);
  });

  it('is shown with what stands around it, and never half a character', () => {
    const text = `${'😀'.repeat(200)}needle${'😀'.repeat(200)}`;
    const shown = aroundHit(read('needle'), text, 100);
    expect(shown).toContain('needle');
    expect(shown.isWellFormed()).toBe(true);
    expect(shown.length).toBeLessThanOrEqual(102);
  });

  it('is told apart where it is all of a value', () => {
    expect(isWhole(read('ANN@shop.x'), ' ann@SHOP.x')).toBe(true);
    expect(isWhole(read('ann@shop.x'), 'joann@shop.x')).toBe(false);
  });
});

describe('for any text', () => {
  it('a text is found in itself, folded or not, and in its JSON', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 30 }), fc.string({ maxLength: 5 }), (text, before) => {
        const whole = text.toWellFormed();
        for (const one of [whole, whole.normalize('NFC'), whole.normalize('NFD')]) {
          if (folded(one) !== folded(whole)) continue;
          expect(new RegExp(foldedPattern(whole), 'u').test(before + folded(whole))).toBe(true);
          expect(new RegExp(foldedJsonPattern(folded(whole)), 'u').test(JSON.stringify(before + folded(whole)))).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('what may be typed is never more than may be looked for', () => {
    fc.assert(
      fc.property(anyText({ maxLength: FIND_CHARS_MAX + 5 }), (text) => {
        const query = readQuery(text);
        if (typeof query === 'string') return;
        for (const pattern of patternsOf(query)) expect(() => new RegExp(pattern, 'u')).not.toThrow();
        expect(hitsIn(query, text.toWellFormed()).every(([from, to]) => from < to)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});
