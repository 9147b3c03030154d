/** A connection as it was when a batch was planned with it: written into the plan's action by the server, so that the same request is built to the end. Pure. */
import { z } from 'zod';
import { connectionAuth } from './auth.ts';

const json = z.record(z.string(), z.json());

/** Whether the target takes a repeat with the same key for the same request: never, for ever, or for so many hours. */
const keysHonoured = z.union([
  z.boolean(),
  z.strictObject({
    forHours: z
      .number()
      .min(1)
      .max(24 * 365),
  }),
]);

export const through = z.object({
  id: z.uuid(),
  revision: z.int().min(1),
  address: z.string(),
  auth: connectionAuth,
  /** `secret:<id>`; null where nothing is secret */
  secret: z.string().nullable(),
  keys: keysHonoured,
  inspect: json.nullable(),
  success: json.nullable(),
  permanent: z.boolean(),
});
export type Through = z.infer<typeof through>;

/** What names a secret in plans and frozen requests. */
export const secretName = (id: string): string => `secret:${id}`;
