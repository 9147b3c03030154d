/**
 * What a field means, guessed from all of its values: its type, the order and century of its dates, the separators of its numbers. Each guess says how sure
 * it is and which lines speak for and against it (docs/values.md has the reasons).
 */
import { ASKS, COUNTED, isNamed, isNamedAsCode, MOMENT, YEARS } from './field-names.ts';
import type { Guess } from './guess.ts';
import { guessDate } from './guess-dates.ts';
import { guessNumber, provenDecimal } from './guess-numbers.ts';
import type { FieldGuess, FieldType } from './meaning.ts';
import { EVERY_FORMAT, examplesOf, formatBit, guessed, linesOf, orderBit, type SeenField, type Sort, total } from './sorts.ts';

/** The meanings of all fields of a file: how one of them writes its numbers says something about the others. @param now epoch milliseconds */
export function guessMeanings(fields: readonly SeenField[], now: number): FieldGuess[] {
  const decimals = new Set(fields.map(({ sorts }) => provenDecimal(sorts)).filter((decimal) => decimal !== null));
  const [neighbours = null] = decimals.size === 1 ? decimals : [];
  return fields.map((field) => guessMeaning(field, neighbours, now));
}

function guessMeaning(field: SeenField, neighbours: Decimal | null, now: number): FieldGuess {
  const { sorts } = field;
  const number = guessNumber(sorts, neighbours);
  const date = guessDate(field, now);
  const type = guessType(field);
  const guess = { name: field.name, label: field.label, type, date, number };
  const unread = sorts.filter((sort) => !reads(sort, guess, type.value));
  return { ...guess, unreadable: total(unread), examples: examplesOf(unread) };
}

type Decimal = NonNullable<FieldGuess['number']>['decimal']['value'];
type Formats = Pick<FieldGuess, 'date' | 'number'>;

/** Whether the reader of a type reads the values of a sort. */
function reads(sort: Sort, { date, number }: Formats, type: FieldType): boolean {
  if (type === 'number')
    return number !== null && (sort.formats & formatBit({ decimal: number.decimal.value, group: number.group.value })) !== 0;
  if (type === 'date') return date !== null && (sort.orders & orderBit(date.order.value)) !== 0;
  return type === 'yes_no' ? sort.yesNo !== null : true;
}

// ---- the type ----

/** So many of the values have to be of a type; of fewer it is asked. */
const TYPE_SHARE = 0.9;
const DOUBTFUL_SHARE = 0.6;

function guessType(field: SeenField): Guess<FieldType> {
  const known = field.sorts.filter(({ placeholder }) => !placeholder);
  const all = total(known);
  if (all === 0) return guessed('text', 1, [], []);
  const shareOf = (fits: (sort: Sort) => boolean) => total(known.filter(fits)) / all;
  // In whichever order or format: what contradicts the one that is guessed is told against that.
  const asDate = ({ orders }: Sort) => orders !== 0;
  const asNumber = ({ formats }: Sort) => formats !== 0;
  const digits = shareOf((sort) => sort.digits);

  const dates = shareOf(asDate);
  const dateSure = digits < 0.5 ? surenessOf(dates) : digitsAreDates(field, known) ? surenessOf(dates) : 0;
  if (dates >= TYPE_SHARE && dateSure > 0) return typed(known, 'date', dateSure, asDate, []);
  const yesNo = shareOf((sort) => sort.yesNo !== null);
  if (yesNo >= TYPE_SHARE && saysYesOrNo(field))
    return typed(known, 'yes_no', surenessOf(yesNo), (sort) => sort.yesNo !== null, []);
  const numbers = shareOf(asNumber);
  const codes = shareOf((sort) => sort.digits && sort.formats === 0);
  if (numbers + codes >= TYPE_SHARE) return numberOrCode(field, known, { numbers, codes, digits, asNumber });

  const best = Math.max(dates, yesNo, numbers);
  const other = best === numbers ? 'number' : best === dates ? 'date' : 'yes_no';
  const fits = other === 'date' ? asDate : other === 'number' ? asNumber : (sort: Sort) => sort.yesNo !== null;
  const doubted = best >= DOUBTFUL_SHARE && best < TYPE_SHARE;
  const type = !doubted && isCode(field, known) ? 'identifier' : 'text';
  if (!doubted) return guessed(type, 0.95, linesOf(known.filter((sort) => !fits(sort))), []);
  return guessed(type, 1 - best / 2, linesOf(known.filter((sort) => !fits(sort))), linesOf(known.filter(fits)), [
    { value: other, sure: best / 2 },
  ]);
}

/** As sure as the values are alike: 1 in 10 that is none of the type leaves it just sure enough. */
function surenessOf(share: number): number {
  return share >= 1 ? 0.99 : 0.9 + Math.max(0, share - TYPE_SHARE) * 0.9;
}

function typed(
  known: Sort[],
  type: FieldType,
  sure: number,
  fits: (sort: Sort) => boolean,
  others: Guess<FieldType>['others'],
): Guess<FieldType> {
  return guessed(type, sure, linesOf(known.filter(fits)), linesOf(known.filter((sort) => !fits(sort))), others);
}

/** Digits that are compared as text, or a number to count with. */
function numberOrCode(
  field: SeenField,
  known: Sort[],
  { numbers, codes, digits, asNumber }: { numbers: number; codes: number; digits: number; asNumber: (sort: Sort) => boolean },
): Guess<FieldType> {
  const isDigits = (sort: Sort) => sort.digits || sort.formats === EVERY_FORMAT;
  const coded = isNamedAsCode(field.name);
  // "+49301234567" is called a phone number, and is none to count with.
  if (coded && total(known.filter(isDigits)) >= total(known) * TYPE_SHARE && codes === 0)
    return typed(known, 'identifier', 0.95, isDigits, [{ value: 'number', sure: 0.05 }]);
  if (digits >= TYPE_SHARE) {
    const proofs = linesOf(known.filter((sort) => sort.digits && sort.formats === 0));
    // A few leading zeros among many numbers are slips as likely as codes.
    if (codes > 0.01 || (codes > 0 && coded))
      return guessed('identifier', 0.97, proofs, linesOf(known.filter((sort) => !sort.digits)));
    if (codes > 0) return guessed('number', 0.8, linesOf(known.filter(asNumber)), proofs, [{ value: 'identifier', sure: 0.2 }]);
    const [shortest, longest] = field.lengths;
    const even = shortest === longest && longest >= CODE_DIGITS_MIN && total(known) >= CODES_MIN;
    if (field.unique && even && !isNamed(field.name, COUNTED) && !isNamed(field.name, YEARS))
      return typed(known, 'identifier', 0.9, isDigits, [{ value: 'number', sure: 0.1 }]);
  }
  const units = new Set(known.filter(asNumber).map(({ unit }) => unit));
  const mixed = units.size > 1 && !isOneUnit(known.filter(asNumber));
  const others: Guess<FieldType>['others'] = mixed ? [{ value: 'text', sure: 0.4 }] : [];
  return typed(known, 'number', mixed ? 0.6 : surenessOf(numbers), asNumber, others);
}

const CODE_DIGITS_MIN = 5;
const CODES_MIN = 5;

/** 45% beside 0.45, or 5 USD beside 5 EUR: comparing their numbers compares different things. A unit here and there among bare zeros is one. */
function isOneUnit(sorts: readonly Sort[]): boolean {
  const named = new Set(sorts.map(({ unit }) => unit).filter((unit) => unit !== ''));
  return named.size === 1 && !named.has('%');
}

/** 20240305 is a day, and 1709633472 an instant, only where every value is one and nothing else is more likely. */
function digitsAreDates({ name, lengths: [shortest, longest] }: SeenField, known: readonly Sort[]): boolean {
  if (shortest !== longest || known.some((sort) => sort.orders === 0)) return false;
  return longest === 8 ? !isNamedAsCode(name) : longest > 8 && isNamed(name, MOMENT);
}

/** Letters and digits stand for yes and no where both are there, or where the name asks for it. */
function saysYesOrNo({ words: found, name }: SeenField): boolean {
  const said = [...found];
  if (said.every((word) => word === 'x')) return true;
  if (said.includes('x')) return false;
  if (said.every((word) => word === '0' || word === '1')) return found.size === 2 && isNamed(name, ASKS);
  return said.some((word) => word.length > 1) || found.size > 1;
}

/** Words without spaces that are called a code, or hardly ever come twice and have digits in them. */
function isCode({ name, unique, lengths: [, longest] }: SeenField, known: readonly Sort[]): boolean {
  return isNamedAsCode(name) && unique && longest <= CODE_CHARS_MAX && total(known) > 1;
}

const CODE_CHARS_MAX = 100;
