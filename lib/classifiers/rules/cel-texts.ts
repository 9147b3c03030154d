/**
 * What conditions make, with bounds: lengths are added up before anything is joined, so that a rule that makes much out of little ends as "too large" and not
 * with the memory of its thread. How long it takes is not counted here: the thread has a deadline (docs/budgets.md). The library's `replace` copies the whole
 * text for every hit, so ours stands in its place.
 */
import {
  type CelFunc,
  type CelList,
  CelScalar,
  celFunc,
  celList,
  celListConcat,
  celMethod,
  isCelList,
  listType,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { MADE_CHARS_MAX, MADE_MEMBERS_MAX } from '#lib/core/limits.ts';

let left = MADE_CHARS_MAX;
let known = false;

/** Before each condition and item. */
export function beginMaking(): void {
  left = MADE_CHARS_MAX;
  known = false;
}

/** Throws when the condition makes more text on this item than it may. */
function make(chars: number): void {
  left -= chars;
  if (left < 0) throw new Error(`it would make more than ${MADE_CHARS_MAX.toLocaleString('en-US')} characters`);
}

/** As `make`, before it is made: what is made of it is accounted for when it is there. */
function fits(chars: number): void {
  if (chars > left) make(chars);
}

function makeList(members: number): void {
  if (members > MADE_MEMBERS_MAX)
    throw new Error(`it would make a list of more than ${MADE_MEMBERS_MAX.toLocaleString('en-US')} members`);
}

/** Told by a function that it gives what it has given before: that takes no more room. */
export function givenBefore(): void {
  known = true;
}

/** What any function gave, whichever it is: it takes its place among what was made. */
export function account<T>(made: T): T {
  if (known) known = false;
  else if (typeof made === 'string' || made instanceof Uint8Array) make(made.length);
  else if (isCelList(made)) makeList(made.size);
  return made;
}

const { BYTES, STRING, INT, DYN } = CelScalar;
const LIST = listType(DYN);

/** The strings extension, with functions of our own in the place of those that join before they count. */
export const textFunctions: CelFunc[] = [
  ...strings.filter(({ name }) => !['replace', 'split', 'join'].includes(name)),
  celFunc('_+_', [STRING, STRING], STRING, (one, other) => {
    fits(one.length + other.length);
    return one + other;
  }),
  celFunc('_+_', [BYTES, BYTES], BYTES, (one, other) => {
    fits(one.length + other.length);
    return Buffer.concat([one, other]);
  }),
  celFunc('_+_', [LIST, LIST], LIST, (one: CelList, other: CelList) => {
    makeList(one.size + other.size);
    return celListConcat(one, other);
  }),
  celMethod('replace', STRING, [STRING, STRING], STRING, function (from, to) {
    return replace(String(this), from, to, Number.POSITIVE_INFINITY);
  }),
  celMethod('replace', STRING, [STRING, STRING, INT], STRING, function (from, to, most) {
    return replace(String(this), from, to, most < 0n ? Number.POSITIVE_INFINITY : Number(most));
  }),
  celMethod('split', STRING, [STRING], LIST, function (separator) {
    return celList(split(String(this), separator, Number.POSITIVE_INFINITY));
  }),
  celMethod('split', STRING, [STRING, INT], LIST, function (separator, most) {
    return celList(split(String(this), separator, most < 0n ? Number.POSITIVE_INFINITY : Number(most)));
  }),
  celMethod('join', LIST, [], STRING, function () {
    return join([...this].map(textOf), '');
  }),
  celMethod('join', LIST, [STRING], STRING, function (separator) {
    return join([...this].map(textOf), separator);
  }),
];

function replace(text: string, from: string, to: string, most: number): string {
  // Between all characters, as CEL has it.
  const parts = from === '' ? ['', ...text, ''] : text.split(from);
  const hits = Math.min(parts.length - 1, most);
  fits(text.length + hits * to.length);
  const rest = parts.slice(hits).join(from);
  return [...parts.slice(0, hits), rest].join(to);
}

/** At most so many parts, the last of which is the rest. */
function split(text: string, separator: string, most: number): string[] {
  if (most === 0) return [];
  if (most === 1) return [text];
  const parts = separator === '' ? [...text] : text.split(separator, MADE_MEMBERS_MAX + 1);
  makeList(Math.min(parts.length, most));
  if (parts.length <= most) return parts;
  const kept = parts.slice(0, most - 1);
  return [...kept, text.slice(kept.reduce((sum, part) => sum + part.length + separator.length, 0))];
}

function textOf(part: unknown): string {
  if (typeof part === 'string') return part;
  throw new Error('only texts can be joined');
}

function join(parts: string[], separator: string): string {
  fits(parts.reduce((sum, part) => sum + part.length + separator.length, 0));
  return parts.join(separator);
}
