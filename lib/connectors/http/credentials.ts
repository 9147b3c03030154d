/**
 * The credential of a request over a connection, put in when it is sent: from the connection as it is now, at the place that was approved. A request whose connection
 * leads elsewhere by now, or signs in at another place, is not sent.
 */
import { Webhook } from 'standardwebhooks';
import { placeOf } from '#lib/core/connections/auth.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { type Redact, redactor } from './redact.ts';
import type { Token, Tokens } from './tokens.ts';
import { secretWords, type Via } from './via.ts';

/** What is added to a request when it is sent. */
export type Credentials = {
  headers: Record<string, string>;
  /** a parameter of the query */
  query: { name: string; value: string } | null;
  redact: Redact;
  /** Told whether the target took them. Gives the reason of a refusal: it may pass with another token. */
  refused(): string;
  accepted(): void;
};

/** Nothing was sent, and why. `passes`: it may be otherwise in a moment. */
export type NoCredentials = { reason: string; passes: boolean };

/** @internal for its tests */
export const NONE: Credentials = {
  headers: {},
  query: null,
  redact: (bytes) => bytes,
  refused: () => 'http_401',
  accepted: () => {},
};

/** What is signed of a request, where its connection signs. */
type Signed = { id: string; body: string | null };

export type Connections = (id: string) => Promise<LiveConnection | null>;

/** Never throws: a connection that can't be read is a reason too. */
export async function credentialsFor(
  { connections, tokens }: { connections: Connections; tokens: Tokens },
  via: Via | undefined,
  signed: Signed,
  signal: AbortSignal,
): Promise<Credentials | NoCredentials> {
  if (!via) return NONE;
  let live: LiveConnection | null;
  try {
    live = await connections(via.id);
  } catch {
    return { reason: 'connection_unread', passes: true };
  }
  if (!live) return { reason: 'connection_gone', passes: false };
  if (live.address !== via.address || placeOf(live.auth) !== placeOf(via.auth))
    return { reason: 'connection_changed', passes: false };
  if (live.auth.kind === 'none') return NONE;
  if (live.secret === 'unreadable') return { reason: 'secret_unreadable', passes: false };
  if (live.auth.kind !== 'oauth2') return made(live, via, signed);
  const token = await tokens.tokenFor(live, signal);
  return 'reason' in token ? token : withToken(token, live, via);
}

const REFUSED = 'credentials_refused';

/** Of a connection whose credential is the secret itself, or made of it here. */
function made({ auth, secret }: LiveConnection, via: Via, { id, body }: Signed): Credentials {
  const { token = '', password = '', value = '', signingSecret = '' } = secret === 'unreadable' || secret === null ? {} : secret;
  const over = (secrets: string[], added: Partial<Credentials>): Credentials => ({
    ...NONE,
    ...added,
    redact: redactor(secrets, secretWords(via)),
    refused: () => REFUSED,
  });
  switch (auth.kind) {
    case 'bearer':
      return over([token], { headers: { authorization: `Bearer ${token}` } });
    case 'basic': {
      const both = `${auth.username}:${password}`;
      return over([both, password], { headers: { authorization: `Basic ${Buffer.from(both).toString('base64')}` } });
    }
    case 'header':
      return over([value], { headers: { [auth.header.toLowerCase()]: value } });
    case 'query':
      return over([value], { query: { name: auth.parameter, value } });
    case 'signed':
      return over([signingSecret, signingSecret.replace(WEBHOOK_PREFIX, '')], {
        headers: signature(signingSecret, id, body ?? ''),
      });
    default:
      return NONE;
  }
}

function withToken(token: Token, { secret }: LiveConnection, via: Via): Credentials {
  const own = secret === 'unreadable' || secret === null ? [] : Object.values(secret);
  return {
    headers: { authorization: `Bearer ${token.text}` },
    query: null,
    redact: redactor([token.text, ...own], secretWords(via)),
    // One that the target took before has ended early: the next attempt fetches another.
    refused: () => (token.refused() ? 'token_refused' : REFUSED),
    accepted: () => token.accepted(),
  };
}

const WEBHOOK_PREFIX = /^whsec_/;

/** The three headers of Standard Webhooks (standardwebhooks.com): the signature is over id, time and body, and made when it is sent. */
function signature(secret: string, id: string, body: string): Record<string, string> {
  const at = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}
