/** The codes under which outcomes are grouped, as people say them. Receipts, JSONL and CSV keep the code. */

/** A reason's code, alone or in a sentence: "HTTP 422", "worker lost". */
export function reasonWords(reason: string): string {
  return reason.replace(/\bhttp_(\d{3})\b/g, 'HTTP $1').replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (code) => code.replaceAll('_', ' '));
}

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
  reset: 'The connection broke before an answer came.',
  not_on_shelf: 'It was not on the archive shelf any more.',
  changed_since: 'It was changed since, and what others did is not overwritten.',
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

/** Why an action failed, in a sentence. */
export function failureWords(reason: string | null): string {
  if (reason === null) return 'No reason was given.';
  if (Object.hasOwn(FAILURES, reason)) return FAILURES[reason] ?? '';
  const status = /^http_(\d{3})$/.exec(reason)?.[1];
  if (status?.startsWith('3')) return `The target sent us elsewhere (HTTP ${status}), and only the approved address is asked.`;
  return status ? `The target refused it (HTTP ${status}).` : `It failed: ${reasonWords(reason)}.`;
}
