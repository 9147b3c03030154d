/**
 * A request for each item, to somebody else's server. Its files: `check.ts` says what is wrong with a plan's action, `request.ts` builds what is frozen and
 * approved, `send.ts` sends it once, `answers.ts` and `judge.ts` say what an answer means, `success.ts` what the plan wants it to hold.
 */
import { refusal, requireDo } from '#lib/connectors/parameters.ts';
import type { ApplyInput, ApplyResult, Done, FrozenRequest, RemoteConnector, Undo } from '#lib/connectors/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { turns } from '#lib/turns.ts';
import type { Resolve } from './addresses.ts';
import { hostNotPublic } from './addresses.ts';
import { ANSWERS_SINCE, INCOMPLETE_ANSWER, RETRIES, resultOf, type Sending, targetFault } from './answers.ts';
import { checkRequest } from './check.ts';
import { describeRequest, lookAt } from './describe.ts';
import { failureWords, uncertainWords } from './failures.ts';
import { httpForm } from './form.ts';
import { type HttpRequest, readRequest, requestOrigin } from './frozen.ts';
import { inspectOnce } from './inspect.ts';
import { inspectionOf } from './inspection.ts';
import { inverseRequest, namesTarget } from './inverse.ts';
import { METHODS } from './parts.ts';
import { freezeRequest, requestEffect, requestHost, requestReads, requestResource, requestSuccess } from './request.ts';
import { guardedAgent, sendOnce } from './send.ts';
import { successWords } from './success.ts';

const TAKES =
  '`url`, `headers` and `body`, with fields in double braces; `timeoutMs`; `effect`; `undo`, the request that takes it back; `inspect`, the GET that looks it up, with what `happened` looks like; ' +
  '`success`, what counts as done: `status` (from 200 to 299), `contains` (a text), `json` (JSON pointers and the values there), all of which must hold, and `otherwise`, “uncertain” or “failed”, for every other 2xx.';

export type HttpOptions = {
  /** Whether private and loopback addresses may be reached; asked at every check and every connection. */
  allowPrivateTargets: () => boolean;
  /** How names become addresses; the system's resolver unless given. */
  resolve?: Resolve;
};

/** The http connector. Its connection pool lives as long as the process and holds no process alive. */
export function makeHttp({ allowPrivateTargets, resolve }: HttpOptions): RemoteConnector {
  const agent = guardedAgent(allowPrivateTargets, resolve);
  return {
    name: 'http',
    version: 2,
    since: 1,
    kind: 'remote',
    answersSince: ANSWERS_SINCE,
    verbs: METHODS,
    takes: TAKES,
    form: httpForm,
    check(action, fields = null) {
      requireDo(action, METHODS);
      if (action.connection !== null) {
        const message = `There is no connection “${action.connection}”. Leave it out to send without credentials.`;
        throw refusal([{ path: 'connection', message }]);
      }
      checkRequest(action, fields, (hostname) => hostRefused(hostname, allowPrivateTargets()));
    },
    effect: requestEffect,
    wording,
    failureWords,
    reads: requestReads,
    prepare: freezeRequest,
    describe: describeRequest,
    look: (_client, of, signal) => lookAt(agent, of, signal),
    resourceOf: requestResource,
    retries: RETRIES,
    targetOf: requestOrigin,
    targetFault,
    uncertainWords,
    async undo(_client, done) {
      const takeTurn = turns();
      const undos: Undo[] = [];
      for (const one of done) {
        undos.push(undoOf(one));
        await takeTurn();
      }
      return undos;
    },
    canInspect,
    inspect: async ({ request, idempotencyKey }, signal) => {
      const asked = inspectionOf(readRequest(request), idempotencyKey);
      return asked ? inspectOnce(agent, asked, signal) : { finding: 'unknown', reason: 'no_inspection' };
    },
    apply: (input, signal) =>
      apply((request) => sendOnce(agent, request, input.idempotencyKey, input.action.version, signal), input),
  };
}

function wording(action: Action) {
  const host = requestHost(action);
  const success = requestSuccess(action);
  const done = success === null ? '' : `, counted as done when it is answered with ${successWords(success)}`;
  return { verb: `Send ${action.do}`, past: `Sent ${action.do}`, will: `send a ${action.do} to ${host}${done}`, target: host };
}

function canInspect(request: FrozenRequest): boolean {
  try {
    return readRequest(request).inspect !== undefined;
  } catch {
    return false;
  }
}

/** The undo request of the plan, filled in; and what undid a request is undone by that request itself, under a new key. */
function undoOf({ action, ordinal, request: bytes, target, reason, undid }: Done): Undo {
  if (undid) return undid;
  try {
    const request = readRequest(bytes);
    if (request.effect === 'none') return { cannot: 'it changed nothing' };
    if (target === null && namesTarget(request))
      return {
        cannot:
          reason === INCOMPLETE_ANSWER
            ? 'the answer broke off before the target’s id, and the undo request needs that id'
            : 'the target gave no id, and the undo request needs one',
      };
    return (
      inverseRequest(action, request, { ordinal, target: target ?? '' }) ?? { cannot: 'the plan has no undo request for it' }
    );
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return { cannot: 'its undo request can’t be built from the target’s answer' };
  }
}

function hostRefused(hostname: string, allowPrivate: boolean): string | null {
  const what = allowPrivate ? null : hostNotPublic(hostname);
  if (!what) return null;
  return `${hostname} is ${what}. Requests go to public addresses only; whoever runs this server can allow others with ALLOW_PRIVATE_TARGETS=1.`;
}

/** Sends once: the next attempt, or a repeat of this one, is the executor's (`retries`, `repeat`). */
async function apply(
  send: (request: HttpRequest) => Promise<Sending>,
  { request: bytes, mayHaveActed = false, honoursKeys }: ApplyInput,
): Promise<ApplyResult> {
  let request: HttpRequest;
  try {
    request = readRequest(bytes);
  } catch {
    return { result: mayHaveActed ? 'uncertain' : 'failed', reason: 'unreadable_request' };
  }
  return resultOf(await send(request), { harmless: request.effect === 'none', mayHaveActed, honoursKeys });
}
