/** Some items of a table with what their fields mean, for whoever drafts by them. */
import { meaningOf } from '#lib/core/values/meaning.ts';
import { questionsOf } from '#lib/core/values/questions.ts';
import type { ReadingBody } from '#lib/core/values/reading-body.ts';
import type { SampledField } from './columns.ts';

type Table = { fields: readonly { name: string; filled: number }[]; itemCount: number };

/** The fields of the table in its order. One about whose meaning anything is asked has none here: a rule on it would be asked about before the start. */
export function sampledFields(
  { fields, itemCount }: Table,
  reading: ReadingBody,
  items: readonly { fields: Readonly<Record<string, string>> }[],
): SampledField[] {
  const guesses = new Map(reading.fields.map((guess, index) => [guess.name, { guess, index }]));
  const asked = questionsOf(reading).map(({ path }) => path);
  return fields.map(({ name, filled }) => {
    const known = guesses.get(name);
    const doubtful = known === undefined || asked.some((path) => path.startsWith(`fields.${known.index}.`));
    return {
      ...{ name, label: known?.guess.label ?? name, always: filled === itemCount },
      meaning: doubtful ? null : meaningOf(known.guess),
      texts: items.map((item) => (Object.hasOwn(item.fields, name) ? (item.fields[name] ?? '') : '')),
    };
  });
}
