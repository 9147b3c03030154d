/** Nouns for people, and how they see what the nouns stand for. */
import { formatOf } from '#lib/ingest/registry.ts';
import type { Drawn, FieldLabels } from '#lib/shapes/datasets.ts';

/** What the items of a dataset are called, as a plural: "mails"; "rows" until its format is known. */
export function nounOf(datasetFormat: string | null): string {
  return formatOf(datasetFormat)?.noun ?? 'rows';
}

/** What people call the fields of a dataset, by name; none where the file names them itself. */
export function labelsOf(datasetFormat: string | null): FieldLabels {
  return formatOf(datasetFormat)?.fieldLabels ?? {};
}

/** The character sets that a dataset can be said to be in. */
export function charsetsOf(datasetFormat: string | null): readonly string[] {
  return formatOf(datasetFormat)?.charsets ?? [];
}

/** How the items of a dataset are drawn; as forms until its format is known. */
export function drawnOf(datasetFormat: string | null): Drawn {
  const format = formatOf(datasetFormat);
  const { as, first } = format?.drawn ?? { as: 'form', first: [] };
  return { as, first: [...first], text: format?.textField ?? null };
}
