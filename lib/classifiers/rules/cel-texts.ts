/**
 * The text functions of conditions that can make much out of little, with bounds. A condition runs in the web server (counts, previews) and
 * in workers: one that somebody wrote for short texts must not stop either on an item of megabytes. The library's `replace` copies the whole
 * text for every hit.
 */
import { type CelFunc, CelScalar, celList, celMethod, listType } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';

/** How many characters one condition may search and make on one item: about a second's work. */
const WORK_CHARS_MAX = 100_000_000;
/** A loop looks at the whole item again for every part, so parts times characters are bounded. */
const LOOP_CHARS_MAX = 2_000_000_000;
const PARTS_MIN = 1_000;
const PARTS_MAX = 100_000;

let left = WORK_CHARS_MAX;
let itemChars: () => number = () => 0;

/** Before each condition and item. @param chars the length of all texts of the item; asked only where it matters */
export function beginWork(chars: () => number): void {
  left = WORK_CHARS_MAX;
  itemChars = chars;
}

/** Throws when the condition has searched or made too much on this item. */
export function spend(chars: number): void {
  left -= chars;
  if (left < 0) throw new Error(`it would search or make more than ${WORK_CHARS_MAX.toLocaleString('en-US')} characters`);
}

const { STRING, INT, DYN } = CelScalar;
const LIST = listType(DYN);

/** The strings extension, with functions of our own in the place of those that know no bounds. */
export const textFunctions: CelFunc[] = [
  ...strings.filter(({ name }) => !['replace', 'split', 'join'].includes(name)),
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
  spend(text.length + hits * to.length);
  const rest = parts.slice(hits).join(from);
  return [...parts.slice(0, hits), rest].join(to);
}

/** At most so many parts, the last of which is the rest. */
function split(text: string, separator: string, most: number): string[] {
  spend(text.length);
  if (most === 0) return [];
  if (most === 1) return [text];
  const bound = Math.max(PARTS_MIN, Math.min(PARTS_MAX, Math.floor(LOOP_CHARS_MAX / Math.max(1, itemChars()))));
  const parts = separator === '' ? [...text] : text.split(separator, bound + 1);
  if (Math.min(parts.length, most) > bound)
    throw new Error(`it would take a text of ${text.length} characters into more than ${bound} parts`);
  if (parts.length <= most) return parts;
  const kept = parts.slice(0, most - 1);
  return [...kept, text.slice(kept.reduce((sum, part) => sum + part.length + separator.length, 0))];
}

function textOf(part: unknown): string {
  if (typeof part === 'string') return part;
  throw new Error('only texts can be joined');
}

function join(parts: string[], separator: string): string {
  spend(parts.reduce((sum, part) => sum + part.length + separator.length, 0));
  return parts.join(separator);
}
