/** Lines for people about what happened to a batch besides its receipts: pauses, takeovers, incidents. */

import { reasonWords } from './reason-words.ts';

/** One sentence. `kind` is the verb that a person used (`try_target` and `pause_target` name no chunk), `takeover`, or `incident`; `chunk` null for the whole batch. */
export function toldLine(kind: string, chunk: number | null, facts: Record<string, string | number | null>): string {
  const what = chunk === null ? 'the batch' : `chunk ${chunk}`;
  if (kind === 'takeover') return takeover(what, facts);
  if (kind === 'incident') return `Stopped${chunk === null ? '' : ` chunk ${chunk}`}: ${reasonWords(String(facts.message))}`;
  if (kind === 'try_target') return `${facts.name} let one chunk try ${facts.target} again`;
  if (kind === 'pause_target') return `${facts.name} paused ${facts.target}: nobody sends to it until it is resumed`;
  if (kind === 'accept_rest') return `${facts.name} left the rest of ${chunk === null ? 'all halted chunks' : what} unsent`;
  return `${facts.name} ${PAST[kind] ?? kind} ${what}`;
}

const PAST: Record<string, string> = {
  pause: 'paused',
  resume: 'resumed',
  cancel: 'stopped',
  retry: 'retried the failed actions of',
};

function takeover(what: string, { from, fromHost, to, toHost, inFlight }: Record<string, string | number | null>): string {
  const lost = from === null ? 'A worker' : `Worker ${from}${fromHost === toHost ? '' : ` on ${fromHost}`}`;
  const taker = to === null ? 'another' : `worker ${to}${fromHost === toHost ? '' : ` on ${toHost}`}`;
  const out = Number(inFlight);
  const left = out === 0 ? '' : ` with ${out} ${out === 1 ? 'request' : 'requests'} out`;
  return `${lost} went silent${left}; ${taker} took over ${what}`;
}
