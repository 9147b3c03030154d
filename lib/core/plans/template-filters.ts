/**
 * What templates ask of an item's values in a form of its own: `{{Opened At | date}}` is the day in the plan's time zone (2026-10-25), `{{Amount | number}}` a
 * plain decimal (1234.50), by what the fields mean. A field that is itself called so comes first.
 */
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { isoDay, wallClock } from '#lib/core/values/dates.ts';
import { type FieldMeanings, type Meaning, meaningIn } from '#lib/core/values/meaning.ts';
import { decimalText } from '#lib/core/values/numbers.ts';
import { isBlank, valueReader } from '#lib/core/values/read-value.ts';
import { type Filter, type FilteredName, filteredNames } from '#lib/core/values/template.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import type { Action, Plan } from './plan.ts';

/** What the forms go by: the fields' meanings, and whose days the days of the plan are. */
export type FilterValues = { meanings: FieldMeanings; timeZone: string };

/** Fills the asked forms into an item's fields. */
export type Filters = {
  /** @throws CountersignError `invalid` naming the item, where a value can't be read in the form that its request needs */
  ofRequest(action: Action, item: { ordinal: number; fields: Record<string, string> }): Record<string, string>;
  /** For the lines of receipts: a value that can't be read stands as it is. */
  ofLine(fields: Record<string, string>): Record<string, string>;
};

/** Whether any template of the plan asks for a form, so that meanings are needed. */
export function hasFilters(plan: Pick<Plan, 'categories' | 'receiptLine'>): boolean {
  return (
    filteredNames(plan.receiptLine).length > 0 ||
    plan.categories.some(({ action }) => action !== null && asked(action).length > 0)
  );
}

/** What is wrong with the forms that the plan's templates ask for: they are of fields of the dataset, and fit what these mean. */
export function checkFilters(
  plan: Pick<Plan, 'categories' | 'receiptLine'>,
  fieldNames: readonly string[],
  meanings: FieldMeanings,
): Problem[] {
  const problems: Problem[] = [];
  const check = (text: string, path: string): void => {
    for (const { name, field, filter, line, column } of filteredNames(text)) {
      if (fieldNames.includes(name)) continue;
      const message = fieldNames.includes(field)
        ? misfit(field, filter, meaningIn(meanings, field))
        : `“${field}” is no field of the file, and has no form of its own. Write {{${field}}}.`;
      if (message !== null) problems.push({ path, message, line, column });
    }
  };
  check(plan.receiptLine, 'receiptLine');
  plan.categories.forEach(({ action }, index) => {
    if (action) eachText(action.with, `categories.${index}.action.with`, check);
  });
  return problems;
}

function misfit(field: string, filter: Filter, { type }: Meaning): string | null {
  if (filter === 'text' || filter === type) return null;
  const what = filter === 'date' ? 'a date' : 'a number';
  return `“${field}” is not read as ${what}, so {{${field} | ${filter}}} has no value. Say that it is one in how the file was read, or write {{${field}}}.`;
}

/** What fills in the forms that a plan's templates ask for. Make it once a batch: it keeps what it has worked out of fields and zones. */
export function filtersOf(plan: Pick<Plan, 'receiptLine'>, { meanings, timeZone }: FilterValues): Filters {
  const toLocal = wallClock(timeZone);
  const readers = new Map<string, (text: string) => string | null>();
  const readerOf = (field: string, filter: Filter): ((text: string) => string | null) => {
    const key = `${filter} ${field}`;
    let reader = readers.get(key);
    if (!reader) {
      reader = formReader(filter, meaningIn(meanings, field), toLocal);
      readers.set(key, reader);
    }
    return reader;
  };
  const fill = (
    names: readonly FilteredName[],
    fields: Record<string, string>,
    otherwise: (name: FilteredName, text: string) => string,
  ): Record<string, string> => {
    const missing = names.filter(({ name }) => !Object.hasOwn(fields, name));
    if (missing.length === 0) return fields;
    const forms = missing.map((one): [string, string] => {
      const text = Object.hasOwn(fields, one.field) ? (fields[one.field] ?? '') : '';
      return [one.name, readerOf(one.field, one.filter)(text) ?? otherwise(one, text)];
    });
    // Own members all of them: a field may be called __proto__.
    return Object.fromEntries([...Object.entries(fields), ...forms]);
  };
  const inLine = filteredNames(plan.receiptLine);
  return {
    ofRequest: (action, { ordinal, fields }) =>
      fill(asked(action), fields, ({ name, field, filter }, text) => {
        const shown = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
        const message = `Item ${ordinal}: “${field}” is “${shown}”, which can’t be read as a ${filter}, so {{${name}}} has no value.`;
        const reason = `“${field}” can’t be read as a ${filter}, so {{${name}}} has no value.`;
        throw new CountersignError('invalid', message, { facts: { ordinal, reason, field } });
      }),
    ofLine: (fields) => fill(inLine, fields, (_, text) => text),
  };
}

const SHOWN_CHARS = 60;

function formReader(filter: Filter, meaning: Meaning, toLocal: (ms: number) => number): (text: string) => string | null {
  if (filter === 'text') return (text) => text;
  if (filter === 'number') {
    const { number } = meaning;
    return (text) => (isBlank(text) ? '' : number && decimalText(text, number));
  }
  const read = meaning.type === 'date' ? valueReader(meaning) : () => null;
  return (text) => {
    if (isBlank(text)) return '';
    const value = read(text);
    if (value === null || typeof value !== 'object') return null;
    return isoDay(value.kind === 'instant' ? toLocal(value.ms) : value.ms);
  };
}

const askedBy = new WeakMap<Action, readonly FilteredName[]>();

/** The forms that an action's templates ask for, each once. */
function asked(action: Action): readonly FilteredName[] {
  const known = askedBy.get(action);
  if (known) return known;
  const names = new Map<string, FilteredName>();
  eachText(action.with, '', (text) => {
    for (const one of filteredNames(text)) names.set(one.name, one);
  });
  const all = [...names.values()];
  askedBy.set(action, all);
  return all;
}

function eachText(value: Json, path: string, see: (text: string, path: string) => void): void {
  if (typeof value === 'string') see(value, path);
  else if (value !== null && typeof value === 'object')
    for (const [key, one] of Object.entries(value)) eachText(one, `${path}.${key}`, see);
}
