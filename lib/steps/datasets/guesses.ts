/** What the fields of a file mean, as far as its values tell. */
import type { FieldGuess } from '#lib/core/values/meaning.ts';
import { guessesOfStoredProfile } from '#lib/core/values/stored-profile.ts';
import type { Format } from '#lib/ingest/port.ts';
import type { Profile } from '#lib/ingest/profile.ts';

/** Each under the name that people have for it. */
export function guessesIn(profile: Profile, { fieldLabels = {} }: Format): FieldGuess[] {
  return guessesOfStoredProfile(profile.fields()).map((field) => ({ ...field, label: fieldLabels[field.name] ?? field.label }));
}
