/** How the dates of a field are written, guessed from all of its values. */
import { civil, yearInCentury } from './dates.ts';
import { BORN, DUE, isNamed } from './field-names.ts';
import { certain, type Guess } from './guess.ts';
import { DATE_ORDERS, type DateFormat, type FieldGuess } from './meaning.ts';
import { EVERY_ORDER, guessed, linesOf, orderBit, type SeenField, type Sort, total } from './sorts.ts';

type Order = DateFormat['order'];

/**
 * The century that years of two digits are read in before anything is known of them: up to twenty years from now are still to come. Of the guesses it
 * is the latest.
 */
export function centuryBefore(now: number): number {
  return civil(now).year - 79;
}

/** The order, century and zone of the dates; null where nothing could be a date. @param now epoch milliseconds */
export function guessDate(field: SeenField, now: number): FieldGuess['date'] {
  const dated = field.sorts.filter(({ orders }) => orders !== 0);
  if (dated.length === 0) return null;
  const order = guessOrder(field, dated, now);
  return { order, century: guessCentury(field, dated, order.value, now), zone: guessZone(dated) };
}

/** What the values prove: a day above 12 shows where it stands. Where nothing does, both orders are as likely, and it is asked. */
function guessOrder({ years }: SeenField, dated: readonly Sort[], now: number): Guess<Order> {
  if (dated.every(({ orders, short, either }) => orders === EVERY_ORDER && !short && !either))
    return certain('ymd', linesOf(dated));
  const count = (order: Order) => total(dated.filter(({ orders }) => (orders & orderBit(order)) !== 0));
  const dayOrMonth: Order = count('mdy') > count('dmy') ? 'mdy' : 'dmy';
  const yearFirst = guessYearFirst(years, count('ymd') - count(dayOrMonth), now);
  const value = yearFirst.value ? 'ymd' : dayOrMonth;
  const against = dated.filter(({ orders }) => (orders & orderBit(value)) === 0);
  const proofs = dated.filter((sort) => isProofOf(sort, value));
  const told = (sure: number) => {
    const rest = DATE_ORDERS.filter((order) => order !== value && count(order) > 0);
    const weight = rest.reduce((sum, order) => sum + count(order), 0);
    const others = rest.map((order) => ({ value: order, sure: ((1 - sure) * count(order)) / weight }));
    return guessed(
      value,
      sure,
      linesOf(proofs),
      linesOf(against),
      others.sort((one, other) => other.sure - one.sure),
    );
  };
  // Both orders in one field: each day below 13 may be in either.
  if (against.length > 0) return told(Math.min(0.8, (total(dated) - total(against)) / total(dated)));
  if (value === 'ymd') return told(yearFirst.sure);
  if (proofs.length > 0) return told(Math.min(yearFirst.sure, total(proofs) > 1 ? 0.99 : 0.97));
  const either = dated.filter((sort) => sort.either);
  // Dots are written day first wherever they are written at all; and 5/5/2026 is the same in either order.
  if (either.every(({ separator }) => separator === '.')) return told(Math.min(yearFirst.sure, 0.95));
  return told(0.5);
}

/** A value that can be a date in this order, and not in the one that is taken for it. */
function isProofOf({ orders }: Sort, order: Order): boolean {
  const can = (one: Order) => (orders & orderBit(one)) !== 0;
  if (order === 'ymd') return can('ymd') && !can('dmy') && !can('mdy');
  return can(order) && !can(order === 'dmy' ? 'mdy' : 'dmy');
}

/** 24-03-05: whether its first number is the year. @param more how many more values have a date so than with the year last */
function guessYearFirst({ first, last }: SeenField['years'], more: number, now: number): { value: boolean; sure: number } {
  if (more !== 0) return { value: more > 0, sure: 0.97 };
  if (first.size === 0 || last.size === 0) return { value: false, sure: 0.99 };
  const likely = (years: ReadonlySet<number>) => [...years].every((two) => isNear(two, now));
  if (likely(first) !== likely(last)) return { value: likely(first), sure: 0.95 };
  // Days are many and years few.
  if (first.size * 2 <= last.size) return { value: true, sure: 0.92 };
  return { value: false, sure: last.size * 2 <= first.size ? 0.92 : 0.6 };
}

const NEAR_YEARS = 40;

function isNear(two: number, now: number): boolean {
  const { year } = civil(now);
  const full = yearInCentury(two, centuryBefore(now));
  return full <= year + 1 && full > year - NEAR_YEARS;
}

/** Years that lie ahead by more than the next, if they are of this century, may be of the last one. */
function guessCentury({ name, years }: SeenField, dated: readonly Sort[], order: Order, now: number): Guess<number> {
  const latest = centuryBefore(now);
  const shorts = dated.filter(({ short }) => short);
  if (shorts.length === 0) return guessed(latest, 1, [], []);
  const { year } = civil(now);
  const past = year - 98;
  const full = [...(order === 'ymd' ? years.first : years.last)].map((two) => yearInCentury(two, latest));
  const told = (value: number, sure: number, other: number) =>
    guessed(value, sure, linesOf(shorts), [], [{ value: other, sure: 1 - sure }]);
  // Nobody is born in the future; and who was born in 15 is a child, or very old.
  if (isNamed(name, BORN))
    return full.some((one) => one > year - CHILD_YEARS && one <= year + 1)
      ? told(past, 0.7, past - CHILD_YEARS)
      : told(past, 0.97, latest);
  if (!full.some((one) => one > year + 1)) return told(latest, 0.97, past);
  if (isNamed(name, DUE)) return told(latest, 0.95, past);
  return full.some((one) => one < year - NEAR_YEARS) ? told(past, 0.6, latest) : told(latest, 0.6, past);
}

const CHILD_YEARS = 18;

/** A zone is not guessed from where somebody sits: a value without one is on the wall clock of whoever plans. Beside values that name one it is asked. */
function guessZone(dated: readonly Sort[]): Guess<string> {
  const zoned = dated.filter((sort) => sort.zoned);
  const bare = dated.filter((sort) => !sort.zoned);
  if (zoned.length === 0 || bare.length === 0) return guessed('local', 1, linesOf(bare), []);
  return guessed('local', 0.6, linesOf(bare), linesOf(zoned), [{ value: 'UTC', sure: 0.4 }]);
}
