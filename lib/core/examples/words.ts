/** What of an item's fields is learned from: hashed words, each with how often it stands there. Pure, and the same on every machine. */
import { EXAMPLE_FEATURES, EXAMPLE_FIELD_CHARS } from '#lib/core/limits.ts';

/** Different words as numbers below EXAMPLE_FEATURES, in the order in which they come first, and how often each stands there. */
export type Words = { features: Int32Array; times: Uint16Array };

/** Of a value so short, the whole is a word too: a status, an address, a label. */
const WHOLE_CHARS_MAX = 64;

/** The words of an item's fields, those of each apart: "sale" in a subject says another thing than in a text. */
export function wordsOf(item: Readonly<Record<string, string>>, fields: readonly string[]): Words {
  const counted: Counted = new Map();
  for (const field of fields) {
    const value = item[field];
    if (value) countWords(field, value, counted);
  }
  const words = { features: new Int32Array(counted.size), times: new Uint16Array(counted.size) };
  let at = 0;
  for (const [feature, times] of counted) {
    words.features[at] = feature;
    words.times[at++] = Math.min(times, TIMES_MAX);
  }
  return words;
}

const TIMES_MAX = 255;

type Counted = Map<number, number>;

function countWords(field: string, value: string, into: Counted): void {
  const text = value.slice(0, EXAMPLE_FIELD_CHARS).toLowerCase();
  const own = hashOf(field, OFFSET);
  let word = own;
  let length = 0;
  let before = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isOfNoSpaces(code)) {
      if (length > 0) count(into, word);
      // Where nobody puts spaces between words, each two neighbours are one.
      word = step(step(own, before), code);
      count(into, word);
      [word, length, before] = [own, 0, code];
    } else if (isOfWord(code)) {
      word = step(word, code);
      length++;
    } else {
      if (length > 0) count(into, word);
      [word, length, before] = [own, 0, 0];
    }
  }
  if (length > 0) count(into, word);
  if (text.length > 0 && text.length <= WHOLE_CHARS_MAX) count(into, hashOf(text, step(own, 0x3d)));
}

function count(into: Counted, word: number): void {
  // The upper bits too, for the lower ones of FNV are the weaker.
  const feature = (word ^ (word >>> 15)) & (EXAMPLE_FEATURES - 1);
  into.set(feature, (into.get(feature) ?? 0) + 1);
}

function isOfWord(code: number): boolean {
  if (code < 0x80) return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
  return code >= 0xaa && !(code >= 0x2000 && code <= 0x2bff) && !(code >= 0x3000 && code <= 0x303f);
}

function isOfNoSpaces(code: number): boolean {
  return (code >= 0x3040 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7af) || (code >= 0x0e00 && code <= 0x0eff);
}

// FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/
const OFFSET = 0x811c9dc5;

function step(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

function hashOf(text: string, from: number): number {
  let hash = from;
  for (let i = 0; i < text.length; i++) hash = step(hash, text.charCodeAt(i));
  return step(hash, 0);
}
