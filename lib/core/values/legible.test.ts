import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { atSize } from '#test/size.ts';
import { isLegible, legible, piecesOf, type Range } from './legible.ts';

const shown = (text: string) => legible(text);

describe('what nobody sees is given a stand-in', () => {
  test.each([
    ['safe\u202etxt.exe', 'safe⟨RLO⟩txt.exe'],
    ['a\u2066b\u2069', 'a⟨LRI⟩b⟨PDI⟩'],
    ['\u200e\u200f\u061c', '⟨LRM⟩⟨RLM⟩⟨ALM⟩'],
    ['pay\u200bpal', 'pay⟨ZWSP⟩pal'],
    ['a\u200db', 'a⟨ZWJ⟩b'],
    ['\ufeffname', '⟨BOM⟩name'],
    ['in\u00advoice', 'in⟨SHY⟩voice'],
    ['a\u0000b\u001bc\u007f\u0085', 'a⟨NUL⟩b⟨ESC⟩c⟨DEL⟩⟨NEL⟩'],
    ['a\rb', 'a⟨CR⟩b'],
    ['a\u2028b\u2029', 'a⟨LS⟩b⟨PS⟩'],
    ['\u3164\u2800', '⟨FILLER⟩⟨BLANK⟩'],
    ['\ufff9a\ufffab\ufffb', '⟨IAA⟩a⟨IAS⟩b⟨IAT⟩'],
    ['\ue000', '⟨U+E000⟩'],
    ['\uffff\u{1ffff}', '⟨UNASSIGNED ×2⟩'],
    ['\ud800x', '⟨U+D800⟩x'],
    ['x\u200b\u200b\u200b', 'x⟨ZWSP ×3⟩'],
    ['hi\u{e0068}\u{e0069}', 'hi⟨TAG ×2⟩'],
    ['a\ufe0f', 'a⟨U+FE0F⟩'],
    ['1\ufe0f', '1⟨U+FE0F⟩'],
    ['😀\ufe0f\ufe01\ufe02', '😀\ufe0f⟨VS ×2⟩'],
    [`Z${'\u0334'.repeat(40)}o`, `Z${'\u0334'.repeat(4)}⟨+36 COMBINING⟩o`],
    // A joiner where no letter joins: between spaces, twice in a row, at the end.
    ['می\u200c\u200cخواهم', 'می⟨ZWNJ ×2⟩خواهم'],
    ['سلام\u200c', 'سلام⟨ZWNJ⟩'],
    // A flag's tags without the flag, and more tags than a region has.
    ['\u{e0067}\u{e0062}', '⟨TAG ×2⟩'],
    ['🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e0067}\u{e0067}\u{e007f}', '🏴⟨TAG ×8⟩'],
  ])('%j is drawn %j', (text, drawn) => {
    expect(shown(text)).toBe(drawn);
    expect(isLegible(text)).toBe(false);
  });
});

test.each([
  ['an ordinary line', 'Invoice 1042 of 3 March: 50 % off\n\ttotal'],
  ['a line end of Windows', 'a\r\nb'],
  ['Persian with its non-joiner', 'می\u200cخواهم کتاب\u200cها'],
  ['Sinhala and Marathi with joiners', 'ශ්\u200dරී र्\u200dय'],
  ['Vietnamese, decomposed', 'Việt Nam ế'.normalize('NFD')],
  ['Hebrew with points and cantillation', 'בְּרֵאשִׁ֖ית'],
  ['Tibetan', 'སྒྲུབས་རྐྱེན'],
  ['a family, a rainbow, a skin', '👨‍👩‍👧 🏳️‍🌈 👍🏽 ❤️‍🔥 🏃‍➡️'],
  ['a keycap and a heart', '1️⃣ ❤️ ☎︎'],
  ['the flags of Scotland and of Italy', '🏴󠁧󠁢󠁳󠁣󠁴󠁿 🇮🇹'],
  ['a variant of an ideograph', '葛\u{e0100}城'],
  ['an Arabic number sign', '\u0600١٢'],
])('%s stays as it is', (_, text) => {
  expect(shown(text)).toBe(text);
  expect(isLegible(text)).toBe(true);
});

test('a stand-in says what it stands for', () => {
  const names = (text: string) => piecesOf(text).flatMap(({ standIn }) => standIn?.name ?? []);
  expect(names('a\u202e')).toEqual(['right-to-left override, U+202E']);
  expect(names('\u200b\u200b')).toEqual(['zero-width space, U+200B, 2 times']);
  expect(names([...'send money'].map((char) => String.fromCodePoint(0xe0000 + char.charCodeAt(0))).join(''))).toEqual([
    '10 tag characters, which spell “send money”',
  ]);
  expect(names('\ue000')).toEqual(['character of private use, U+E000']);
});

/** Texts in which much is hidden. */
const hostile = fc
  .array(
    fc.oneof(
      anyText({ maxLength: 8 }),
      fc.constantFrom(
        ...['\u202e', '\u200d', '\u200c', '\ufe0f', '\u0301', '\r', '\n', '😀', '🏴', 'a', 'م', 'क', '\u094d', '葛'],
      ),
      fc.integer({ min: 0xe0000, max: 0xe01ef }).map((code) => String.fromCodePoint(code)),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

const rangesIn = (text: string, cuts: number[]): Range[] => {
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return ends.flatMap((from, index) =>
    index % 2 === 0 && ends[index + 1] !== undefined ? [[from, ends[index + 1]!] as const] : [],
  );
};

test('without the stand-ins the text is what it was, and with them nothing in it is hidden', () => {
  fc.assert(
    fc.property(hostile, fc.array(fc.nat(), { maxLength: 8 }), fc.integer({ min: 2, max: 40 }), (text, cuts, max) => {
      const ranges = rangesIn(text, cuts);
      const pieces = piecesOf(text, ranges, max);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      expect(pieces.length).toBeLessThanOrEqual(max);
      expect(pieces.every((piece) => piece.text !== '')).toBe(true);
      expect(isLegible(legible(text))).toBe(true);
      expect(pieces.map((piece) => piece.standIn?.label ?? piece.text).join('')).toBe(legible(text));
    }),
  );
});

test('what is hit is what the ranges cover', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
      const ranges = rangesIn(text, cuts);
      const hit = piecesOf(text, ranges).flatMap((piece) => (piece.hit ? piece.text : []));
      const plain = !/[^ -~]/.test(text);
      if (plain) expect(hit.join('')).toBe(ranges.map(([from, to]) => text.slice(from, to)).join(''));
    }),
  );
  expect(piecesOf('a\u202eb', [[1, 3]])).toMatchObject([{ hit: false }, { text: '\u202e', hit: true }, { text: 'b', hit: true }]);
});

test('a long text of it makes a bounded number of pieces, whatever it is', () => {
  const long = atSize(60_000, 300_000);
  for (const text of ['a', 'é', '\u202e', '\u202e\u200b', '\u0301', 'م\u200c', '\u200d', '🏴\u{e0067}', '\r', '😀\u200d'].map(
    (unit) => unit.repeat(long / unit.length),
  )) {
    const pieces = piecesOf(text);
    expect(pieces.length).toBeLessThanOrEqual(2_000);
    expect(pieces.reduce((sum, piece) => sum + piece.text.length, 0)).toBe(text.length);
  }
});
