/**
 * One signed-in line to a mail server. It sends one command after the other, and knows of each in every way that it can end whether the command left: a tagged NO or
 * BAD is a refusal, and all else that came after it left says nothing (docs/imap.md).
 */
import { ImapFlow } from 'imapflow';
import { encodePath } from 'imapflow/lib/tools.js';
import { guardedLookup, type Reach, RefusedAddress, type Resolve } from '#lib/connectors/http/addresses.ts';
import { unsentReason } from '#lib/connectors/http/answers.ts';
import type { Token as AccessToken, Tokens } from '#lib/connectors/http/tokens.ts';
import { ANSWER_BYTES_MAX, CONNECT_TIMEOUT_MS, FOLDERS_MAX, RECORD_BYTES_MAX, REQUEST_TIMEOUT_MS_MAX } from '#lib/core/limits.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { isAnywhere, refusedServer, serverOf } from './address.ts';
import type { Place } from './frozen.ts';

/** Nothing was sent, and why. */
export type Unsent = { reason: string };

/** A part of what a server sent, as it was parsed. */
export type Token = { type?: string; value?: unknown; section?: Token[] } | Token[] | null;
type Line = { tag?: string; command?: string; attributes?: Token[] };
/** What the package has beside its types. */
type Commanding = {
  socket?: { ref?(): void; unref?(): void } | false;
  exec(command: string, attributes: object[], options: Options): Promise<{ response: Line; next(): void }>;
};
type Options = { untagged: Record<string, (line: Line) => Promise<void>>; onSend: () => void };

/** `said`: the tagged answer as text. `lines`: the untagged ones before it that were asked for, by their names. */
export type Said =
  | { ended: 'ok'; said: string; line: Line; lines: { name: string; line: Line }[] }
  | { ended: 'refused'; status: 'NO' | 'BAD'; said: string; lines: { name: string; line: Line }[] }
  | { ended: 'unsent'; reason: string }
  | { ended: 'unknown'; reason: string };

export type Folder = { path: string; special: string | null };

export type Opening = { reach: Reach; resolve?: Resolve | undefined; ca?: string | undefined; tokens: Tokens };

export class Session {
  /** the selected folder */
  #folder: string | null = null;
  #folders: Folder[] | null = null;
  #bye = false;
  readonly client: ImapFlow;
  /** the access token that it was signed in with; null where that was a password */
  readonly token: string | null;

  constructor(client: ImapFlow, token: string | null) {
    this.client = client;
    this.token = token;
    client.on('close', () => {
      this.#bye = true;
    });
  }

  /** While it is somebody's it keeps the process; afterwards it keeps none. */
  hold(): void {
    const { socket } = this.client as unknown as Commanding;
    if (socket) socket.ref?.();
  }

  release(): void {
    const { socket } = this.client as unknown as Commanding;
    if (socket) socket.unref?.();
  }

  get usable(): boolean {
    return this.client.usable && !this.#bye;
  }

  has(capability: string): boolean {
    return this.client.capabilities.has(capability);
  }

  /** Those that mails can be in. */
  async folders(): Promise<Folder[]> {
    if (this.#folders) return this.#folders;
    const listed = await this.client.list();
    this.#folders = listed
      .filter(({ flags }) => !['\\Noselect', '\\NonExistent'].some((flag) => flags.has(flag)))
      .slice(0, FOLDERS_MAX)
      // What a folder is for is the server's to say, and no guess by its name.
      .map(({ path, specialUse, specialUseSource }) => ({
        path,
        special: specialUseSource === 'extension' ? (specialUse ?? null) : null,
      }));
    return this.#folders;
  }

  /** The path of a folder; null where the server has none for this use. */
  async pathOf(place: Place): Promise<string | null> {
    if ('path' in place) return place.path;
    return (await this.folders()).find(({ special }) => special === place.special)?.path ?? null;
  }

  /** Selects it, and looks anew where it is selected already. Gives its UIDVALIDITY; null where the server has no such folder. Throws where the line broke. */
  async open(path: string, { readOnly = false } = {}): Promise<string | null> {
    const { mailbox } = this.client;
    if (this.#folder === path && mailbox) {
      await this.client.noop();
      return String(mailbox.uidValidity);
    }
    this.#folder = null;
    try {
      const opened = await this.client.mailboxOpen(path, { readOnly });
      this.#folder = path;
      return String(opened.uidValidity);
    } catch (error) {
      if (refusalOf(error) !== null && this.usable) return null;
      throw error;
    }
  }

  /**
   * Sends this one command, once. `signal` and the deadline end the line with it: what had left by then stays unknown.
   * @param asked names of untagged answers that are kept
   */
  async send(
    command: string,
    attributes: object[],
    { asked, timeoutMs, signal }: { asked: readonly string[]; timeoutMs: number; signal: AbortSignal },
  ): Promise<Said> {
    let left = false;
    let why: string | null = null;
    const lines: { name: string; line: Line }[] = [];
    const stop = (reason: string): void => {
      why ??= reason;
      this.client.close();
    };
    const onAbort = (): void => stop('aborted');
    const deadline = setTimeout(() => stop('timeout'), timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    const keep = (name: string) => async (line: Line) => void lines.push({ name, line });
    try {
      if (signal.aborted) return { ended: 'unsent', reason: 'not_sent' };
      const untagged = Object.fromEntries(asked.map((name) => [name, keep(name)]));
      const onSend = (): void => {
        left = true;
      };
      const { response, next } = await (this.client as unknown as Commanding).exec(command, attributes, { untagged, onSend });
      next();
      // The package takes some answers of NO for success.
      const status = (response.command ?? '').toUpperCase();
      if (status === 'OK') return { ended: 'ok', said: textOf(response), line: response, lines };
      return { ended: 'refused', status: status === 'BAD' ? 'BAD' : 'NO', said: textOf(response), lines };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal) return { ended: 'refused', ...refusal, lines };
      if (!left) return { ended: 'unsent', reason: 'not_sent' };
      this.end();
      return { ended: 'unknown', reason: why ?? 'reset' };
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', onAbort);
    }
  }

  pathToken(path: string): object {
    return { type: 'ATOM', value: encodePath(this.client, path) };
  }

  end(): void {
    this.client.close();
  }
}

/** Opens a line, and signs in. Why not, where that did not come about: then nothing was sent. */
export async function openSession(live: LiveConnection, opening: Opening, signal: AbortSignal): Promise<Session | Unsent> {
  const server = serverOf(live.address);
  if (!server) return { reason: 'not_connected' };
  const { reach, resolve, ca, tokens } = opening;
  if (refusedServer(server, reach) !== null) return { reason: 'refused_address' };
  const signIn = await signInOf(live, tokens, signal);
  if ('reason' in signIn) return { reason: signIn.reason };
  const { token } = signIn;
  const host = server.host.replaceAll(/[[\]]/g, '');
  const client = new ImapFlow({
    ...{ host, port: server.port, secure: server.secured === 'tls', doSTARTTLS: server.secured === 'starttls' },
    auth: signIn.auth,
    tls: { lookup: guardedLookup(isAnywhere(server, reach), resolve), ...(ca && { ca }) },
    ...{
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: REQUEST_TIMEOUT_MS_MAX + 10_000,
    },
    ...{ disableAutoIdle: true, disableCompression: true, disableAutoEnable: true, disableIMAP4rev2: true, logger: false },
    ...{ maxLineLength: 16 * 1024 ** 2, maxLiteralSize: RECORD_BYTES_MAX, maxResponseSize: RECORD_BYTES_MAX + 1024 ** 2 },
    clientInfo: { name: 'Countersign' },
  });
  // A line that breaks while nobody asks for anything is found out by whoever asks next.
  client.on('error', () => {});
  const session = new Session(client, token?.text ?? null);
  const onAbort = (): void => client.close();
  // Signing in has no deadline of the package's own.
  const late = setTimeout(onAbort, 2 * CONNECT_TIMEOUT_MS);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) return { reason: 'not_sent' };
    await client.connect();
    token?.accepted();
    if (session.usable) return session;
    return { reason: 'not_connected' };
  } catch (error) {
    client.close();
    const reason = whyUnopened(error);
    // One that was taken before has ended early: whoever comes next fetches another.
    return { reason: reason === 'credentials_refused' && token?.refused() ? 'token_refused' : reason };
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', onAbort);
  }
}

type SignIn = { auth: { user: string; pass: string } | { user: string; accessToken: string }; token: AccessToken | null };

/** A password, or an access token, which goes over the line as XOAUTH2 or OAUTHBEARER (RFC 7628). */
async function signInOf(live: LiveConnection, tokens: Tokens, signal: AbortSignal): Promise<SignIn | Unsent> {
  const { auth, secret } = live;
  if (secret === null || secret === 'unreadable') return { reason: 'secret_unreadable' };
  if (auth.kind === 'basic') return { auth: { user: auth.username, pass: secret.password ?? '' }, token: null };
  if (auth.kind !== 'oauth2' || auth.username === undefined) return { reason: 'secret_unreadable' };
  const token = await tokens.tokenFor(live, signal);
  if ('reason' in token) return { reason: token.reason };
  return { auth: { user: auth.username, accessToken: token.text }, token };
}

/** Codes of RFC 5530 and of common servers that pass by themselves. */
const BUSY_CODES = ['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'THROTTLED'];

type Failure = {
  code?: unknown;
  authenticationFailed?: unknown;
  serverResponseCode?: unknown;
  tlsFailed?: unknown;
  responseStatus?: unknown;
  response?: unknown;
};

function whyUnopened(error: unknown): string {
  const { code, authenticationFailed, serverResponseCode, tlsFailed } = error as Failure;
  if (authenticationFailed === true)
    return BUSY_CODES.includes(String(serverResponseCode)) || code === 'ETHROTTLE' ? 'imap_busy' : 'credentials_refused';
  if (tlsFailed === true) return 'tls';
  // The package has no code for it.
  if (error instanceof Error && error.message === 'Unsupported authentication mechanism') return 'imap_no_tokens';
  if (error instanceof RefusedAddress) return 'refused_address';
  if (code === 'CONNECT_TIMEOUT' || code === 'GREETING_TIMEOUT' || code === 'UPGRADE_TIMEOUT') return 'connect_timeout';
  return unsentReason(error);
}

/** What a tagged NO or BAD says. Null for everything else: a line without the command’s own tag, one that can’t be read, a broken line. */
function refusalOf(error: unknown): { status: 'NO' | 'BAD'; said: string } | null {
  const { code, responseStatus, response } = error as Failure;
  if (code === 'MissingTag' || (responseStatus !== 'NO' && responseStatus !== 'BAD')) return null;
  if (typeof response === 'object' && response !== null && 'tag' in response)
    return { status: responseStatus, said: textOf(response as Line) };
  return { status: responseStatus, said: typeof response === 'string' ? response : '' };
}

/** Whether a refusal passes by itself. */
export function isBusy(said: string): boolean {
  const code = /^\[([A-Z-]+)/.exec(said)?.[1];
  return (code !== undefined && BUSY_CODES.includes(code)) || /^Request is throttled/i.test(said);
}

/** An answer as it stood, without its tag and status; its beginning. */
function textOf({ attributes = [] }: Line): string {
  const text = attributes.map((one) => written(one)).join(' ');
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .slice(0, ANSWER_BYTES_MAX / 4);
}

function written(token: Token): string {
  if (token === null) return 'NIL';
  if (Array.isArray(token)) return `(${token.map((one) => written(one)).join(' ')})`;
  const section = token.section ? `[${token.section.map((one) => written(one)).join(' ')}]` : '';
  return `${typeof token.value === 'string' || typeof token.value === 'number' ? token.value : ''}${section}`;
}
