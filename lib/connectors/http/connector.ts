/**
 * A request for each item, to somebody else's server. Its files: `check.ts` says what is wrong with a plan's action, `request.ts` builds what is frozen and
 * approved, `send.ts` sends it once, `answers.ts` and `judge.ts` say what an answer means, `success.ts` what the plan wants it to hold.
 */
import { refusal, requireDo } from '#lib/connectors/parameters.ts';
import type { ApplyInput, ApplyResult, Done, FrozenRequest, RemoteConnector, Undo } from '#lib/connectors/port.ts';
import { originOf, targetName } from '#lib/core/connections/target.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { turns } from '#lib/turns.ts';
import { hostRefused, isInClear, type Reach, type Resolve } from './addresses.ts';
import { ANSWERS_SINCE, INCOMPLETE_ANSWER, RETRIES, resultOf, type Sending, targetFault, UNTIL_MENDED } from './answers.ts';
import { checkRequest } from './check.ts';
import { checkConnection, testConnection } from './connection.ts';
import { type Connections, credentialsFor, type NoCredentials } from './credentials.ts';
import { describeRequest, lookAt } from './describe.ts';
import { failureWords, uncertainWords } from './failures.ts';
import { httpConnection, httpForm } from './form.ts';
import { connectionOf, type HttpRequest, readRequest, requestTarget } from './frozen.ts';
import { inspectOnce } from './inspect.ts';
import { inspectionOf } from './inspection.ts';
import { inverseRequest, namesTarget } from './inverse.ts';
import { METHODS } from './parts.ts';
import { freezeRequest, requestEffect, requestHost, requestReads, requestResource, requestSuccess } from './request.ts';
import { guardedAgent, sendOnce } from './send.ts';
import { successWords } from './success.ts';
import { tokensOver } from './tokens.ts';

const TAKES =
  '`url`, `headers` and `body`, with fields in double braces; `timeoutMs`; `effect`; `undo`, the request that takes it back; `inspect`, the GET that looks it up, with what `happened` looks like; ' +
  '`success`, what counts as done: `status` (from 200 to 299), `contains` (a text), `json` (JSON pointers and the values there), all of which must hold, and `otherwise`, “uncertain” or “failed”, for every other 2xx.';

export type HttpOptions = {
  /** Whether private and loopback addresses may be reached; asked at every check and every connection. */
  allowPrivateTargets: () => boolean;
  /** Hosts with their ports that may be reached at any address; none unless given. */
  targetsAllowed?: () => readonly string[];
  /** A connection as it is now, with what is secret of it; there are none unless given. */
  connections?: Connections;
  /** How names become addresses; the system's resolver unless given. */
  resolve?: Resolve;
};

/** The http connector. Its connection pool lives as long as the process and holds no process alive. */
export function makeHttp({
  allowPrivateTargets,
  targetsAllowed = () => [],
  connections = async () => null,
  resolve,
}: HttpOptions): RemoteConnector {
  const reach: Reach = { allowPrivate: allowPrivateTargets, allowed: targetsAllowed };
  const agent = guardedAgent(reach, resolve);
  const tokens = tokensOver(agent);
  const credentialsOf = (request: HttpRequest, idempotencyKey: string | null, signal: AbortSignal) =>
    credentialsFor({ connections, tokens }, request.via, { id: idempotencyKey ?? '', body: request.body }, signal);
  return {
    name: 'http',
    version: 3,
    // A worker of an earlier version would send one over a connection without its credential.
    versionOf: ({ connection }) => (connection === null ? 2 : 3),
    since: 1,
    kind: 'remote',
    answersSince: ANSWERS_SINCE,
    verbs: METHODS,
    takes: TAKES,
    form: httpForm,
    check(action, fields = null) {
      requireDo(action, METHODS);
      if (action.connection !== null && !action.through) {
        const message = `There is no connection “${action.connection}”. Leave it out to send without credentials.`;
        throw refusal([{ path: 'connection', message }]);
      }
      checkRequest(action, fields, (origin) => hostRefused(origin, reach));
    },
    effect: requestEffect,
    wording,
    failureWords,
    reads: requestReads,
    prepare: freezeRequest,
    describe: describeRequest,
    look: (_client, of, signal) =>
      lookAt(agent, of, (request) => credentialsOf(lookOf(request), of.idempotencyKey, signal), signal),
    resourceOf: requestResource,
    retries: RETRIES,
    // Its host is the plan's: no item changes it.
    goesTo: ({ with: { url } }) => (typeof url === 'string' && URL.canParse(url) ? originOf(url) : 'http'),
    targetOf: requestTarget,
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
      const sent = readRequest(request);
      const asked = inspectionOf(sent, idempotencyKey);
      if (!asked) return { finding: 'unknown', reason: 'no_inspection' };
      const credentials = await credentialsOf(lookOf(sent), idempotencyKey, signal);
      if ('reason' in credentials) return { finding: 'unknown', reason: credentials.reason };
      return inspectOnce(agent, asked, credentials, signal);
    },
    apply: async (input, signal) => (await begin(input, signal))(),
    begin,
    connections: {
      form: httpConnection,
      stopsAtOnce: UNTIL_MENDED,
      of: connectionOf,
      check: (given) =>
        checkConnection(
          given,
          (origin) => hostRefused(origin, reach),
          (place) => isInClear(place, reach),
        ),
      targetOf: ({ name, address }) => targetName(address, name),
      test: (live, asked, signal) =>
        testConnection(agent, live, asked, (request) => credentialsOf(request, asked.key, signal), signal),
    },
  };

  /** Sends once: the next attempt, or a repeat of this one, is the executor's (`retries`, `repeat`). */
  async function begin(input: ApplyInput, signal: AbortSignal): Promise<() => Promise<ApplyResult>> {
    const { request: bytes, idempotencyKey, action, honoursKeys, mayHaveActed = false } = input;
    let request: HttpRequest;
    try {
      request = readRequest(bytes);
    } catch {
      return async () => ({ result: mayHaveActed ? 'uncertain' : 'failed', reason: 'unreadable_request' });
    }
    const credentials = await credentialsOf(request, idempotencyKey, signal);
    const how = { harmless: request.effect === 'none', mayHaveActed, honoursKeys };
    return async () => {
      if ('reason' in credentials) return resultOf(unsent(credentials), how);
      return resultOf(await sendOnce(agent, request, idempotencyKey, action.version, credentials, signal), how);
    };
  }
}

/** Nothing left for the target: certain, however it is repeated. */
function unsent({ reason, passes }: NoCredentials): Sending {
  return { meaning: passes ? 'unprocessed' : 'refused', reason, target: null, retryAfterMs: null, heard: null };
}

/** What is signed of a look: a GET without a body. */
const lookOf = (request: HttpRequest): HttpRequest => ({ ...request, body: null });

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
