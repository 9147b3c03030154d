/**
 * How likely text is under a character set: the logarithm of the probability of its bytes, were it text of that set. A letter's share comes from its
 * language (letters.ts) and its place in the word, a sign's from what stands beside it, a character's of an East Asian set from whether
 * it is among the common ones. Only the differences between sets mean anything.
 */
import iconv from 'iconv-lite';
import { ARABIC, BALTIC, CENTRAL, COMMON, CYRILLIC, GREEK, HEBREW, type Language, THAI, TURKIC, WESTERN } from './letters.ts';

type Candidate = {
  name: string;
  /** How usual files in this set are, as a natural logarithm; what the sets have in common goes to the first of them. */
  weight: number;
  likelihood(words: readonly Buffer[], joined: Buffer): number;
};

/** Two letters outside ASCII beside each other: Czech and Polish have many such pairs, the western languages hardly any. */
const PAIRED = new Map([
  [WESTERN, -3.2],
  [CENTRAL, -1],
  [BALTIC, -1.5],
  [TURKIC, -1.5],
]);

/** Every set that can't be told by a mark, the usual ones first; UTF-8 with damage is one of them. */
export const CANDIDATES: readonly Candidate[] = [
  letters('windows-1252', 0.8, WESTERN),
  letters('windows-1251', -1, CYRILLIC),
  letters('windows-1250', -1.5, CENTRAL),
  letters('windows-1254', -1.2, TURKIC),
  letters('windows-1253', -1.5, GREEK),
  letters('windows-1257', -2.2, BALTIC),
  letters('windows-1255', -1.5, HEBREW),
  letters('windows-1256', -1.5, ARABIC),
  letters('windows-874', -1.5, THAI),
  letters('ISO-8859-2', -3, CENTRAL),
  letters('ISO-8859-15', -3, WESTERN),
  letters('ISO-8859-5', -4, CYRILLIC),
  letters('ISO-8859-7', -3, GREEK),
  letters('ISO-8859-9', -3.5, TURKIC),
  letters('ISO-8859-13', -4, BALTIC),
  letters('KOI8-R', -2.5, CYRILLIC),
  letters('KOI8-U', -4, CYRILLIC),
  letters('IBM850', -2.5, WESTERN),
  letters('IBM437', -2.6, WESTERN),
  letters('IBM852', -3, CENTRAL),
  letters('IBM866', -2.5, CYRILLIC),
  letters('IBM857', -4, TURKIC),
  letters('IBM775', -4, BALTIC),
  letters('macintosh', -3.3, WESTERN),
  letters('maccenteuro', -4.5, CENTRAL),
  letters('maccyrillic', -4.5, CYRILLIC),
  letters('macturkish', -5, TURKIC),
  letters('IBM737', -4, GREEK),
  letters('macgreek', -5, GREEK),
  characters('Shift_JIS', -1, COMMON.japanese, shiftJis),
  characters('GB18030', -1, COMMON.simplified, gb18030),
  characters('EUC-KR', -1.2, COMMON.korean, eucKr),
  characters('Big5', -1.5, COMMON.traditional, big5),
  characters('EUC-JP', -2.5, COMMON.japanese, eucJp),
  { name: 'UTF-8', weight: 1, likelihood: damagedUtf8 },
];

/** A letter of the script that the language hardly has. */
const FOREIGN = Math.log(0.0003);
const LETTER = /[\p{L}\p{M}]/u;
const NOT_LATIN = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Thai}]/u;

function letters(name: string, weight: number, languages: readonly Language[]): Candidate {
  const paired = PAIRED.get(languages) ?? 0;
  return {
    name,
    weight,
    likelihood(_, joined) {
      const { seen, sum } = placesOf(iconv.decode(joined, name), paired);
      let best = Number.NEGATIVE_INFINITY;
      for (const { weight: usual, letters: shares } of languages) {
        let own = usual;
        for (const [letter, times] of seen) {
          const share = shares[letter];
          own += times * (share === undefined ? FOREIGN : Math.log(share));
        }
        best = Math.max(best, own);
      }
      return sum + best;
    },
  };
}

/** The letters outside ASCII, without their case, and what their places and the signs count for, whatever the language. */
function placesOf(text: string, paired: number): { seen: Map<string, number>; sum: number } {
  const seen = new Map<string, number>();
  let sum = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) < 0x80) continue;
    const char = text.charAt(at);
    const before = text.charAt(at - 1);
    const after = text.charAt(at + 1);
    if (!LETTER.test(char)) {
      sum += sign(char, before, after);
      continue;
    }
    sum += place(char, text.charAt(at - 2), before, after, paired);
    const lower = char.toLowerCase().charAt(0);
    seen.set(lower, (seen.get(lower) ?? 0) + 1);
  }
  return { seen, sum };
}

const NOT_IN_WORDS = /[\\^_`{}|~@[\]<>=]/;

function place(char: string, beforeThat: string, before: string, after: string, paired: number): number {
  const upper = isUpper(char);
  let sum = 0;
  if (upper) {
    if (beforeThat === char) sum -= 2;
    if (isLower(before)) sum -= 7;
    else if (isUpper(before)) sum -= isLower(after) ? 3 : 1;
    else sum -= isLower(after) ? 1.2 : 3;
  } else if (isLower(char)) {
    if (isUpper(before) && isUpper(beforeThat)) sum -= 4;
    else if (!LETTER.test(before)) sum -= 0.7;
    if (isUpper(after)) sum -= 5;
  }
  if (isDigit(before) || isDigit(after)) sum -= 2.5;
  if (NOT_IN_WORDS.test(before) || NOT_IN_WORDS.test(after)) sum -= 4;
  if (NOT_LATIN.test(char)) sum -= (isAsciiLetter(before) ? 6 : 0) + (isAsciiLetter(after) ? 6 : 0);
  // Most letters of a Latin alphabet are in ASCII.
  else if (isAccented(before)) sum += char === 'ß' ? paired / 3 : paired;
  else if (isAccented(beforeThat) && isAsciiLetter(before)) sum -= 1;
  return sum;
}

/** What signs there are, by where they belong. */
const OPENING = '“„«‹‚‘';
const CLOSING = '”»›“’';
const AFTER_NUMBER = '°ºª²³½¼¾';
const MONEY = '€£¥¢';

function sign(char: string, before: string, after: string): number {
  const letterBefore = LETTER.test(before);
  const letterAfter = LETTER.test(after);
  const freeBefore = isFree(before);
  const freeAfter = isFree(after);
  if (char === '’' && letterBefore && letterAfter) return -2;
  if (OPENING.includes(char) && freeBefore && !freeAfter) return -3.5;
  if (CLOSING.includes(char) && !freeBefore && freeAfter) return -3.5;
  if (char === '–' || char === '—') return (freeBefore && freeAfter) || (isDigit(before) && isDigit(after)) ? -3 : -6;
  if (char === '…') return !freeBefore && freeAfter ? -3.5 : -9;
  if (MONEY.includes(char)) return !letterBefore && !letterAfter ? -3 : -10;
  if (char === '°' && isDigit(before)) return -3.5;
  if (AFTER_NUMBER.includes(char)) return !letterAfter && isDigit(before) ? -3.5 : freeAfter ? -6 : -10;
  if (char === '¿' || char === '¡') return freeBefore && letterAfter ? -2.5 : -10;
  if (char === '\u00a0') return freeBefore ? -5 : -3.5;
  if ('®™©'.includes(char)) return letterAfter ? -10 : -5.5;
  if ('§•·†±×÷'.includes(char)) return letterBefore && letterAfter ? -10 : -6;
  const code = char.charCodeAt(0);
  if (code < 0xa0) return -16;
  if (code === 0xfffd) return -20;
  return code < 0x100 ? -9 : -11;
}

function isFree(char: string): boolean {
  return char === '' || /[\s\p{P}|=+<>]/u.test(char);
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

function isAsciiLetter(char: string): boolean {
  return /[A-Za-z]/.test(char);
}

function isAccented(char: string): boolean {
  return char > '\x7f' && LETTER.test(char);
}

function isUpper(char: string): boolean {
  return char !== char.toLowerCase();
}

function isLower(char: string): boolean {
  return char !== char.toUpperCase();
}

/** UTF-8 with bytes in it that are not. */
function damagedUtf8(_: readonly Buffer[], joined: Buffer): number {
  let sum = 0;
  for (const char of joined.toString('utf8')) {
    const code = char.charCodeAt(0);
    if (code >= 0x80) sum -= code === 0xfffd ? 14 : code < 0x800 ? 5 : 7;
  }
  return sum;
}

/** What one character counts for, and its bytes; `pair` is its first two bytes. Common ones are looked up before. */
type Rank = (first: number, second: number) => { log: number; bytes: number };

const NONE = { log: -20, bytes: 1 };
/** A character beside a letter of ASCII is more often a Latin letter that was taken for half a character. */
const BESIDE_LETTER = -3;

function characters(name: string, weight: number, common: string, rank: Rank): Candidate {
  let pairs: Set<number> | null = null;
  const commonLog = Math.log(0.6 / new Set(common).size);
  return {
    name,
    weight,
    likelihood(words) {
      pairs ??= pairsOf(common, name);
      let sum = 0;
      for (const word of words) sum += ofWord(word, pairs, commonLog, rank);
      return sum;
    },
  };
}

function pairsOf(common: string, name: string): Set<number> {
  const bytes = iconv.encode([...new Set(common)].join(''), name);
  const pairs = new Set<number>();
  for (let at = 0; at + 1 < bytes.length; at += 2) pairs.add(bytes.readUInt16BE(at));
  return pairs;
}

function ofWord(word: Buffer, pairs: ReadonlySet<number>, commonLog: number, rank: Rank): number {
  let sum = 0;
  for (let at = 0; at < word.length; ) {
    const first = word[at] ?? 0;
    if (first < 0x80) {
      at++;
      continue;
    }
    const second = word[at + 1] ?? 0;
    const { log, bytes } = pairs.has((first << 8) | second) ? { log: commonLog, bytes: 2 } : rank(first, second);
    sum += log + besideLetter(word[at - 1]) + besideLetter(word[at + bytes]);
    at += bytes;
  }
  return sum;
}

function besideLetter(byte: number | undefined): number {
  return byte !== undefined && ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)) ? BESIDE_LETTER : 0;
}

function pair(log: number): { log: number; bytes: number } {
  return { log, bytes: 2 };
}

function shiftJis(first: number, second: number): { log: number; bytes: number } {
  // Half-width katakana, which banks use: one byte each, several in a row.
  if (first >= 0xa1 && first <= 0xdf) return { log: second >= 0xa1 && second <= 0xdf ? -4.5 : -7, bytes: 1 };
  if (second < 0x40 || second === 0x7f || second > 0xfc || first === 0x80 || first === 0xa0 || first > 0xfc) return NONE;
  if (first === 0x82) return pair(second >= 0x9f && second <= 0xf1 ? -4.7 : -8);
  if (first === 0x83) return pair(second <= 0x96 ? -4.8 : -12);
  if (first === 0x81) return pair(-7);
  if (first >= 0x88 && first <= 0x97) return pair(-10.4);
  return pair((first >= 0x98 && first <= 0x9f) || (first >= 0xe0 && first <= 0xea) ? -14 : -17);
}

function eucJp(first: number, second: number): { log: number; bytes: number } {
  if (first === 0x8e && second >= 0xa1 && second <= 0xdf) return pair(-8);
  if (first < 0xa1 || second < 0xa1 || second === 0xff || first === 0xff) return NONE;
  if (first === 0xa4 || first === 0xa5) return pair(-4.9);
  if (first >= 0xb0 && first <= 0xcf) return pair(-10.4);
  if (first === 0xa1 || first === 0xa3) return pair(-7.5);
  return pair(first >= 0xd0 && first <= 0xf4 ? -14 : -18);
}

function gb18030(first: number, second: number): { log: number; bytes: number } {
  if (first === 0x80 || first === 0xff) return NONE;
  if (second >= 0x30 && second <= 0x39) return { log: -26, bytes: 4 };
  if (second < 0x40 || second === 0x7f || second === 0xff) return NONE;
  if (first < 0xa1 || second < 0xa1) return pair(-15);
  if (first >= 0xb0 && first <= 0xd7) return pair(-9.2);
  if (first === 0xa1 || first === 0xa3) return pair(-7.5);
  return pair(first >= 0xd8 && first <= 0xf7 ? -12.6 : -13);
}

function big5(first: number, second: number): { log: number; bytes: number } {
  if (first < 0xa1 || first > 0xf9 || second < 0x40 || (second > 0x7e && second < 0xa1) || second === 0xff) return NONE;
  if (first >= 0xa4 && first <= 0xc6) return pair(-9.6);
  return pair(first <= 0xa3 ? -8 : -13.5);
}

function eucKr(first: number, second: number): { log: number; bytes: number } {
  if (first === 0x80 || first === 0xff || second < 0x41 || second === 0xff) return NONE;
  if (first < 0xa1 || second < 0xa1) return pair(-14);
  if (first >= 0xb0 && first <= 0xc8) return pair(-9.4);
  if (first === 0xa1 || first === 0xa3) return pair(-7.5);
  return pair(first >= 0xca && first <= 0xfd ? -13 : -14);
}
