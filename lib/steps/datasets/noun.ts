/** Nouns for people. */
import { formatOf } from '#lib/ingest/registry.ts';

/** What the items of a dataset are called, as a plural: "mails"; "rows" until its format is known. */
export function nounOf(datasetFormat: string | null): string {
  return formatOf(datasetFormat)?.noun ?? 'rows';
}
