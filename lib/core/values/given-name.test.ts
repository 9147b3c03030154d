import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { givenName, givenNote, tidied, withoutHidden } from './given-name.ts';
import { isLegible } from './legible.ts';

const name = givenName('A batch’s name', { max: 20, missing: 'A batch needs a name.' });
const problem = (text: string) => name.safeParse(text).error?.issues[0]?.message ?? null;

test('a name is kept composed, without white space at its ends, and with one space where there is more', () => {
  expect(name.parse('  Ze\u0301ro \u00a0 \t mails\n')).toBe('Zéro mails');
  expect(name.parse('می\u200cخواهم 👨‍👩‍👧')).toBe('می\u200cخواهم 👨‍👩‍👧');
});

test('a name in which something is hidden is refused, and told what and where', () => {
  expect(problem('safe\u202etxt')).toBe(
    'A batch’s name has something that nobody sees after “safe”: right-to-left override, U+202E. Take it out, or type the name by hand.',
  );
  expect(problem('\u200bname')).toMatch(/at its beginning: zero-width space/);
  expect(problem('a\u3164')).toMatch(/Hangul filler/);
  expect(problem(' \u00a0 ')).toBe('A batch needs a name.');
  expect(problem('x'.repeat(21))).toBe('A batch’s name has at most 20 characters.');
  expect(problem('x'.repeat(1_000_000))).toBe('A batch’s name has at most 20 characters.');
});

test('a note keeps its lines, and is refused as a name is', () => {
  const note = givenNote('A note', 100);
  expect(note.parse(' one\n\n two ')).toBe('one\n\n two');
  expect(note.safeParse('one\u200btwo').error?.issues[0]?.message).toMatch(
    /^A note has something that nobody sees after “one”: zero-width/,
  );
});

test('what was not typed loses what nobody sees, and nothing else', () => {
  expect(withoutHidden('invoice\u202efdp.csv')).toBe('invoice fdp.csv');
  fc.assert(
    fc.property(anyText({ maxLength: 40 }), (text) => {
      const kept = withoutHidden(text);
      expect(isLegible(kept)).toBe(true);
      if (isLegible(text)) expect(kept).toBe(tidied(text));
    }),
  );
});
