/** Why a request failed, and why nobody knows what became of it, in sentences. */
import { wordsIn } from '#lib/connectors/parameters.ts';
import type { UncertainWords } from '#lib/connectors/port.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';

const FAILURES: Readonly<Record<string, string>> = {
  dns: 'The name of the target could not be found. Nothing was sent.',
  refused: 'Nobody listens at the target’s address. Nothing was sent.',
  connect_timeout: 'No connection came about. Nothing was sent.',
  unreachable: 'The network has no way to the target. Nothing was sent.',
  not_connected: 'No connection came about. Nothing was sent.',
  tls: 'No secure connection came about. Nothing was sent.',
  refused_address: 'The address is private, and private addresses are not allowed here. Nothing was sent.',
  unreadable_request: 'The approved request could not be read. Nothing was sent.',
  timeout: 'The target did not answer in time.',
  bad_response: 'The target answered with something that is no HTTP.',
  html_answer: 'The target answered with a page for people, where JSON was asked for.',
  unexpected_answer: 'The target answered, and not with what the plan counts as done.',
  incomplete_answer: 'The target’s answer broke off.',
  reset: 'The connection broke before an answer came.',
  http_401: 'The target did not accept who we are (HTTP 401).',
  http_403: 'The target says that we may not do this (HTTP 403).',
  http_404: 'The target does not know it (HTTP 404).',
  http_407: 'A proxy did not accept who we are (HTTP 407).',
  http_408: 'The target was too busy to hear us out, at each attempt (HTTP 408).',
  http_409: 'The target says that it is in another state by now (HTTP 409).',
  http_410: 'The target says that it is gone (HTTP 410).',
  http_412: 'The target says that it is in another state by now (HTTP 412).',
  http_422: 'The target does not accept these values (HTTP 422).',
  http_425: 'The target was too busy to hear us out, at each attempt (HTTP 425).',
  http_429: 'The target had too many requests, at each attempt (HTTP 429).',
};

/** By the reason under which it is grouped; null for one that no request has. */
export function failureWords(reason: string): string | null {
  const words = wordsIn(FAILURES, reason);
  if (words !== null) return words;
  const status = /^http_(\d{3})$/.exec(reason)?.[1];
  if (status === undefined) return null;
  return status.startsWith('3')
    ? `The target sent us elsewhere (HTTP ${status}), and only the approved address is asked.`
    : `The target refused it (HTTP ${status}).`;
}

const UNCERTAIN: Readonly<Record<string, UncertainWords>> = {
  timeout: { why: 'The target did not answer in time.', cause: 'not answered in time' },
  reset: { why: 'The connection broke before the answer came.', cause: 'whose connection broke' },
  html_answer: {
    why: 'The target answered with a page for people, where JSON was asked for.',
    cause: 'answered with a page for people',
  },
  unexpected_answer: {
    why: 'The target answered, and not with what the plan counts as done.',
    cause: 'answered with something else than what counts as done',
  },
  incomplete_answer: {
    why: 'The target’s answer broke off before what would say that it is done.',
    cause: 'whose answer broke off',
  },
  aborted: {
    why: 'Its worker lost the chunk while the request was out.',
    cause: 'called off when a worker lost its chunk',
  },
};

/** By the reason under which it is grouped; null for one that no request has. */
export function uncertainWords(reason: string): UncertainWords | null {
  if (Object.hasOwn(UNCERTAIN, reason)) return UNCERTAIN[reason] ?? null;
  if (!reason.startsWith('http_')) return null;
  const status = reasonWords(reason);
  return { why: `The target answered ${status}, which does not say whether it acted.`, cause: `answered with ${status}` };
}
