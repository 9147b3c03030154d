import { z } from 'zod';
import { KEY_BATCHES_MAX, KEY_DAYS_MAX, KEY_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { AGENT_SCOPES, KEY_ROLES } from '#lib/core/people/roles.ts';
import { givenName } from '#lib/core/values/given-name.ts';
import { id, instant, named } from './values.ts';

const scope = z.enum(AGENT_SCOPES);

/** A person's API key, without the key. */
export const apiKey = z.object({
  ...named,
  hint: z.string().describe('Its last four characters.'),
  role: z.enum(KEY_ROLES).describe('What it may do.'),
  scopes: z.array(scope).describe('What it may do as an agent; empty for every other role.'),
  batches: z.array(id).describe('The batches that it is bound to; empty where it is bound to none.'),
  owner: z.object(named),
  createdAt: instant,
  expiresAt: instant,
  lastUsedAt: instant.nullable().describe('To the minute.'),
  revokedAt: instant.nullable(),
  state: z
    .enum(['valid', 'expired', 'revoked', 'beyond'])
    .describe('`beyond`: its owner may no longer do what it may, so it is refused.'),
});
export type ApiKeyView = z.infer<typeof apiKey>;

/** What a key is made of. */
export const newKey = z.strictObject({
  name: givenName('A key', {
    max: KEY_NAME_CHARS_MAX,
    missing: 'Name the key after what uses it.',
    long: `Use at most ${KEY_NAME_CHARS_MAX} characters.`,
  }),
  role: z.enum(KEY_ROLES).describe('What it may do: at most what its owner may.'),
  scopes: z
    .array(scope)
    .min(1, 'Choose at least one scope.')
    .max(AGENT_SCOPES.length)
    .optional()
    .describe(
      'Of the role agent: `work` classifies chunks and appends to their tasks, which is all without this member; `supervise` makes datasets and batches and follows them; `start`, beside it, starts batches.',
    ),
  days: z
    .int()
    .min(1)
    .max(KEY_DAYS_MAX, { error: `A key lasts for ${KEY_DAYS_MAX} days at most.` })
    .describe('For how many days it is taken.'),
  batches: z
    .array(id)
    .max(KEY_BATCHES_MAX)
    .optional()
    .describe('The batches that it is bound to: it gets at their paths and at nothing else.'),
  owner: id
    .optional()
    .describe('Whose key it is. Only the key of the environment names somebody; everybody else makes their own.'),
});
export type NewKeyInput = z.input<typeof newKey>;

/** A key that was just made. */
export const keyMade = apiKey.extend({ key: z.string().describe('The key. It is shown once and kept nowhere.') });
export type KeyMade = z.infer<typeof keyMade>;
