/**
 * What an answer, or the lack of one, says about the effect. The rule behind the tables: `failed` is said only where the request
 * certainly changed nothing; what may have acted is uncertain, and that is never folded into a failure.
 */

import type { ApplyResult } from '#lib/connectors/port.ts';
import { connectionName, targetHost } from '#lib/core/connections/target.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { RetryClass } from '#lib/core/retry.ts';

/** The version of the connector from which on answers are kept. */
export const ANSWERS_SINCE = 2;

/**
 * acted: it happened. refused: it did not, and the same request would be refused again. unprocessed: it did not, and may be sent
 * again. uncertain: nobody but the target knows. unclear: the same, and the target has said what it says, so a repeat would hear no more.
 */
export type Meaning = 'acted' | 'refused' | 'unprocessed' | 'uncertain' | 'unclear';

/** The first row that holds the status counts. Source: RFC 9110, section 15, and the RFC named. */
const STATUS_MEANINGS: readonly { from: number; to: number; meaning: Meaning; why: string }[] = [
  { from: 200, to: 299, meaning: 'acted', why: 'the request was carried out' },
  { from: 303, to: 303, meaning: 'uncertain', why: 'usual as the answer to a request that was carried out (15.4.4)' },
  {
    from: 300,
    to: 399,
    meaning: 'refused',
    why: 'redirects are not followed: they would reach another address than the approved one',
  },
  { from: 408, to: 408, meaning: 'uncertain', why: 'whoever gave up waiting may stand before a target that has it all (15.5.9)' },
  { from: 425, to: 425, meaning: 'unprocessed', why: 'refused before it was looked at (RFC 8470)' },
  { from: 429, to: 429, meaning: 'unprocessed', why: 'refused before acting: too many requests (RFC 6585)' },
  { from: 400, to: 499, meaning: 'refused', why: 'the target says that it did not carry the request out' },
  { from: 501, to: 501, meaning: 'refused', why: 'the target does not know the method' },
  { from: 505, to: 505, meaning: 'refused', why: 'the target does not speak this HTTP' },
  {
    from: 500,
    to: 599,
    meaning: 'uncertain',
    why: 'it broke, perhaps after acting; 502 to 504 may come from a proxy that lost the target',
  },
  { from: 0, to: 999, meaning: 'uncertain', why: 'not a status that HTTP gives a meaning to' },
];

/** A failure before anything was written to the socket, by the error's code: the reason it is grouped under. All of them changed nothing. */
export const UNSENT_REASONS: readonly { code: RegExp; reason: string }[] = [
  { code: /^REFUSED_ADDRESS$/, reason: 'refused_address' },
  { code: /^(ENOTFOUND|EAI_.*|ENODATA|ESERVFAIL)$/, reason: 'dns' },
  { code: /^ECONNREFUSED$/, reason: 'refused' },
  { code: /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/, reason: 'connect_timeout' },
  { code: /^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EHOSTDOWN)$/, reason: 'unreachable' },
  { code: /^(ERR_TLS_.*|ERR_SSL_.*|CERT_.*|EPROTO|.*_CERT.*|UNABLE_TO_.*)$/, reason: 'tls' },
];

const BUSY = ['http_408', 'http_425', 'http_429'];
export const UNREACHABLE = ['dns', 'refused', 'connect_timeout', 'unreachable', 'not_connected'];
const BROKEN = ['http_500', 'http_502', 'http_503', 'http_504', 'timeout', 'reset', 'bad_response'];

/** What keeps a connection's credential from being sent or taken: it passes when somebody has changed that, and not before. */
export const UNTIL_MENDED = ['credentials_refused', 'connection_changed', 'connection_gone', 'secret_unreadable'] as const;
/** It passes by itself: the target, its token's giver, or our own database. */
const NO_CREDENTIALS = ['token_refused', 'no_token', 'connection_unread'];

/**
 * Failures that pass, by what receipts call them. A 408 and a status of the last kind are failures only for a request without an effect; else they are
 * uncertain, and nothing uncertain is attempted again. The waits hold for repeats too.
 */
export const RETRIES: readonly RetryClass[] = [
  { name: 'busy', reasons: BUSY, firstMs: 1_000, maxMs: 30_000 },
  { name: 'unreachable', reasons: UNREACHABLE, firstMs: 500, maxMs: 10_000 },
  { name: 'broken', reasons: BROKEN, firstMs: 500, maxMs: 10_000 },
  { name: 'credentials', reasons: NO_CREDENTIALS, firstMs: 100, maxMs: 10_000 },
  { name: 'until mended', reasons: UNTIL_MENDED, firstMs: 500, maxMs: 10_000 },
];

/** Reasons that are about the target and not about the one request, and what they say of it. Every other reason is the item's own. */
const TARGET_FAULTS: readonly { reasons: readonly string[]; says: string }[] = [
  { reasons: ['http_401', 'http_403', 'http_407'], says: 'refuses our requests' },
  { reasons: ['credentials_refused'], says: 'refuses our credentials' },
  { reasons: ['no_token', 'token_refused'], says: 'gives us no access token' },
  {
    reasons: ['connection_changed'],
    says: 'is not where the connection leads any more, or signs in otherwise than was approved',
  },
  { reasons: ['connection_gone'], says: 'has no connection any more' },
  { reasons: ['secret_unreadable'], says: 'has a secret that this worker can’t read' },
  { reasons: ['refused_address'], says: 'has an address that is not allowed' },
  { reasons: ['tls'], says: 'offers no secure connection' },
  { reasons: BUSY, says: 'is too busy' },
  { reasons: UNREACHABLE, says: 'can’t be reached' },
  { reasons: BROKEN, says: 'fails or does not answer' },
];

/** What a reason says about the target (its origin): "api.example.com refuses our requests (HTTP 401)". Null where it is about the one request (a 404, a 422). */
export function targetFault(target: string, reason: string): string | null {
  const fault = TARGET_FAULTS.find(({ reasons }) => reasons.includes(reason));
  if (!fault) return null;
  const told = reason.startsWith('http_') || !UNTIL_MENDED.some((one) => one === reason) ? ` (${reasonWords(reason)})` : '';
  return `${whoIs(target)} ${fault.says}${told}`;
}

/** "api.example.com", or "crm (api.example.com)" of a connection. */
export function whoIs(target: string): string {
  const connection = connectionName(target);
  return connection === null ? targetHost(target) : `${connection} (${targetHost(target)})`;
}

/** With a key: the request of that key is still being worked on (the draft of the Idempotency-Key header, 2.6; some say it with 425). */
const IN_PROGRESS = ['http_409', 'http_425'];

/** The answer broke off, or was too long to be read to its end. */
export const INCOMPLETE_ANSWER = 'incomplete_answer';

/** One sending: what it means, under which reason it is grouped, what the target calls the thing it made, and the beginning of what it answered, where that is kept. */
export type Sending = {
  meaning: Meaning;
  reason: string;
  target: string | null;
  retryAfterMs: number | null;
  heard: string | null;
};

/** What a status means; `reason` is null for a success. */
export function meaningOf(status: number): Meaning {
  return STATUS_MEANINGS.find(({ from, to }) => status >= from && status <= to)?.meaning ?? 'uncertain';
}

/** The reason of an error on the way to the target, before anything was written. */
export function unsentReason(error: unknown): string {
  const code = errorCode(error);
  return UNSENT_REASONS.find((row) => row.code.test(code))?.reason ?? 'not_connected';
}

/**
 * What one sending came to. `harmless`: the request has no effect wherever it gets, so there is nothing to be uncertain about. `mayHaveActed`,
 * `honoursKeys`: as in the port.
 *
 * Once a sending may have acted, only a success ends the uncertainty: it is the key's one effect, or its repeat. A refusal of the
 * repeat (a 404 to the second DELETE, a refused connection) says nothing about the first.
 */
export function resultOf(
  { meaning, reason, target, retryAfterMs, heard }: Sending,
  { harmless, mayHaveActed, honoursKeys }: { harmless: boolean; mayHaveActed: boolean; honoursKeys: boolean },
): ApplyResult {
  const kept = heard === null ? {} : { heard };
  if (meaning === 'acted') return { result: 'succeeded', target, ...kept, ...(reason === INCOMPLETE_ANSWER ? { reason } : {}) };
  const told = { reason, ...kept, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
  if (harmless) return { result: 'failed', ...told };
  const doubtful = meaning === 'uncertain' || meaning === 'unclear';
  const result = doubtful || mayHaveActed ? 'uncertain' : 'failed';
  if (honoursKeys && IN_PROGRESS.includes(reason)) return { result, ...told, repeat: 'in_progress' };
  // What refuses the repeat, or has said all that it says, would do so again; all else may end the doubt the next time.
  const open = meaning === 'uncertain' || meaning === 'unprocessed';
  return result === 'uncertain' && open ? { result, ...told, repeat: 'unanswered' } : { result, ...told };
}

/** The code of an error or of the first error inside it (a connection tried at several addresses fails with one for each). */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  if (Array.isArray(errors) && errors.length > 0) return errorCode(errors[0]);
  return cause === undefined ? '' : errorCode(cause);
}
