/**
 * First rules for a table, by what its columns are for. Nothing that is proposed can't be undone: an item is put on a shelf, gets a task, or is only looked at.
 * What is proposed holds for some of the sampled items and not for nearly all, so that no rule catches nothing, or everything.
 */

import type { WhereCondition } from '#lib/core/values/conditions.ts';
import { DAY_MS, isoDay } from '#lib/core/values/dates.ts';
import { isBlank, valueReader } from '#lib/core/values/read-value.ts';
import type { Columns, DateColumn, NumberColumn, SampledField } from './columns.ts';

export type Sampled = {
  /** how many items were looked at */
  size: number;
  itemCount: number;
  /** YYYY-MM-DD */
  today: string;
};

type ProposedCategory = 'task' | 'look' | 'archive' | 'keep';

/** `why` stands in receipts; `reason` is for whoever keeps the rule or removes it. */
export type Proposal = { where: WhereCondition[]; category: ProposedCategory; why: string; reason: string };

/** In the order in which they are to be asked: what protects an item comes first. */
export function proposalsFor(known: Columns, { size, itemCount, today }: Sampled): Proposal[] {
  const columns = { ...known, ages: known.ages.filter(isPast(today)) };
  const offered: Offer[] = [
    ...ofLevels(columns),
    ...ofStock(columns),
    ...finishedOffers(columns, today),
    ...ofAmounts(columns),
    ...waitingOffers(columns, today),
    ...ofAddresses(columns, itemCount),
  ];
  const taken = new Set<number>();
  const rules = offered.flatMap(({ parts, category, why, reason }): Proposal[] => {
    const held = Array.from({ length: size }, (_, index) => index).filter((index) => parts.every(({ holds }) => holds(index)));
    const fresh = held.filter((index) => !taken.has(index));
    if (fresh.length === 0 || held.length > size * NEARLY_ALL) return [];
    for (const index of fresh) taken.add(index);
    const many = category === 'task' && (fresh.length / size) * itemCount > TASKS_MAX;
    return [
      {
        where: parts.map(({ condition }) => condition),
        ...{ category: many ? 'look' : category, why },
        reason: many ? `${reason} They are too many for a task each, so they are only marked to be looked at.` : reason,
      },
    ];
  });
  return [...(rules.length > 0 ? protecting(columns) : []), ...rules];
}

/** A rule that holds for more decides nothing. */
const NEARLY_ALL = 0.9;
const TASKS_MAX = 200;
const OLD_DAYS = 90;
const WAITING_DAYS = 30;

/** A condition, and whether it holds for a sampled item. */
type Part = { condition: WhereCondition; holds(index: number): boolean };
type Offer = { parts: Part[]; category: ProposedCategory; why: string; reason: string };

function protecting({ protects }: Columns): Proposal[] {
  if (!protects?.meaning) return [];
  const read = valueReader(protects.meaning);
  if (!protects.texts.some((text) => read(text) === true)) return [];
  const name = quoted(protects);
  const reason = `What is ${name} stays as it is, whatever the other rules say: so the first rule takes it out.`;
  return [{ where: [{ field: protects.name, is: 'yes' }], category: 'keep', why: `${name} is yes`, reason }];
}

function ofLevels({ level }: Columns): Offer[] {
  if (!level) return [];
  const { field, loud, quiet } = level;
  const name = quoted(field);
  return [
    ...(loud.length > 0
      ? [
          {
            ...{ parts: [oneOf(field, loud)], category: 'task' as const, why: 'something failed' },
            reason: `${name} holds levels of a log. ${listed(loud)} means that something failed.`,
          },
        ]
      : []),
    {
      ...{ parts: [oneOf(field, quiet)], category: 'archive', why: 'it only tells what happened' },
      reason: `${name} holds levels of a log. ${listed(quiet)} only tells what happened; archiving can be undone.`,
    },
  ];
}

function ofStock({ stock, status }: Columns): Offer[] {
  if (!stock) return [];
  const { field } = stock;
  const none: Part = {
    condition: { field: field.name, is: 'at_most', value: '0' },
    holds: (index) => (stock.numbers[index] ?? 1) <= 0,
  };
  const over = status && status.finished.length > 0 ? oneOf(status.field, status.finished) : null;
  return [
    ...(over && status
      ? [
          {
            ...{ parts: [none, over], category: 'archive' as const, why: 'nothing is left, and it is no longer kept' },
            reason: `${quoted(field)} is 0 and ${quoted(status.field)} is ${listed(status.finished)}: there is nothing to do about it; archiving can be undone.`,
          },
        ]
      : []),
    {
      ...{ parts: [none], category: 'task', why: 'nothing is left' },
      reason: `${quoted(field)} counts pieces, and some have none left.`,
    },
  ];
}

function finishedOffers({ status, stock, ages }: Columns, today: string): Offer[] {
  if (!status || stock || status.finished.length === 0) return [];
  const { field, finished } = status;
  const over = oneOf(field, finished);
  const age = ageWhere(ages, over);
  if (!age) return [];
  const { part, told } = olderThan(age, OLD_DAYS, lastDay(ages, today), today);
  return [
    {
      ...{ parts: [over, part], category: 'archive', why: `it is over for more than ${OLD_DAYS} days` },
      reason: `${quoted(field)} says where an item stands: ${listed(finished)} is over. ${told} Archiving can be undone.`,
    },
  ];
}

function waitingOffers({ status, stock, ages }: Columns, today: string): Offer[] {
  if (!status || stock || status.waiting.length === 0) return [];
  const { field, waiting } = status;
  const open = oneOf(field, waiting);
  const age = ageWhere(ages, open);
  if (!age) return [];
  const { part, told } = olderThan(age, WAITING_DAYS, lastDay(ages, today), today);
  return [
    {
      ...{ parts: [open, part], category: 'task', why: `it waits for more than ${WAITING_DAYS} days` },
      reason: `${quoted(field)} says where an item stands: ${listed(waiting)} waits for somebody. ${told}`,
    },
  ];
}

const DATED_SHARE = 0.9;

/** The first column with a day for nearly all of these items. */
function ageWhere(ages: readonly DateColumn[], { holds }: Part): DateColumn | null {
  return (
    ages.find(({ days }) => {
      const of = days.filter((_, index) => holds(index));
      return of.length > 0 && of.filter((day) => day !== null).length >= of.length * DATED_SHARE;
    }) ?? null
  );
}

const PAST_SHARE = 0.95;

/** Days that lie ahead are of something that is planned or due. */
function isPast(today: string): (column: DateColumn) => boolean {
  return ({ days }) => days.filter((day) => day !== null && day > today).length <= days.length * (1 - PAST_SHARE);
}

/** Of the whole file, as far as it is not ahead. */
function lastDay(ages: readonly DateColumn[], today: string): string {
  return ages
    .flatMap(({ days }) => days)
    .reduce<string>((latest, day) => (day !== null && day > latest && day <= today ? day : latest), '');
}

/** Counted from today; in a file whose newest day is long ago from that day, for else all of it would be old. */
function olderThan({ field, days }: DateColumn, count: number, newest: string, today: string): { part: Part; told: string } {
  const on = newest < daysBefore(today, count) ? newest : today;
  const before = daysBefore(on, count);
  const from = on === today ? 'today' : `${on}, the newest day in the file`;
  return {
    part: {
      condition: { field: field.name, is: 'older_than', days: count, on },
      holds: (index) => (days[index] ?? before) < before,
    },
    told: `${quoted(field)} says since when; ${count} days are counted back from ${from}.`,
  };
}

function daysBefore(day: string, count: number): string {
  return isoDay(Date.parse(`${day}T00:00:00Z`) - count * DAY_MS);
}

const HIGH_RANK = 0.95;
/** So many times the middle value: below that amounts are all alike, and none asks to be looked at. */
const STANDS_OUT = 3;

/** The highest amounts, of what is not settled where that is known. An amount without a day is a price, and is nobody's to decide on. */
function ofAmounts({ amount, status, stock, ages }: Columns): Offer[] {
  const high = amount && !stock && ages.length > 0 ? highFrom(amount) : null;
  if (amount === null || high === null) return [];
  const { field, numbers } = amount;
  const part: Part = {
    condition: { field: field.name, is: 'over', value: String(high) },
    holds: (index) => (numbers[index] ?? high) > high,
  };
  const open = status && status.waiting.length > 0 ? oneOf(status.field, status.waiting) : null;
  const still = open && status ? ` Only what is still ${listed(status.waiting)} is asked about.` : '';
  return [
    {
      ...{ parts: open ? [open, part] : [part], category: 'task', why: `it is over ${high}` },
      reason: `${quoted(field)} is an amount: about one in twenty is over ${high.toLocaleString('en-US')}, far above the middle.${still} Choose your own limit.`,
    },
  ];
}

/** A round number near the highest twentieth; null where that does not stand out. */
function highFrom({ numbers }: NumberColumn): number | null {
  const sorted = numbers.filter((number) => number !== null).sort((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const high = sorted[Math.floor(sorted.length * HIGH_RANK)] ?? 0;
  if (middle <= 0 || high < middle * STANDS_OUT) return null;
  const step = 10 ** Math.floor(Math.log10(high)) / 2;
  return step < 1 ? null : Math.floor(high / step) * step;
}

function ofAddresses({ address, status, level, stock }: Columns, itemCount: number): Offer[] {
  if (!address || address.always || status || level || stock || itemCount === 0) return [];
  const none: Part = {
    condition: { field: address.name, is: 'empty' },
    holds: (index) => isBlank(address.texts[index] ?? ''),
  };
  return [
    {
      ...{ parts: [none], category: 'task', why: 'there is no address to write to' },
      reason: `${quoted(address)} has an address of nearly every item: where it is empty nobody can write.`,
    },
  ];
}

function oneOf(field: SampledField, values: readonly string[]): Part {
  const known = new Set(values.map((value) => value.toLowerCase()));
  return {
    condition: { field: field.name, is: 'one_of', values: [...values] },
    holds: (index) => known.has((field.texts[index] ?? '').toLowerCase()),
  };
}

const quoted = ({ name }: SampledField): string => `“${name}”`;

function listed(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}
