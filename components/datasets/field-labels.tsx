'use client';

import { createContext, type ReactNode, useContext } from 'react';
import { Instant } from '#components/ui/relative-time.tsx';
import type { FieldLabels } from '#lib/shapes/datasets.ts';

const Labels = createContext<FieldLabels>({});

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
  return useFieldLabel()(name);
}

/** A field's value. An instant that the format wrote is drawn in the person's time zone; what a file holds itself stays as it is. */
export function FieldValue({ name, value }: { name: string; value: string }) {
  const labels = useContext(Labels);
  return Object.hasOwn(labels, name) && INSTANT.test(value) ? <Instant iso={value} /> : value;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
