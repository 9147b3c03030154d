/**
 * How many tokens a text comes to, by what its letters are. Counted against `o200k_base` (docs/models.md); what a model makes of it by its own tokenizer is learned from what its server counts
 * (measure.ts). In one pass, without tables: a tokenizer takes time by the square of what has no spaces.
 */

/** What letters that are no ASCII come to, by where their block ends: tokens for each UTF-16 unit. */
const BLOCKS: readonly (readonly [before: number, tokens: number])[] = [
  // Latin with marks, IPA, and letters that modify others, among which are the marks between words.
  [0x250, 0.6],
  [0x370, 1],
  // Greek, Cyrillic, Armenian, Hebrew, Arabic
  [0x700, 0.45],
  // Scripts of India, Thai, and others of South East Asia
  [0xe00, 0.55],
  [0xe80, 0.4],
  [0x10a0, 0.55],
  [0x2000, 0.8],
  // Punctuation and signs
  [0x3000, 0.9],
  // Kana, Han, Hangul
  [0xd7b0, 0.65],
  // Halves of what lies beyond: emoji
  [0xe000, 1],
  [0xf900, 1.5],
];
const BEYOND = 0.8;

const OTHER = 0;
const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
const SIGN = 4;

/**
 * @param space tokens of what stands between words: 0 where a space goes with the word behind it, 1 where each is a mark
 */
export function tokensIn(text: string, space: 0 | 1 = 0): number {
  let tokens = 0;
  let was = OTHER;
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const kind = kindOf(code);
    if (kind === OTHER) {
      tokens += code <= 0x20 ? space : code < 0x80 ? 0 : otherOf(code);
      was = OTHER;
      continue;
    }
    // A capital begins a word that goes on in small letters.
    const goesOn = kind === was || (kind === LOWER && was === UPPER && length === 1);
    length = goesOn ? length + 1 : 1;
    was = kind;
    if (!goesOn || isNext(kind, length)) tokens += 1;
  }
  return Math.ceil(tokens);
}

function isNext(kind: number, length: number): boolean {
  if (kind === DIGIT) return length % 3 === 1;
  if (kind === SIGN) return length % 2 === 1;
  return kind === UPPER ? length % 2 === 1 : length % 7 === 0;
}

function kindOf(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return LOWER;
  if (code >= 0x41 && code <= 0x5a) return UPPER;
  if (code >= 0x30 && code <= 0x39) return DIGIT;
  return code > 0x20 && code < 0x7f ? SIGN : OTHER;
}

function otherOf(code: number): number {
  return BLOCKS.find(([before]) => code < before)?.[1] ?? BEYOND;
}
