import { z } from 'zod';
import { FACTORS } from '#lib/core/people/factors.ts';
import { ROLES } from '#lib/core/people/roles.ts';
import { id, instant, named } from './values.ts';

/** As the API tells of one. */
export const person = z.object({
  ...named,
  email: z.string(),
  role: z.enum(ROLES),
  createdAt: instant,
  disabledAt: instant.nullable().describe('Since when the person can’t sign in; null for a person who can.'),
  invitedBy: z.string().nullable().describe('The name of who let the person in; null where nobody knows.'),
  confirmedBy: z
    .string()
    .nullable()
    .describe(
      'The name of the other admin who confirmed the person. Until then, the person and whoever let them in can’t be the two who sign a chunk.',
    ),
  secondFactor: z.boolean().describe('Whether the person has an authenticator app or a passkey.'),
});

/** As the page of the people is given one. */
const personRow = person.extend({ self: z.boolean(), confirmable: z.boolean() });
export type PersonRow = z.infer<typeof personRow>;

const invitation = z.object({ email: z.string(), role: z.enum(ROLES), createdAt: instant, expiresAt: instant });
export type InvitationRow = z.infer<typeof invitation>;

/** What somebody's role lets them do to a batch, as its pages are told; which of it the state allows, they know themselves. */
const rights = z.object({
  start: z.boolean(),
  pause: z.boolean(),
  resume: z.boolean(),
  cancel: z.boolean(),
  acceptRest: z.boolean(),
  retry: z.boolean(),
  undo: z.boolean(),
  see: z.boolean(),
  correct: z.boolean(),
  decide: z.boolean(),
});
export type Rights = z.infer<typeof rights>;

/** A person who decides. */
export const reviewer = z.object({ id, name: z.string() });
export type Reviewer = z.infer<typeof reviewer>;

/** A browser that a person is signed in with. */
export const personSession = z.object({
  id,
  browser: z.string().describe('What the browser says it is.'),
  address: z.string().nullable().describe('Where it signed in from; null where that is not known.'),
  since: instant,
  lastSeen: instant.describe('To the minute.'),
  own: z.boolean().describe('Whether it is the one that asks.'),
});
export type SessionView = z.infer<typeof personSession>;

/** A link to hand over. */
export const resetLink = z.object({
  email: z.string(),
  path: z.string().describe('Below the address of this site. It is shown once and not kept.'),
  expiresAt: instant,
});

/** What a person proves with who they are, beside the password. */
const factorsView = z.object({
  app: z.boolean(),
  passkeys: z.array(z.object({ ...named, host: z.string(), since: instant, lastUsed: instant.nullable() })),
});
export type FactorsView = z.infer<typeof factorsView>;

/** Whether a batch asks who decides for a proof, whether this session just gave one, and what its person can give. */
const stepUp = z.object({ asked: z.boolean(), proven: z.boolean(), can: z.array(z.enum(FACTORS)) });
export type StepUp = z.infer<typeof stepUp>;
