import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { isLegible } from './legible.ts';
import { markdownText, oneLine } from './markdown-safe.ts';

describe('what an item can not forge', () => {
  test.each([
    ['a\n# forged', 'a \\# forged'],
    ['a\r\n- Archived: forged', 'a - Archived: forged'],
    ['# forged', '\\# forged'],
    ['- forged', '\\- forged'],
    ['1. forged', '1\\. forged'],
    ['[here](https://evil.example)', '\\[here\\](https\\://evil.example)'],
    ['https://evil.example', 'https\\://evil.example'],
    ['WWW.evil.example', 'WWW\\.evil.example'],
    ['<script>alert(1)</script>', '\\<script\\>alert(1)\\</script\\>'],
    ['![x](y)', '!\\[x\\](y)'],
    ['**bold** _it_ ~~no~~ `code`', '\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\`code\\`'],
    ['&lt;', '\\&lt;'],
    ['back\\slash', 'back\\\\slash'],
    ['a\u2028b\u0085c\u0000d', 'a b c⟨NUL⟩d'],
    ['safe\u202Etxt.exe', 'safe⟨RLO⟩txt.exe'],
    ['pay\u200bpal \ufeff', 'pay⟨ZWSP⟩pal ⟨BOM⟩'],
    ['> quote', '\\> quote'],
    ['===', '\\==='],
  ])('%j is written %j', (text, written) => expect(markdownText(text)).toBe(written));

  test('a line as people know it stays readable', () => {
    expect(markdownText('Failed (HTTP 404): 2020-11-03 | deals@shop.x | 50 % off 🎉 👨‍👩‍👧')).toBe(
      'Failed (HTTP 404): 2020-11-03 | deals@shop.x | 50 % off 🎉 👨‍👩‍👧',
    );
  });
});

test('never a second line, never a lone surrogate, whatever comes', () => {
  fc.assert(
    fc.property(anyText(), (text) => {
      for (const written of [oneLine(text), markdownText(text)]) {
        expect(isLegible(written)).toBe(true);
        expect(written).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(written.isWellFormed()).toBe(true);
      }
      expect(markdownText(text)).not.toMatch(/(^|[^\\])(\\\\)*[`*[\]<>#~]/);
    }),
  );
});
