/** How one signs in at a connection's target, without what is secret of it. Pure; the browser reads this file too. */
import { z } from 'zod';
import type { Problem } from '#lib/core/errors.ts';

/** What is put into a header as it is: no line breaks, nothing outside ASCII. */
const inHeader = (what: string, max: number) =>
  z
    .string()
    .min(1, `${what} is missing.`)
    .max(max, `${what} has at most ${max} characters.`)
    .regex(/^[\x21-\x7E]*$/, `${what} is printable ASCII without spaces.`);

const username = z
  .string()
  .min(1, 'A username is missing.')
  .max(200)
  .regex(/^[^:\p{Cc}]*$/u, 'A username has no colon and no control characters (RFC 7617).');

export const connectionAuth = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('bearer') }),
    z.strictObject({
      kind: z.literal('basic'),
      username,
    }),
    z.strictObject({
      kind: z.literal('header'),
      header: inHeader('The name of the header', 100).regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'This is not the name of a header.'),
    }),
    z.strictObject({ kind: z.literal('query'), parameter: inHeader('The name of the parameter', 100) }),
    z.strictObject({
      kind: z.literal('oauth2'),
      tokenUrl: z.string().min(1, 'The address that gives tokens is missing.').max(2_000),
      clientId: inHeader('The client id', 500),
      scope: z.string().max(1_000).default(''),
      grant: z
        .enum(['client_credentials', 'refresh_token'])
        .optional()
        .describe('What an access token is given for: the client’s own secret, which is the default, or a refresh token.'),
      username: username
        .optional()
        .describe('Of a mailbox: whose it is, as its server calls them. Left out for everything else.'),
    }),
    z.strictObject({ kind: z.literal('signed') }),
  ],
  'How one signs in is one of: none, bearer, basic, header, query, oauth2, signed.',
);
export type ConnectionAuth = z.infer<typeof connectionAuth>;
export type AuthKind = ConnectionAuth['kind'];

/** What is secret of each kind, as it is called where it is given. */
const SECRET_NAMES: Record<AuthKind, string | null> = {
  none: null,
  bearer: 'token',
  basic: 'password',
  header: 'value',
  query: 'value',
  oauth2: 'clientSecret',
  signed: 'signingSecret',
};

/** `wanted`: the secret that this way has to have; null where it has none. `may`: further ones. */
export function secretNames(auth: ConnectionAuth): { wanted: string | null; may: readonly string[] } {
  if (isByRefresh(auth)) return { wanted: 'refreshToken', may: ['clientSecret'] };
  return { wanted: SECRET_NAMES[auth.kind], may: [] };
}

/** Whether somebody let this client act for them once, and its tokens come of that. */
export const isByRefresh = (auth: ConnectionAuth): boolean => auth.kind === 'oauth2' && auth.grant === 'refresh_token';

/** What is wrong with the secrets that are given, by their names. */
export function secretProblems(auth: ConnectionAuth, secrets: Record<string, string>): Problem[] {
  const { wanted, may } = secretNames(auth);
  const problems = Object.keys(secrets).flatMap((name): Problem[] => {
    if (name === wanted || may.includes(name)) return [];
    const message =
      wanted === null
        ? 'This connection has no secret.'
        : `The secret of “${auth.kind}” is called ${[wanted, ...may].join(' or ')}.`;
    return [{ path: `secrets.${name}`, message }];
  });
  if (wanted !== null && !(wanted in secrets))
    problems.push({ path: `secrets.${wanted}`, message: `The secret “${wanted}” is missing.` });
  return problems;
}

/** The place in a request that a credential is put into. It was looked at with the request, and is part of what was approved. */
export function placeOf(auth: ConnectionAuth): string {
  if (auth.kind === 'header') return `header ${auth.header.toLowerCase()}`;
  if (auth.kind === 'query') return `query ${auth.parameter}`;
  return auth.kind;
}
