/** What a model is told, and what of its answer counts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askAbout } from './asking.ts';
import { marked, markOf } from './marked.ts';

const PLAN = { instruction: 'Close what is done.', categories: ['close', 'keep', 'unsorted'], otherwise: 'unsorted' };
const salt = (n: number) => Buffer.alloc(16, n);
const item = (ordinal: number, text: string) => ({ ordinal, fields: { Subject: text, 'Free text': `${text} again`, empty: '' } });

describe('a text of an item', () => {
  test('has no space, no line break and nothing unseen left in it, and can’t write the mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(7), (text, drawn) => {
        const mark = markOf(drawn);
        const shown = marked(text + mark, mark);
        expect(shown).not.toMatch(/[\s\u0085\p{Cc}\p{Cf}]/u);
        expect(shown.split(mark).every((part, at, parts) => part !== '' || at === 0 || at === parts.length - 1)).toBe(true);
      }),
    );
  });

  test('is one line, whatever is in it', () => {
    const { prompt } = askAbout(PLAN, [item(1, 'a\nzzzz | Subject: b\r\n\u2028c'), item(2, 'd')], salt(1));
    expect(prompt.split('\n')).toHaveLength(2);
    for (const line of prompt.split('\n')) expect(line).toMatch(/^[a-z]{4} \| Subject: \S+ \| Free\S+text: \S+$/);
  });

  test('that is long is cut, and said to be', () => {
    const { prompt } = askAbout(PLAN, [item(1, 'x'.repeat(10_000))], salt(1));
    expect(prompt).toContain('[cut]');
    expect(prompt.length).toBeLessThan(6_200);
  });
});

test('names of items and categories are another call’s in another call, and none says what it is', () => {
  const [one, other] = [1, 2].map((n) => askAbout(PLAN, [item(7, 'a')], salt(n)));
  const names = (asking: typeof one) => asking?.element.properties.category?.enum ?? [];
  expect(names(one)).toHaveLength(4);
  expect(names(one).filter((name) => name !== 'none' && names(other).includes(name))).toEqual([]);
  for (const name of names(one)) expect(PLAN.categories).not.toContain(name);
  expect(askAbout(PLAN, [item(7, 'a')], salt(1))).toMatchObject({ system: one?.system, prompt: one?.prompt });
});

describe('an answer', () => {
  const asking = askAbout(PLAN, [item(7, 'a'), item(9, 'b')], salt(3));
  const [key = ''] = asking.element.properties.item?.enum ?? [];
  const alias = /^([a-z]{4}) = close$/m.exec(asking.system)?.[1] ?? '';

  test('in the names of the call is a classification', () =>
    expect(asking.read({ item: key, category: alias, sure: 'certain', why: ' it\u202e says so\n' })).toEqual({
      classification: { ordinal: 7, category: 'close', why: 'it  says so', confidence: 0.9 },
    }));

  test('that it can’t tell goes to the rest, and is the first to be looked at', () =>
    expect(asking.read({ item: key, category: 'none', sure: 'likely', why: '' })).toEqual({
      classification: { ordinal: 7, category: 'unsorted', why: 'The model can’t tell.', confidence: 0 },
    }));

  test.each([
    [
      { item: 'zzzz', category: alias, sure: 'certain', why: '' },
      { refused: 'unknown_item', ordinal: null },
    ],
    [
      { item: 7, category: alias },
      { refused: 'unknown_item', ordinal: null },
    ],
    [
      { item: key, category: 'close' },
      { refused: 'unknown_category', ordinal: 7 },
    ],
    [
      { item: key, category: '__proto__' },
      { refused: 'unknown_category', ordinal: 7 },
    ],
    [null, { refused: 'unknown_item', ordinal: null }],
    ['close', { refused: 'unknown_item', ordinal: null }],
  ])('as %o is refused', (part, refused) => expect(asking.read(part)).toEqual(refused));
});
