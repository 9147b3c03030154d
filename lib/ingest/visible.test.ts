import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { atSize } from '#test/size.ts';
import { fromVisible, toVisible } from './visible.ts';

test('is safe for jsonb and reversible, whatever the text', () => {
  const unit = fc.oneof(
    fc.constantFrom('\0', '\\', 'u', '0', '\\u0000', '\\u005c', '\\ud800', '\ud800', '\udfff', 'c', '5', '😀'),
    anyText({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(
      fc.array(unit).map((parts) => parts.join('')),
      (text) => {
        const visible = toVisible(text);
        expect(visible.includes('\0')).toBe(false);
        expect(visible.isWellFormed()).toBe(true);
        expect(fromVisible(visible)).toBe(text);
      },
    ),
    { numRuns: atSize(400, 2000) },
  );
});

test.each([
  ['C:\\users\\new', 'C:\\users\\new'],
  ['a\0b', 'a\\u0000b'],
  ['\ud83d', '\\ud83d'],
  ['😀', '😀'],
])('%j is shown as %j', (text, visible) => {
  expect(toVisible(text)).toBe(visible);
});
