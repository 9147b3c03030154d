/**
 * Access tokens of OAuth 2, of client credentials (RFC 6749, 4.4) or of a refresh token (section 6): fetched by who sends, kept in the process's memory until shortly before their end, and fetched once however
 * many wait for one.
 */
import type { Dispatcher } from 'undici';
import { isByRefresh } from '#lib/core/connections/auth.ts';
import { INSPECTION_TIMEOUT_MS, SECRET_CHARS_MAX, TOKEN_HOLDS_MS, TOKEN_MARGIN_MS } from '#lib/core/limits.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { unsentReason } from './answers.ts';
import type { NoCredentials } from './credentials.ts';
import { read } from './inspect.ts';

export type Token = {
  text: string;
  accepted(): void;
  /** The target refused it: another is fetched for whoever comes next. True where it had taken this one before. */
  refused(): boolean;
};

export type Tokens = { tokenFor(live: LiveConnection, signal: AbortSignal): Promise<Token | NoCredentials> };

type Flight = { of: string; ends: number; token: Promise<Fetched | NoCredentials> };
type Fetched = { token: Token; ends: number };

/** @param now by a monotonic clock, in ms */
export function tokensOver(agent: Dispatcher, now: () => number = () => performance.now()): Tokens {
  const known = new Map<string, Flight>();
  return {
    async tokenFor(live, signal) {
      // Another revision may sign in with another secret.
      const of = `${live.revision}.${live.secretVersion}`;
      let flight = known.get(live.id);
      if (!flight || flight.of !== of || flight.ends <= now()) {
        const begun: Flight = { of, ends: Number.POSITIVE_INFINITY, token: fetchToken(agent, live) };
        flight = begun;
        known.set(live.id, begun);
        const forget = (): void => {
          if (known.get(live.id) === begun) known.delete(live.id);
        };
        void begun.token.then((got) => {
          if ('reason' in got) return forget();
          begun.ends = now() + got.ends;
          const { refused } = got.token;
          got.token.refused = () => {
            forget();
            return refused();
          };
        });
      }
      const late = Promise.withResolvers<NoCredentials>();
      const stop = (): void => late.resolve({ reason: 'not_sent', passes: true });
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const got = await Promise.race([flight.token, late.promise]);
      signal.removeEventListener('abort', stop);
      return 'reason' in got ? got : got.token;
    },
  };
}

/** Not ended by who asks: others may wait for the same. */
async function fetchToken(agent: Dispatcher, { auth, secret }: LiveConnection): Promise<Fetched | NoCredentials> {
  if (auth.kind !== 'oauth2' || secret === null || secret === 'unreadable') return { reason: 'secret_unreadable', passes: false };
  const url = new URL(auth.tokenUrl);
  const { clientSecret = '', refreshToken = '' } = secret;
  const grant: Record<string, string> = isByRefresh(auth)
    ? { grant_type: 'refresh_token', refresh_token: refreshToken }
    : { grant_type: 'client_credentials' };
  // A client without a secret says its id beside what it asks (RFC 6749, 2.3.1 and 3.2.1).
  const isPublic = clientSecret === '';
  const form = new URLSearchParams({
    ...grant,
    ...(auth.scope && { scope: auth.scope }),
    ...(isPublic && { client_id: auth.clientId }),
  });
  // Each is form-encoded before the two are joined (RFC 6749, 2.3.1).
  const both = [auth.clientId, clientSecret].map((one) => new URLSearchParams({ s: one }).toString().slice(2)).join(':');
  try {
    const { statusCode, body } = await agent.request({
      ...{ origin: url.origin, path: url.pathname + url.search, method: 'POST' },
      headers: {
        ...{ 'user-agent': 'countersign', accept: 'application/json', 'accept-encoding': 'identity' },
        ...{
          'content-type': 'application/x-www-form-urlencoded',
          ...(!isPublic && { authorization: `Basic ${Buffer.from(both).toString('base64')}` }),
        },
      },
      body: form.toString(),
      signal: AbortSignal.timeout(INSPECTION_TIMEOUT_MS),
    });
    const answer = await read(body);
    if (statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 429)
      return { reason: 'credentials_refused', passes: false };
    if (statusCode !== 200 || answer.body === null) return { reason: 'no_token', passes: true };
    return tokenIn(answer.body);
  } catch (error) {
    return { reason: unsentReason(error) === 'refused_address' ? 'refused_address' : 'no_token', passes: true };
  }
}

/** As it goes into a header. */
const TOKEN = new RegExp(`^[\\x21-\\x7E]{1,${SECRET_CHARS_MAX}}$`);

function tokenIn(body: Buffer): Fetched | NoCredentials {
  try {
    const said = JSON.parse(body.toString('utf8')) as { access_token?: unknown; token_type?: unknown; expires_in?: unknown };
    const { access_token: text, token_type: kind = 'Bearer' } = said;
    // A token of another kind is no bearer token (RFC 6749, 7.1).
    if (typeof text !== 'string' || !TOKEN.test(text) || !/^bearer$/i.test(String(kind)))
      return { reason: 'no_token', passes: true };
    const seconds = Number(said.expires_in ?? Number.NaN);
    const holds = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : TOKEN_HOLDS_MS;
    let taken = false;
    const token: Token = {
      text,
      accepted: () => {
        taken = true;
      },
      refused: () => taken,
    };
    // Of a short one half is used.
    return { token, ends: holds - Math.min(TOKEN_MARGIN_MS, holds / 2) };
  } catch {
    return { reason: 'no_token', passes: true };
  }
}
