/** What each rule of a previewed plan comes to: what it takes, what it matches, where nobody knows, and what is odd about that. */
import type { Examined } from '#lib/classifiers/port.ts';
import { PREVIEW_EXAMPLES } from '#lib/core/limits.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import type { FieldMeanings, FieldType } from '#lib/core/values/meaning.ts';
import type { RuleFacts } from '#lib/shapes/plans.ts';
import type { PlanningItem } from '#lib/store/plans/planning.sql.ts';

type UnknownField = { count: number; examples: { ordinal: number; value: string }[] };
type Tally = { takes: number; matches: number; unknown: number; fields: Map<string, UnknownField> };

export type RuleTallies = {
  /** @param whole whether every rule was asked of the item, also those behind the one that took it */
  add(examined: Examined, item: PlanningItem, whole: boolean): void;
  /** @param counted how many items were looked at; `scale` takes a count of these to the whole dataset */
  facts(counted: number, scale: (count: number) => number): RuleFacts[];
};

const VALUE_CHARS = 300;

/** Counts for as many rules. */
export function tallyRules(rules: number, meanings: FieldMeanings): RuleTallies {
  const tallies: Tally[] = Array.from({ length: rules }, () => ({ takes: 0, matches: 0, unknown: 0, fields: new Map() }));
  let asked = 0;
  return {
    add({ classification, holds, unknown }, { ordinal, fields }, whole) {
      const first = classification.part === undefined ? undefined : tallies[classification.part];
      if (first) first.takes++;
      if (!whole) return;
      asked++;
      for (const part of holds) {
        const tally = tallies[part];
        if (tally) tally.matches++;
      }
      for (const one of unknown) {
        const tally = tallies[one.part];
        if (!tally) continue;
        tally.unknown++;
        for (const name of one.fields) {
          const field = tally.fields.get(name) ?? { count: 0, examples: [] };
          field.count++;
          const value = Object.hasOwn(fields, name) ? (fields[name] ?? '') : '';
          if (field.examples.length < PREVIEW_EXAMPLES) field.examples.push({ ordinal, value: beginOf(value, VALUE_CHARS) });
          tally.fields.set(name, field);
        }
      }
    },
    facts(counted, scale) {
      const ofAsked = (count: number): number =>
        scale(asked === counted || asked === 0 ? count : Math.round((count * counted) / asked));
      return tallies.map((tally, index) => ({
        takes: scale(tally.takes),
        matches: Math.max(scale(tally.takes), ofAsked(tally.matches)),
        unknown: ofAsked(tally.unknown),
        unknownFields: [...tally.fields].map(([field, { count, examples }]) => ({
          ...{ field, count: ofAsked(count), examples },
          message: lacks(field, ofAsked(count), meanings),
        })),
        warnings:
          asked === 0 ? [] : warningsOf(tally, { index, asked, all: asked === counted, last: index === tallies.length - 1 }),
      }));
    },
  };
}

const LACKS: Readonly<Record<FieldType, string>> = {
  text: 'no text',
  identifier: 'no text',
  number: 'no number',
  date: 'no date',
  yes_no: 'neither yes nor no',
};

function lacks(field: string, count: number, meanings: FieldMeanings): string {
  const type = Object.hasOwn(meanings, field) ? meanings[field]?.type : undefined;
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'item has' : 'items have'} ${LACKS[type ?? 'text']} in “${field}”.`;
}

type Looked = {
  index: number /** items of which every rule was asked */;
  asked: number /** whether that was all */;
  all: boolean;
  last: boolean;
};

function warningsOf({ takes, matches, unknown }: Tally, { index, asked, all, last }: Looked): RuleFacts['warnings'] {
  const rule = `Rule ${index + 1}`;
  const items = `${asked.toLocaleString('en-US')} ${asked === 1 ? 'item' : 'items'}`;
  if (matches === 0) {
    if (takes > 0) return [];
    const open = unknown === 0 ? '' : ` Of ${unknown.toLocaleString('en-US')} nobody knows.`;
    return [{ code: 'matches_nothing', message: `${rule} matches none of ${items}.${open}` }];
  }
  if (takes === 0) {
    const message = `Earlier rules take all ${matches.toLocaleString('en-US')} that ${rule.toLowerCase()} matches.`;
    return [{ code: 'matches_only_taken', message }];
  }
  if (!all || matches < asked) return [];
  const rest = last ? '' : ' No rule after it decides anything.';
  return [{ code: 'matches_everything', message: `${rule} matches all of ${items}.${rest}` }];
}
