/** What a person types to find something, as it is looked for. Pure: the server asks the database by it, and the page highlights by it. */
import { FIND_CHARS_MAX, FIND_WORDS_MAX } from '#lib/core/limits.ts';
import { withoutHidden } from '#lib/core/values/given-name.ts';
import type { Range } from '#lib/core/values/legible.ts';
import { exactPattern, folded, foldedJsonPattern, foldedPattern } from './fold.ts';

type Word = { text: string /** in quotes: these very characters */; exact: boolean };

export type FindQuery = {
  /** every one has to be found */
  words: Word[];
  /** all of it as one value, for what is exactly that */
  whole: string;
};

/** What is asked for; a sentence that says what is wrong with it. */
export function readQuery(given: string): FindQuery | string {
  if (given.length > FIND_CHARS_MAX)
    return `Say it in ${FIND_CHARS_MAX} characters. These are ${given.length.toLocaleString('en-US')}.`;
  const typed = given.toWellFormed().replaceAll('\0', '');
  const words = [...typed.matchAll(/["“]([^"”]*)["”]?|([^\s"“]+)/g)].flatMap(([, quoted, bare]): Word[] => {
    if (quoted !== undefined) return quoted.trim() === '' ? [] : [{ text: quoted, exact: true }];
    // What nobody sees came along with what was copied. In quotes it can be looked for.
    return withoutHidden(bare ?? '')
      .split(' ')
      .flatMap((text) => (text === '' ? [] : [{ text, exact: false }]));
  });
  if (words.length === 0) return 'Say what to look for.';
  if (words.length > FIND_WORDS_MAX) return `Say it in ${FIND_WORDS_MAX} words. These are ${words.length}.`;
  return { words, whole: words.map(({ text }) => text).join(' ') };
}

/** The longest first: the others are looked for where it is found. */
export function patternsOf({ words }: FindQuery): string[] {
  return bySize(words).map(({ text, exact }) => (exact ? exactPattern(text) : foldedPattern(text)));
}

/** The same inside of the text of a JSON value, which is looked at first. */
export function jsonPatternsOf({ words }: FindQuery): string[] {
  return bySize(words).map(({ text, exact }) => (exact ? exactPattern(text, { json: true }) : foldedJsonPattern(text)));
}

/** Whether a value is what is asked for, all of it. */
export function isWhole({ whole }: FindQuery, value: string): boolean {
  return folded(value.trim()) === folded(whole);
}

/** Where in a text the words are: in order, not overlapping. */
export function hitsIn(query: FindQuery, text: string): Range[] {
  const all = query.words.flatMap(({ text: word, exact }) => [
    ...text.matchAll(new RegExp(exact ? exactPattern(word) : foldedPattern(word), 'gu')),
  ]);
  const ranges = all
    .map(({ index, 0: hit }): [number, number] => [index, index + hit.length])
    .sort(([one], [other]) => one - other);
  const apart: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = apart.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else if (to > from) apart.push([from, to]);
  }
  return apart;
}

/** A long text around the first place where one of the words is. */
export function aroundHit(query: FindQuery, text: string, most: number): string {
  if (text.length <= most) return text;
  const first = hitsIn(query, text.slice(0, HITS_SOUGHT_CHARS))[0]?.[0] ?? 0;
  const from = Math.max(0, Math.min(first - Math.floor(most / 4), text.length - most));
  const cut = text.slice(from, from + most).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
  return `${from > 0 ? '…' : ''}${cut}${from + most < text.length ? '…' : ''}`;
}

/** A value can be a megabyte, and a page is waiting. */
const HITS_SOUGHT_CHARS = 200_000;

function bySize(words: readonly Word[]): Word[] {
  return [...words].sort((one, other) => other.text.length - one.text.length);
}
