/** A connection as its form holds it: texts as they are typed, and what is sent of them. Pure. */
import { type AuthKind, type ConnectionAuth, secretNames } from '#lib/core/connections/auth.ts';
import { POSTGRES_PORT, postgresAddress, readPostgresAddress, type TlsMode } from '#lib/core/connections/postgres.ts';
import { PROVIDERS, type Provider } from '#lib/core/models/model.ts';
import type { Connection, ConnectionWritten } from '#lib/shapes/connections.ts';
import type { ConnectableKind } from '#lib/steps/connections/read-connections.ts';

export type ConnectionDraft = {
  connector: string;
  name: string;
  address: string;
  /** the parts of a database's address */
  host: string;
  port: string;
  database: string;
  tls: TlsMode;
  kind: AuthKind;
  username: string;
  header: string;
  parameter: string;
  tokenUrl: string;
  clientId: string;
  scope: string;
  /** tokens come of what somebody allowed once, and not of the client alone */
  byRefresh: boolean;
  /** a further secret, of a client that has one beside its refresh token */
  clientSecret: string;
  /** as it was typed now; what is there is never read */
  secret: string;
  concurrency: string;
  requests: string;
  seconds: string;
  keys: boolean;
  forHours: string;
  inspectUrl: string;
  contains: string;
  permanent: boolean;
  operators: boolean;
  /** of a model */
  provider: Provider;
  model: string;
  priceIn: string;
  priceOut: string;
  currency: string;
  tokensPerMinute: string;
};

export const KINDS: Record<AuthKind, { words: string; secret: string | null }> = {
  none: { words: 'None', secret: null },
  bearer: { words: 'Bearer token', secret: 'Token' },
  basic: { words: 'User name and password', secret: 'Password' },
  header: { words: 'A header of its own', secret: 'Value of the header' },
  query: { words: 'A parameter in the address', secret: 'Value of the parameter' },
  oauth2: { words: 'OAuth 2 access token', secret: 'Client secret' },
  signed: { words: 'Signed as Standard Webhooks', secret: 'Signing secret' },
};

/** @param connection null for a new one, of this kind */
export function draftOf(
  connection: Connection | null,
  { connector, auth: ways }: Pick<ConnectableKind, 'connector' | 'auth'>,
): ConnectionDraft {
  const auth: Partial<Record<string, unknown>> = connection?.auth ?? {};
  const text = (name: string, otherwise = ''): string => (typeof auth[name] === 'string' ? auth[name] : otherwise);
  const [window] = connection?.limits.windows ?? [];
  return {
    ...{ connector, name: connection?.name ?? '', address: connection?.address ?? '' },
    ...placeOf(connection),
    kind: connection?.auth.kind ?? ways[0] ?? 'none',
    ...{ username: text('username'), header: text('header', 'X-Api-Key'), parameter: text('parameter', 'key') },
    ...{ tokenUrl: text('tokenUrl'), clientId: text('clientId'), scope: text('scope'), secret: '' },
    ...{ byRefresh: auth.grant === 'refresh_token', clientSecret: '' },
    concurrency: numberText(connection?.limits.concurrency ?? null),
    ...{ requests: numberText(window?.requests ?? null), seconds: numberText(window?.seconds ?? 60) },
    ...{ keys: connection?.keys.honoured ?? false, forHours: numberText(connection?.keys.forHours ?? null) },
    inspectUrl: textIn(connection?.inspect, 'url'),
    contains: textIn(connection?.success, 'contains'),
    permanent: connection?.permanent ?? false,
    operators: connection?.usableBy.includes('operator') ?? true,
    ...modelOf(connection),
  };
}

type OfModel = Pick<ConnectionDraft, 'provider' | 'model' | 'priceIn' | 'priceOut' | 'currency' | 'tokensPerMinute'>;

function modelOf(connection: Connection | null): OfModel {
  const { provider = PROVIDERS[0], name = '', prices, tokensPerMinute = null } = connection?.model ?? {};
  return {
    ...{ provider, model: name, priceIn: numberText(prices?.input ?? null), priceOut: numberText(prices?.output ?? null) },
    ...{ currency: prices?.currency ?? 'USD', tokensPerMinute: numberText(tokensPerMinute) },
  };
}

/** A price that is left out is refused with words: nothing is free because nobody said so. */
function writtenOfModel({ provider, model, priceIn, priceOut, currency, tokensPerMinute }: OfModel): Partial<ConnectionWritten> {
  const price = (text: string): number => numberOf(text) ?? Number.NaN;
  return {
    model: {
      ...{ provider, name: model.trim(), tokensPerMinute: numberOf(tokensPerMinute) },
      prices: { input: price(priceIn), output: price(priceOut), currency: currency.trim() },
    },
    ...{ keys: { honoured: false, forHours: null }, inspect: null, success: null },
  };
}

function placeOf(connection: Connection | null): Pick<ConnectionDraft, 'host' | 'port' | 'database' | 'tls'> {
  const place = connection ? readPostgresAddress(connection.address) : null;
  if (place === null || 'wrong' in place) return { host: '', port: String(POSTGRES_PORT), database: '', tls: 'verify-full' };
  return { ...place, port: String(place.port) };
}

/** Of a database: it is signed in to by name, and promises nothing that it does not keep itself. */
function writtenOfDatabase(draft: ConnectionDraft): Partial<ConnectionWritten> {
  const { host, port, database, tls, username, secret } = draft;
  return {
    address: postgresAddress({ host: host.trim(), port: Number(port), database: database.trim(), tls }),
    auth: { kind: 'basic', username },
    ...{ inspect: null, success: null },
    ...(secret === '' ? {} : { secrets: { password: secret } }),
  };
}

/** What is sent of it: what the form has no field for stays as it was. */
export function writtenOf(
  draft: ConnectionDraft,
  before: Connection | null,
  { place, mailbox, model }: Pick<ConnectableKind, 'place' | 'mailbox' | 'model'>,
): ConnectionWritten {
  const auth = authOf(draft, mailbox);
  const { wanted, may } = secretNames(auth);
  const windows = before?.limits.windows.slice(1) ?? [];
  const requests = numberOf(draft.requests);
  const success = { ...before?.success, contains: draft.contains === '' ? null : draft.contains };
  return {
    address: draft.address,
    auth,
    limits: {
      concurrency: numberOf(draft.concurrency),
      windows: requests === null ? windows : [{ requests, seconds: numberOf(draft.seconds) ?? 60 }, ...windows],
    },
    keys: { honoured: draft.keys, forHours: draft.keys ? numberOf(draft.forHours) : null },
    inspect: draft.inspectUrl === '' ? null : { ...before?.inspect, url: draft.inspectUrl },
    success: Object.values(success).some((one) => one !== null && one !== 'uncertain') ? success : null,
    permanent: draft.permanent,
    usableBy: draft.operators ? ['operator'] : [],
    ...(wanted === null || draft.secret === ''
      ? {}
      : {
          secrets: {
            [wanted]: draft.secret,
            ...(may.includes('clientSecret') && draft.clientSecret !== '' && { clientSecret: draft.clientSecret }),
          },
        }),
    ...(place === 'database' ? writtenOfDatabase(draft) : {}),
    ...(model ? writtenOfModel(draft) : {}),
  };
}

function authOf(draft: ConnectionDraft, mailbox: boolean): ConnectionAuth {
  const { kind, username, header, parameter, tokenUrl, clientId, scope, byRefresh } = draft;
  if (kind === 'basic') return { kind, username };
  if (kind === 'header') return { kind, header };
  if (kind === 'query') return { kind, parameter };
  if (kind === 'oauth2')
    return {
      ...{ kind, tokenUrl, clientId, scope },
      ...(byRefresh && { grant: 'refresh_token' as const }),
      ...(mailbox && { username }),
    };
  return { kind };
}

function numberText(number: number | null): string {
  return number === null ? '' : String(number);
}

/** What is no number is sent as one that is refused with words. */
function numberOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}

function textIn(value: Record<string, unknown> | null | undefined, name: string): string {
  const found = value?.[name];
  return typeof found === 'string' ? found : '';
}
