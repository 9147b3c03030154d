import { z } from 'zod';
import { SECURITY_KIND_NAMES } from '#lib/core/people/security-kinds.ts';
import { facts, id, instant } from './values.ts';

/** One event of the security log. */
export const securityEvent = z.object({
  id: z.string(),
  at: instant,
  kind: z.enum(SECURITY_KIND_NAMES),
  says: z.string().describe('The kind as a sentence.'),
  by: z.object({ id: z.string(), name: z.string() }).describe('Who did it.'),
  about: z
    .object({ id: z.string(), name: z.string() })
    .nullable()
    .describe('Whom or what it is about: a person, a batch, a dataset. Null where that is whoever did it.'),
  facts: facts.describe('Ids, names and numbers; never a secret or a value of an item.'),
  names: z.record(z.string(), z.string()).describe('What people and keys are called that the facts name by their ids.'),
});
export type SecurityEventView = z.infer<typeof securityEvent>;

const day = z.iso.date({ error: 'This is not a day, as 2026-11-26.' });

/** Which events. */
export const securityAsked = {
  kind: z.enum(SECURITY_KIND_NAMES).optional(),
  person: id.optional().describe('The id of a person: what the person did, and what was done to the person.'),
  from: day.optional().describe('Nothing before this day (UTC).'),
  to: day.optional().describe('Nothing after this day (UTC).'),
  search: z.string().max(200).optional().describe('A text in the ids and facts, letter case aside.'),
};
const asked = z.object(securityAsked);
export type SecurityAsked = z.infer<typeof asked>;
