/**
 * Numbers as a person types them, with the marks of their language, and as a plan has them: decimal strings, exact to the last digit. What could be two
 * numbers is read as the person's language has it, and says so.
 */
import type { Typed } from './typed-value.ts';

type Marks = { decimal: string; group: string };

/** What a text says, and the other number that somebody else would read in it. */
export type TypedDecimal = { value: string; not: string | null };

/** The number of the text, as a plan has it: "1.234,56" of a German is "1234.56". */
export function typedDecimal(text: string, locale: string): Typed<string> {
  const read = readDecimal(text, locale);
  return 'fault' in read ? read : { value: read.value };
}

/** Of text that could be two numbers, which of them was understood; null for every other. */
export function understoodWords(text: string, locale: string): string | null {
  const read = readDecimal(text, locale);
  if ('fault' in read || read.not === null) return null;
  const plainly = (decimal: string) => shownDecimal(decimal, locale, '');
  return `Read as ${plainly(read.value)}, not as ${plainly(read.not)}.`;
}

/** A plan's number with the marks of the person's language; text that is no number stays as it is. */
export function shownDecimal(decimal: string, locale: string, group: string = marksOf(locale).group): string {
  const [, sign = '', whole = '', fraction] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  if (whole === '') return decimal;
  const size = GROUPS_OF_TWO.test(locale) ? /\B(?=(\d\d)*\d{3}$)/g : /\B(?=(\d{3})+$)/g;
  return `${sign}${whole.replace(size, group)}${fraction === undefined ? '' : marksOf(locale).decimal + fraction}`;
}

/** @internal for its tests */
export function readDecimal(text: string, locale: string): TypedDecimal | { fault: string } {
  const [, sign = '', digits = ''] = /^\s*([-−+]?)\s*(.*?)\s*$/s.exec(text) ?? [];
  const own = decimalOf(digits, marksOf(locale), GROUPS_OF_TWO.test(locale));
  const foreign = [...new Set(OTHER_MARKS.map((marks) => decimalOf(digits, marks, false)))].filter((one) => one !== null);
  const value = own ?? (foreign.length === 1 ? foreign[0] : undefined);
  const signed = (one: string) => (sign === '-' || sign === '−' ? negated(one) : one);
  if (value !== undefined) {
    const other = foreign.find((one) => one !== value);
    return { value: signed(value), not: other === undefined ? null : signed(other) };
  }
  if (foreign.length > 1) {
    const ways = foreign.map((one) => shownDecimal(signed(one), locale, '')).join(' or ');
    return { fault: `This can be two numbers. Type ${ways}.` };
  }
  return { fault: `A number, such as ${shownDecimal('1234.56', locale)}.` };
}

/** Every way in which people write numbers; the spaces and apostrophes are one each. */
const OTHER_MARKS: readonly Marks[] = [
  { decimal: '.', group: ',' },
  { decimal: ',', group: '.' },
  { decimal: '.', group: ' ' },
  { decimal: ',', group: ' ' },
  { decimal: '.', group: "'" },
];

/** 12,34,567 in the languages of India. */
const GROUPS_OF_TWO = /^(as|bn|gu|hi|kn|ks|kok|mai|ml|mr|ne|or|pa|sa|sd|ta|te|ur)(-|$)|^en-(IN|BD|PK|NP)$/;

function decimalOf(typed: string, { decimal, group }: Marks, twos: boolean): string | null {
  const text = typed.replace(/\s/g, ' ').replace(/[’‘]/g, "'");
  const [whole = '', fraction, ...more] = text.split(decimal);
  if (more.length > 0 || (fraction !== undefined && !/^\d+$/.test(fraction))) return null;
  const mark = group.replace(/\s/, ' ').replace(/[’‘]/, "'");
  const groups = mark === '' ? [whole] : whole.split(mark);
  const [first = '', ...rest] = groups;
  if (!groups.every((one) => /^\d+$/.test(one)) && !(whole === '' && fraction !== undefined)) return null;
  const sized = rest.every((one, at) => one.length === (twos && at < rest.length - 1 ? 2 : 3));
  if (rest.length > 0 && (!sized || first.length > (twos ? 2 : 3) || /^0/.test(first))) return null;
  const plain = groups.join('').replace(/^0+(?=\d)/, '') || '0';
  return fraction === undefined ? plain : `${plain}.${fraction}`;
}

function negated(decimal: string): string {
  return /[1-9]/.test(decimal) ? `-${decimal}` : decimal;
}

const MARKS = new Map<string, Marks>();

function marksOf(locale: string): Marks {
  const known = MARKS.get(locale);
  if (known) return known;
  // Digits of the language's own stay with Latin ones: they are what a plan and a file have.
  const parts = new Intl.NumberFormat(locale, { numberingSystem: 'latn', minimumFractionDigits: 1 }).formatToParts(12_345_678.5);
  const mark = (type: 'decimal' | 'group') => parts.find((part) => part.type === type)?.value ?? '';
  const marks = { decimal: mark('decimal') || '.', group: mark('group') };
  MARKS.set(locale, marks);
  return marks;
}
