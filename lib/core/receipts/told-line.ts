/** Lines for people about what happened to a batch besides its receipts: pauses, takeovers, incidents. */

import { isRecord } from '#lib/core/values/stored.ts';
import { reasonWords } from './reason-words.ts';

export type Facts = Record<string, string | number | null>;

/** The facts of something told, as whatever version stored them. */
export function storedFacts(stored: unknown): Facts {
  const scalar = (one: unknown) => one === null || typeof one === 'string' || typeof one === 'number';
  const facts = Object.entries(isRecord(stored) ? stored : {});
  return Object.fromEntries(facts.map(([name, one]) => [name, scalar(one) ? one : JSON.stringify(one)])) as Facts;
}

/** One sentence. `kind` is the verb that a person used (`try_target` and `pause_target` name no chunk), `takeover`, or `incident`; `chunk` null for the whole batch. */
export function toldLine(kind: string, chunk: number | null, facts: Facts): string {
  const what = chunk === null ? 'the batch' : `chunk ${chunk}`;
  if (kind === 'takeover') return takeover(what, facts);
  // An older version may have told less.
  const { name = 'Somebody', target = 'a target', message = 'the reason is not on record' } = facts;
  if (kind === 'incident') return `Stopped${chunk === null ? '' : ` chunk ${chunk}`}: ${reasonWords(String(message))}`;
  if (kind === 'try_target') return `${name} let one chunk try ${target} again`;
  if (kind === 'pause_target') return `${name} paused ${target}: nobody sends to it until it is resumed`;
  if (kind === 'refuse_rest') return `${name} did not want the first results of ${what}, and left the rest unsent`;
  if (kind === 'review_again') return `${name} planned a batch that reviews what ${what} left unsent again`;
  if (kind === 'agent_left') return `${name} gave ${what} back: ${facts.reason}`;
  if (kind === 'accept_rest') return `${name} left the rest of ${chunk === null ? 'all halted chunks' : what} unsent`;
  if (Object.hasOwn(PAST, kind)) return `${name} ${PAST[kind]} ${what}`;
  const known = Object.entries(facts).map(([fact, one]) => `${fact} ${one}`);
  return [`“${kind}”, which this version does not know, happened to ${what}`, ...known].join('; ');
}

const PAST: Record<string, string> = {
  pause: 'paused',
  resume: 'resumed',
  cancel: 'stopped',
  retry: 'retried the failed actions of',
  rename: 'renamed',
  change_plan: 'changed the plan of',
};

function takeover(what: string, { from = null, fromHost, to = null, toHost, inFlight = 0 }: Facts): string {
  const lost = from === null ? 'A worker' : `Worker ${from}${fromHost === toHost ? '' : ` on ${fromHost}`}`;
  const taker = to === null ? 'another' : `worker ${to}${fromHost === toHost ? '' : ` on ${toHost}`}`;
  // They are on record. Which of them were sent, nobody knows.
  const open = Number(inFlight);
  const left = open === 0 ? '' : ` with ${open} ${open === 1 ? 'action' : 'actions'} in flight`;
  return `${lost} went silent${left}; ${taker} took over ${what}`;
}
