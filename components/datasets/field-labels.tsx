'use client';

import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { Outside } from '#components/ui/outside.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import type { Range } from '#lib/core/values/legible.ts';
import type { FieldMeanings } from '#lib/core/values/meaning.ts';
import { type Read, valueReader } from '#lib/core/values/read-value.ts';
import type { FieldLabels } from '#lib/shapes/datasets.ts';

const Labels = createContext<FieldLabels>({});
const Dates = createContext<ReadonlyMap<string, (text: string) => Read>>(new Map());

/** What the fields of the dataset that is shown inside mean: a date that names a moment is drawn in the person's time zone. */
export function FieldMeaningsOf({ meanings, children }: { meanings: FieldMeanings; children: ReactNode }) {
  const readers = useMemo(() => {
    const dates = Object.entries(meanings).filter(([, { type }]) => type === 'date');
    return new Map(dates.map(([name, meaning]) => [name, valueReader(meaning)]));
  }, [meanings]);
  return <Dates value={readers}>{children}</Dates>;
}

/** What people call the fields of the dataset that is shown inside: its format says it. A file that names its columns itself has none. */
export function FieldLabelsOf({ labels, children }: { labels: FieldLabels; children: ReactNode }) {
  return <Labels value={labels}>{children}</Labels>;
}

/** The label of a field by its name; the name itself where it has none. */
export function useFieldLabel(): (name: string) => string {
  const labels = useContext(Labels);
  return (name) => (Object.hasOwn(labels, name) ? (labels[name] ?? name) : name);
}

/** A sentence of ours that quotes fields by their names (“messageId”): it then quotes their labels. */
export function useLabelled(): (sentence: string) => string {
  const label = useFieldLabel();
  return (sentence) => sentence.replace(/“([^”]+)”/g, (_, name: string) => `“${label(name)}”`);
}

/** A field's name, for people. */
export function FieldName({ name }: { name: string }) {
  return <Outside text={useFieldLabel()(name)} />;
}

/** A field's value. A moment, as the format or the reading says, is drawn in the person's time zone; every other text as it is (`Outside`). */
export function FieldValue({
  name,
  value,
  ...drawn
}: {
  name: string;
  value: string;
  copy?: boolean;
  hits?: readonly Range[] | undefined;
}) {
  const labels = useContext(Labels);
  const date = useContext(Dates).get(name)?.(value);
  if (typeof date === 'object' && date?.kind === 'instant') return <Instant iso={new Date(date.ms).toISOString()} />;
  if (Object.hasOwn(labels, name) && INSTANT.test(value)) return <Instant iso={value} />;
  // A cell of a workbook is no text: its moment is written for machines here, and without a zone it stays the hour that it names.
  const clock = typeof date === 'object' ? WALL_CLOCK.exec(value) : null;
  return <Outside text={clock ? `${clock[1]} ${clock[2]}` : value} {...drawn} />;
}

const WALL_CLOCK = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):00$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
