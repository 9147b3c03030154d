/**
 * Where in an item's fields the condition of the rule stands that decided it: what an eye looks for first. It is found again from the classification, which
 * names no rule: the rules of its category that give its reason, in order. A condition of rows is looked for as it compares, in one case and in NFC; one in
 * CEL only where it is simple (`item.x.contains("…")`, `startsWith`, `endsWith`, `matches`, `==`). What compares numbers or days, or says not, has no place.
 */
import type { Matched } from '#lib/classifiers/port.ts';
import { type Where, type WhereCondition, where, whereInWords } from '#lib/core/values/conditions.ts';
import { fold, textIn } from './field-values.ts';
import type { RulesPart } from './part.ts';
import { pattern } from './pattern.ts';

type Fields = Readonly<Record<string, string>>;
type Range = Matched[string][number];

/** So much of it is done for an item: a list has a hundred of them. */
const CHARS_MAX = 8_000;
const CONDITIONS_MAX = 20;
const WORDS_MAX = 100;
const HITS_MAX = 20;

/** `why`: the reason that the classification gives. Nothing where no place can be named. */
export function matchedBy({ rules }: RulesPart, { category, why }: { category: string; why: string }, fields: Fields): Matched {
  // What is stored was read by whoever stored it; another version may have had other rules.
  if (!Array.isArray(rules)) return {};
  for (const [index, rule] of rules.entries()) {
    if (rule.category !== category) continue;
    if (rule.where === undefined) {
      // Its reason, where the author gave none, is made of its syntax tree: then its places alone speak for it.
      const found = rule.why === '' || rule.why === why ? placesOf(atomsOf(rule.when ?? ''), fields) : null;
      if (found) return found;
    } else if ((rule.why || whereInWords(rule.where) || `rule ${index + 1}`) === why) {
      const found = inGroups(rule.where, fields);
      if (found) return found;
    }
  }
  return {};
}

/** So much of a plan's CEL is looked through for fields. */
const CEL_CHARS_MAX = 200_000;

/** The fields that rules name, in their order. One in CEL is looked through for `item.x`, `raw.x` and `item["x"]`. */
export function fieldsNamedIn({ rules }: RulesPart): string[] {
  const names = new Set<string>();
  if (!Array.isArray(rules)) return [];
  let left = CEL_CHARS_MAX;
  for (const { where, when = '' } of rules) {
    for (const { field } of where?.flat() ?? []) names.add(field);
    if (where !== undefined || left <= 0) continue;
    for (const [, name, key] of when.slice(0, left).matchAll(FIELD_NAMED)) {
      const field = name ?? textOf(key ?? '');
      if (field !== null) names.add(field);
    }
    left -= when.length;
  }
  return [...names];
}

const reasons = new WeakMap<object, string | null>();

/** The words of a rule of rows that has none of its own; null where they are not its condition alone. It may be a stored one of another version. */
export function reasonOf(rule: object & { where?: unknown }): string | null {
  const known = reasons.get(rule);
  if (known !== undefined) return known;
  const read = where.safeParse(rule.where);
  const words = read.success ? whereInWords(read.data) : null;
  reasons.set(rule, words);
  return words;
}

type Place = { field: string; op: 'is' | 'contains' | 'starts' | 'ends' | 'matches'; words: readonly string[]; exact: boolean };

/** The first group whose conditions are all found; null where there is none. */
function inGroups(where: Where, fields: Fields): Matched | null {
  for (const group of where) {
    const places = group.slice(0, CONDITIONS_MAX).flatMap((condition) => placeOf(condition) ?? []);
    if (places.every((place) => rangesOf(place, fields).length > 0)) return placesOf(places, fields) ?? {};
  }
  return null;
}

const OPS: Partial<Record<WhereCondition['is'], Place['op']>> = {
  is: 'is',
  one_of: 'is',
  contains: 'contains',
  starts_with: 'starts',
  ends_with: 'ends',
  matches: 'matches',
};

function placeOf(condition: WhereCondition): Place | null {
  const op = OPS[condition.is];
  if (op === undefined) return null;
  const words =
    'values' in condition && condition.values !== undefined
      ? condition.values
      : 'value' in condition
        ? [condition.value ?? '']
        : [];
  return {
    field: condition.field,
    op,
    words: words.slice(0, WORDS_MAX),
    exact: op === 'matches' || ('exact' in condition && condition.exact === true),
  };
}

const TEXT = `r?(?:"(?:[^"\\\\\\n]|\\\\.)*"|'(?:[^'\\\\\\n]|\\\\.)*')`;
const ATOM = new RegExp(
  `(!?)\\s*\\b(?:item|raw)(?:\\.([A-Za-z_]\\w*)|\\[\\s*(${TEXT})\\s*\\])\\s*(?:\\.(contains|startsWith|endsWith|matches)\\(\\s*(${TEXT})\\s*\\)|==\\s*(${TEXT}))`,
  'g',
);
const FIELD_NAMED = new RegExp(`\\b(?:item|raw)(?:\\.([A-Za-z_]\\w*)|\\[\\s*(${TEXT})\\s*\\])`, 'g');
const CEL_OPS = { contains: 'contains', startsWith: 'starts', endsWith: 'ends', matches: 'matches' } as const;

/** The simple conditions in a CEL text that are not negated. */
function atomsOf(when: string): Place[] {
  const places: Place[] = [];
  for (const [, not, name, key, method, argument, equal] of when.matchAll(ATOM)) {
    const field = name ?? textOf(key ?? '');
    const word = textOf(argument ?? equal ?? '');
    if (not === '!' || field === null || word === null) continue;
    const op = method === undefined ? 'is' : CEL_OPS[method as keyof typeof CEL_OPS];
    places.push({ field, op, words: [word], exact: true });
    if (places.length === CONDITIONS_MAX) break;
  }
  return places;
}

/** What a quoted text says; null where it has an escape that is none of the usual. */
function textOf(quoted: string): string | null {
  const raw = quoted.startsWith('r');
  const inner = quoted.slice(raw ? 2 : 1, -1);
  if (raw || !inner.includes('\\')) return inner;
  const plain = inner.replace(/\\(["'\\`?])/g, '$1');
  return /\\/.test(inner.replace(/\\["'\\`?]/g, '')) ? null : plain;
}

function placesOf(places: readonly Place[], fields: Fields): Matched | null {
  const found = new Map<string, Range[]>();
  for (const place of places) {
    const ranges = rangesOf(place, fields);
    if (ranges.length > 0) found.set(place.field, joined([...(found.get(place.field) ?? []), ...ranges]));
  }
  return found.size === 0 ? null : Object.fromEntries(found);
}

function rangesOf({ field, op, words, exact }: Place, fields: Fields): Range[] {
  const text = textIn(fields, field).slice(0, CHARS_MAX);
  if (text === '') return [];
  if (op === 'matches') return words.flatMap((source) => patternRanges(source, text));
  const { folded, at } = exact ? asIs(text) : foldedWithPlaces(text);
  const ranges: Range[] = [];
  for (const word of words.map((one) => (exact ? one : fold(one)))) {
    if (word === '') continue;
    if (op === 'is') {
      if (folded === word) ranges.push([0, text.length]);
    } else if (op === 'starts') {
      if (folded.startsWith(word)) ranges.push(at(0, word.length));
    } else if (op === 'ends') {
      if (folded.endsWith(word)) ranges.push(at(folded.length - word.length, folded.length));
    } else
      for (
        let from = folded.indexOf(word);
        from >= 0 && ranges.length < HITS_MAX;
        from = folded.indexOf(word, from + word.length)
      )
        ranges.push(at(from, from + word.length));
  }
  return ranges;
}

function patternRanges(source: string, text: string): Range[] {
  const ranges: Range[] = [];
  try {
    const matcher = pattern(source).matcher(text);
    while (ranges.length < HITS_MAX && matcher.find())
      if (matcher.end() > matcher.start()) ranges.push([matcher.start(), matcher.end()]);
  } catch {
    // No pattern of ours: it has no place.
  }
  return ranges;
}

type Folded = { folded: string; at: (from: number, to: number) => Range };

const asIs = (text: string): Folded => ({ folded: text, at: (from, to) => [from, to] });

/** The text as conditions compare it, and where each part of that stands in the text: a letter with its marks is folded as one. */
function foldedWithPlaces(text: string): Folded {
  const whole = fold(text);
  // All of ASCII keeps its places.
  if (whole.length === text.length && whole === text.toLowerCase()) return asIs(whole);
  const starts: number[] = [];
  const ends: number[] = [];
  let folded = '';
  for (const { 0: letter, index } of text.matchAll(/\P{M}?\p{M}*/gsu)) {
    const part = fold(letter);
    for (let unit = 0; unit < part.length; unit += 1) {
      starts.push(index);
      ends.push(index + letter.length);
    }
    folded += part;
  }
  // Where letters fold otherwise together than apart, nothing is shown rather than the wrong place.
  if (folded !== whole) return { folded: '', at: () => [0, 0] };
  return { folded, at: (from, to) => [starts[from] ?? 0, ends[to - 1] ?? text.length] };
}

/** In order, those that touch or overlap as one. */
function joined(ranges: Range[]): Range[] {
  const all: Range[] = [];
  for (const [from, to] of ranges.sort((one, other) => one[0] - other[0])) {
    const last = all.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all.slice(0, HITS_MAX);
}
