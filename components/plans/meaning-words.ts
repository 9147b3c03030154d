/** What a field's values mean, in the few words that stand beside it. */
import type { DateFormat, Meaning } from '#lib/core/values/meaning.ts';

const EXAMPLES: Record<DateFormat['order'], string> = { dmy: '31/12/2026', mdy: '12/31/2026', ymd: '2026-12-31' };

/** "dates 31/12/2026", "numbers 1.234,56", "text". */
export function meaningWords({ type, date, number }: Meaning): string {
  if (type === 'date') return date ? `dates ${EXAMPLES[date.order]}` : 'dates';
  if (type === 'number') return number ? `numbers 1${number.group}234${number.decimal}56` : 'numbers';
  if (type === 'yes_no') return 'yes or no';
  return type === 'identifier' ? 'identifiers' : 'text';
}
