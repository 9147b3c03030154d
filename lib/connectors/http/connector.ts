/**
 * A request for each item, to somebody else's server. Its files: `request.ts` builds what is frozen and approved,
 * `send.ts` sends it once, `answers.ts` says what an answer means.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { refusal, requireDo } from '#lib/connectors/parameters.ts';
import type { ApplyInput, ApplyResult, Done, FrozenRequest, RemoteConnector, Undo } from '#lib/connectors/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { REQUEST_TRIES_MAX } from '#lib/core/limits.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { turns } from '#lib/turns.ts';
import type { Resolve } from './addresses.ts';
import { hostNotPublic } from './addresses.ts';
import { RETRIES, resultOf, type Sending, targetFault } from './answers.ts';
import { failureWords, uncertainWords } from './failures.ts';
import { httpForm } from './form.ts';
import { inspectOnce } from './inspect.ts';
import {
  checkRequest,
  freezeRequest,
  type HttpRequest,
  inspectionOf,
  inverseRequest,
  METHODS,
  namesTarget,
  readRequest,
  requestEffect,
  requestHost,
  requestOrigin,
} from './request.ts';
import { guardedAgent, sendOnce } from './send.ts';

const BACKOFF_MS = 250;
/** A repeat under the same key keeps its action uncertain meanwhile: longer than this it does not wait. */
const REPEAT_AFTER_MS_MAX = 10_000;

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
    version: 1,
    since: 1,
    kind: 'remote',
    verbs: METHODS,
    form: httpForm,
    check(action, fields = null) {
      requireDo(action, METHODS);
      if (action.connection !== null) {
        const message = `No connection is called “${action.connection}”. Leave it out to send without credentials.`;
        throw refusal([{ path: 'connection', message }]);
      }
      checkRequest(action, fields, (hostname) => hostRefused(hostname, allowPrivateTargets()));
    },
    effect: requestEffect,
    wording,
    failureWords,
    prepare: freezeRequest,
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
    apply: (input, signal) => apply((request) => sendOnce(agent, request, input.idempotencyKey, signal), input, signal),
  };
}

function wording(action: Action) {
  const host = requestHost(action);
  return { verb: `Send ${action.do}`, past: `Sent ${action.do}`, will: `send a ${action.do} to ${host}`, target: host };
}

function canInspect(request: FrozenRequest): boolean {
  try {
    return readRequest(request).inspect !== undefined;
  } catch {
    return false;
  }
}

/** The undo request of the plan, filled in; and what undid a request is undone by that request itself, under a new key. */
function undoOf({ action, ordinal, request: bytes, target, undid }: Done): Undo {
  if (undid) return undid;
  try {
    const request = readRequest(bytes);
    if (request.effect === 'none') return { cannot: 'it changed nothing' };
    if (target === null && namesTarget(request))
      return { cannot: 'the target gave no id of its own, which the undo request names' };
    return (
      inverseRequest(action, request, { ordinal, target: target ?? '' }) ?? { cannot: 'the plan has no undo request for it' }
    );
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return { cannot: 'its undo request can’t be built from what the target answered' };
  }
}

function hostRefused(hostname: string, allowPrivate: boolean): string | null {
  const what = allowPrivate ? null : hostNotPublic(hostname);
  if (!what) return null;
  return `${hostname} is ${what}. Requests go to public addresses only; whoever runs this server can allow others with ALLOW_PRIVATE_TARGETS=1.`;
}

/**
 * Sends. Where the target honours keys, what may have acted is sent again, the same bytes under the same key, for that is how the uncertainty ends. What
 * certainly did nothing is not: each attempt has its own receipts, and the executor makes them (`retries`).
 */
async function apply(
  send: (request: HttpRequest) => Promise<Sending>,
  input: ApplyInput,
  signal: AbortSignal,
): Promise<ApplyResult> {
  let request: HttpRequest;
  try {
    request = readRequest(input.request);
  } catch {
    return { result: 'failed', reason: 'unreadable_request' };
  }
  const harmless = request.effect === 'none';
  const tries = input.honoursKeys && !harmless ? REQUEST_TRIES_MAX : 1;
  const mayHaveActed = input.mayHaveActed ?? false;
  const sendings: Sending[] = [];
  while (sendings.length < tries) {
    if (sendings.length > 0 && !(await pause(sendings, signal))) break;
    sendings.push(await send(request));
    const uncertain = mayHaveActed || sendings.some(({ meaning }) => meaning === 'uncertain');
    const last = sendings.at(-1)?.meaning;
    if (!uncertain || last === 'acted' || last === 'refused' || signal.aborted) break;
  }
  return resultOf(sendings, { harmless, mayHaveActed });
}

/** Waits before the same bytes go out again; false when they are not to. */
async function pause(sendings: readonly Sending[], signal: AbortSignal): Promise<boolean> {
  const asked = sendings.at(-1)?.retryAfterMs ?? 0;
  if (asked > REPEAT_AFTER_MS_MAX) return false;
  // Spread out, so that those who failed together do not come back together.
  const backoff = BACKOFF_MS * 2 ** (sendings.length - 1) * (0.5 + Math.random());
  try {
    await delay(Math.max(asked, backoff), undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
