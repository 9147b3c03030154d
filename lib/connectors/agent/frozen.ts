/** What is frozen of an errand, and so what an agent is given. */
import { z } from 'zod';
import type { FrozenRequest } from '#lib/connectors/port.ts';

const frozen = z.object({
  instruction: z.string(),
  fields: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  minutes: z.int().min(1),
});
export type ErrandRequest = z.infer<typeof frozen>;

/** Throws when the bytes are no errand. */
export function readErrand(bytes: FrozenRequest): ErrandRequest {
  return frozen.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
