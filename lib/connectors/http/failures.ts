/** Sentences for why a request failed, and for why its outcome is not known. */
import { wordsIn } from '#lib/connectors/parameters.ts';
import type { UncertainWords } from '#lib/connectors/port.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';

const FAILURES: Readonly<Record<string, string>> = {
  dns: 'The target’s name was not found in the DNS. Nothing was sent.',
  refused: 'The target refused the connection. Nothing was sent.',
  connect_timeout: 'No connection to the target could be opened. Nothing was sent.',
  unreachable: 'The network has no route to the target. Nothing was sent.',
  not_connected: 'No connection to the target could be opened. Nothing was sent.',
  tls: 'No secure connection (TLS) could be made to the target. Nothing was sent.',
  refused_address: 'The target’s address is private, and private addresses are not allowed. Nothing was sent.',
  unreadable_request: 'The approved request could not be read. Nothing was sent.',
  timeout: 'The target did not answer in time.',
  bad_response: 'The target’s answer is not HTTP.',
  html_answer: 'The target answered with a web page instead of JSON.',
  unexpected_answer: 'The target’s answer is not what the plan counts as done.',
  incomplete_answer: 'The target’s answer broke off.',
  reset: 'The connection broke before an answer came.',
  credentials_refused: 'The target did not accept the credentials of the connection.',
  connection_changed: 'The connection leads elsewhere than was approved, or signs in otherwise. Nothing was sent.',
  connection_gone: 'The connection is not there any more. Nothing was sent.',
  connection_unread: 'The connection could not be read from the database. Nothing was sent.',
  secret_unreadable: 'The secret of the connection can’t be read with the key of this process. Nothing was sent.',
  no_token: 'No access token came for the connection. Nothing was sent.',
  token_refused: 'The target did not accept the access token of the connection.',
  http_401: 'The target did not accept our credentials (HTTP 401).',
  http_403: 'The target does not allow this request (HTTP 403).',
  http_404: 'The target has nothing at this address (HTTP 404).',
  http_407: 'A proxy did not accept our credentials (HTTP 407).',
  http_408: 'The target stopped waiting for the request, at every attempt (HTTP 408).',
  http_409: 'The request conflicts with the target’s present state (HTTP 409).',
  http_410: 'The target says that the record is gone (HTTP 410).',
  http_412: 'The record at the target has changed (HTTP 412).',
  http_422: 'The target does not accept these values (HTTP 422).',
  http_425: 'The target was not ready for the request, at every attempt (HTTP 425).',
  http_429: 'The target had too many requests, at every attempt (HTTP 429).',
};

/** By the reason's code; null for a code that no request has. */
export function failureWords(reason: string): string | null {
  const words = wordsIn(FAILURES, reason);
  if (words !== null) return words;
  const status = /^http_(\d{3})$/.exec(reason)?.[1];
  if (status === undefined) return null;
  return status.startsWith('3')
    ? `The target redirected the request (HTTP ${status}). Redirects are not followed.`
    : `The target refused the request (HTTP ${status}).`;
}

const UNCERTAIN: Readonly<Record<string, UncertainWords>> = {
  timeout: { why: 'The target did not answer in time.', cause: 'not answered in time' },
  reset: { why: 'The connection broke before the answer came.', cause: 'whose connection broke' },
  html_answer: {
    why: 'The target answered with a web page instead of JSON.',
    cause: 'answered with a web page',
  },
  unexpected_answer: {
    why: 'The target’s answer is not what the plan counts as done.',
    cause: 'answered with something other than what counts as done',
  },
  incomplete_answer: {
    why: 'The target’s answer broke off before it said whether the action was done.',
    cause: 'whose answer broke off',
  },
  aborted: {
    why: 'The worker lost the chunk while the request was in flight.',
    cause: 'called off because a worker lost its chunk',
  },
};

/** By the reason's code; null for a code that no request has. */
export function uncertainWords(reason: string): UncertainWords | null {
  if (Object.hasOwn(UNCERTAIN, reason)) return UNCERTAIN[reason] ?? null;
  if (!reason.startsWith('http_')) return null;
  const status = reasonWords(reason);
  return { why: `The target answered ${status}, which does not say whether it acted.`, cause: `answered with ${status}` };
}
