/**
 * Numbers as a person types them, with the marks of their language, and as a plan has them: decimal strings, exact to the last digit. What could be two
 * numbers is read as the person's language has it, and says so.
 */
import type { NumberFormat } from '#lib/core/values/meaning.ts';
import { decimalText } from '#lib/core/values/numbers.ts';
import type { Typed } from './typed-value.ts';

/** The number of the text, as a plan has it: "1.234,56" of a German is "1234.56". */
export function typedDecimal(text: string, locale: string): Typed<string> {
  const ways = waysToRead(text, locale);
  if (ways.own !== null) return { value: ways.own };
  const [value, ...more] = ways.foreign;
  if (value === undefined) return { fault: `A number, such as ${shownDecimal('1234.56', locale)}.` };
  if (more.length === 0) return { value };
  return { fault: `This can be two numbers. Type ${ways.foreign.map((one) => shownDecimal(one, locale, '')).join(' or ')}.` };
}

/** Of text that could be two numbers, which of them was understood; null for every other. */
export function understoodWords(text: string, locale: string): string | null {
  const { own, foreign } = waysToRead(text, locale);
  const other = foreign.find((one) => one !== own);
  if (own === null || other === undefined) return null;
  return `Read as ${shownDecimal(own, locale, '')}, not as ${shownDecimal(withoutZeros(other), locale, '')}.`;
}

const withoutZeros = (decimal: string): string => (decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal);

/** A plan's number with the marks of the person's language; text that is no number stays as it is. */
export function shownDecimal(decimal: string, locale: string, group: string = marksOf(locale).group): string {
  const [, sign = '', whole = '', fraction] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  if (whole === '') return decimal;
  const { decimal: point, twos } = marksOf(locale);
  const groups = whole.replace(twos ? /\B(?=(\d\d)*\d{3}$)/g : /\B(?=(\d{3})+$)/g, group);
  return `${sign}${groups}${fraction === undefined ? '' : point + fraction}`;
}

/** What the text is in the person's language, and every number that it is somewhere. */
function waysToRead(text: string, locale: string): { own: string | null; foreign: string[] } {
  const own = decimalText(text, marksOf(locale).format);
  const foreign = new Set(WAYS.map((format) => decimalText(text, format)));
  return { own, foreign: [...foreign].filter((one) => one !== null) };
}

/** How people write numbers. */
const WAYS: readonly NumberFormat[] = [
  { decimal: '.', group: ',' },
  { decimal: ',', group: '.' },
  { decimal: '.', group: ' ' },
  { decimal: ',', group: ' ' },
  { decimal: '.', group: "'" },
];

/** `twos`: 12,34,567. */
type Marks = { format: NumberFormat; decimal: string; group: string; twos: boolean };
const MARKS = new Map<string, Marks>();

function marksOf(locale: string): Marks {
  const known = MARKS.get(locale);
  if (known) return known;
  // Digits of the language's own stay with Latin ones: they are what a plan and a file have.
  const parts = new Intl.NumberFormat(locale, { numberingSystem: 'latn', minimumFractionDigits: 1 }).formatToParts(12_345_678.5);
  const mark = (type: 'decimal' | 'group') => parts.find((part) => part.type === type)?.value ?? '';
  const decimal = mark('decimal') === ',' ? ',' : '.';
  const plain = mark('group').replace(/^\s$/, ' ').replace('’', "'");
  const group = GROUPS.find((one) => one === plain && one !== decimal) ?? '';
  const twos = parts.filter(({ type }) => type === 'integer').at(-2)?.value.length === 2;
  const marks = { format: { decimal, group }, decimal, group: group === ' ' ? '\u00a0' : group, twos } as const;
  MARKS.set(locale, marks);
  return marks;
}

const GROUPS = ['.', ',', ' ', "'"] as const;
