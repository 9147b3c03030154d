/** What fields mean that were profiled before readings were kept. */
import { certain } from './guess.ts';
import type { FieldGuess, FieldType } from './meaning.ts';
import type { ValueType } from './value-types.ts';

const TYPES: Partial<Record<ValueType, FieldType>> = { number: 'number', date: 'date', boolean: 'yes_no' };

/** As the profile took them: nobody can be asked, for what spoke for it and against it was not kept. */
export function guessesOfStoredProfile(fields: readonly { name: string; type: ValueType }[]): FieldGuess[] {
  return fields.map(({ name, type }) => ({
    ...{ name, label: name, type: certain(TYPES[type] ?? 'text'), unreadable: 0, examples: [] },
    date: type === 'date' ? { order: certain('ymd'), century: certain(1970), zone: certain('local') } : null,
    number: type === 'number' ? { decimal: certain('.'), group: certain('') } : null,
  }));
}
