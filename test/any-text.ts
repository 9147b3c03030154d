/**
 * Texts of any characters: the cases of `fc.string({ unit: 'binary' })`, but without its map of all 1.1 million of them. To make that takes each process that draws such
 * a text more than a second of a core.
 */
import fc from 'fast-check';

/** Where the halves of pairs are, which are no characters. */
const [HALVES_FROM, HALVES] = [0xd800, 0x800];

// With the way back, so that fast-check draws names like __proto__ too.
const character = fc.nat(0x10ffff - HALVES).map(
  (index) => String.fromCodePoint(index < HALVES_FROM ? index : index + HALVES),
  (text) => {
    const [only, ...more] = typeof text === 'string' ? text : [];
    if (only === undefined || more.length > 0 || !only.isWellFormed()) throw new Error('This is not one character.');
    const code = only.codePointAt(0) as number;
    return code < HALVES_FROM ? code : code - HALVES;
  },
);

/** A text of at least and at most so many characters. */
export function anyText(length: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ unit: character, ...length });
}
