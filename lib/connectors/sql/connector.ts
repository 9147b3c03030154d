/**
 * A row of a table in somebody's PostgreSQL, for each item. The effect and a row that names the action's key are one transaction there, so that it happens exactly
 * once and can always be found out (docs/sql.md). `lib/store/targets` has the statements.
 */
import { hostNotPublic, isAllowed, type Reach } from '#lib/connectors/http/addresses.ts';
import { UNTIL_MENDED } from '#lib/connectors/http/answers.ts';
import type { HttpOptions } from '#lib/connectors/http/connector.ts';
import { readParameters, requireDo } from '#lib/connectors/parameters.ts';
import type { ApplyInput, ApplyResult, RemoteConnector } from '#lib/connectors/port.ts';
import type { PostgresPlace } from '#lib/core/connections/postgres.ts';
import { targetName } from '#lib/core/connections/target.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { failureWords, RETRIES, targetFault, uncertainWords } from './answers.ts';
import { checkChange } from './check.ts';
import { checkConnection } from './connection.ts';
import { describeRequest } from './describe.ts';
import { sqlConnection, sqlForm } from './form.ts';
import { connectionOf, readRequest, requestTarget, type SqlRequest } from './frozen.ts';
import { lookAt } from './look.ts';
import { parameters, VERBS } from './parts.ts';
import { freezeRequest, requestEffect, requestReads, requestResource } from './request.ts';
import { inspect, sendOver } from './send.ts';
import { targetsOver, urlOf } from './target.ts';
import { testConnection } from './test-connection.ts';
import { undoOf } from './undo.ts';

const TAKES =
  '`table`, with its schema; `key`, the columns that say which row it is; `set`, the columns to set or to fill; `only`, columns that must be as given; all with fields in double braces; `emptyIsNull`; `cascade`, for a delete that may take rows of other tables with it.';

/** The sql connector. Its pools live as long as the process and hold no process alive. */
export function makeSql({
  allowPrivateTargets,
  targetsAllowed = () => [],
  connections = async () => null,
  resolve,
}: HttpOptions): RemoteConnector {
  const reach: Reach = { allowPrivate: allowPrivateTargets, allowed: targetsAllowed };
  const targets = targetsOver(connections, reach, resolve);
  return {
    name: 'sql',
    version: 1,
    since: 1,
    kind: 'remote',
    answersSince: 1,
    verbs: VERBS,
    takes: TAKES,
    form: sqlForm,
    check(action, fields = null) {
      requireDo(action, VERBS);
      checkChange(action, fields);
    },
    effect: requestEffect,
    wording,
    failureWords,
    reads: requestReads,
    prepare: freezeRequest,
    describe: describeRequest,
    look: (_client, of, signal) => lookAt(targets, of, signal),
    resourceOf: requestResource,
    retries: RETRIES,
    targetOf: requestTarget,
    targetFault,
    uncertainWords,
    undo: async (_client, done) => done.map(undoOf),
    canInspect: (request) => connectionOf(request) !== null,
    inspect: ({ request, idempotencyKey: key, holdOff }, signal) =>
      inspect(targets, readRequest(request), { request, key, ...(holdOff && { holdOff }) }, signal),
    apply: async (input, signal) => (await begin(input, signal))(),
    begin,
    connections: {
      form: sqlConnection,
      stopsAtOnce: UNTIL_MENDED,
      of: connectionOf,
      check: (given) => checkConnection(given, (place) => refusedPlace(place, reach)),
      targetOf: ({ name, address }) => targetName(address, name),
      test: (live, _asked, signal) => testConnection(targets, live, signal),
      prepare: (live, signal) => testConnection(targets, live, signal, true),
    },
  };

  /** The connection is read before the send is looked at again; whoever holds up a place in its pool is waited for after that. */
  async function begin(input: ApplyInput, signal: AbortSignal): Promise<() => Promise<ApplyResult>> {
    let request: SqlRequest;
    try {
      request = readRequest(input.request);
    } catch {
      return async () => ({ result: input.mayHaveActed ? 'uncertain' : 'failed', reason: 'unreadable_request' });
    }
    const pool = await targets.over(request.via);
    return () => sendOver(pool, request, input, signal);
  }
}

const WORDS: Record<string, { verb: string; past: string; will: string }> = {
  update: { verb: 'Update', past: 'Updated', will: 'change a row of' },
  insert: { verb: 'Insert', past: 'Inserted', will: 'add a row to' },
  delete: { verb: 'Delete', past: 'Deleted', will: 'delete a row of' },
  put_back: { verb: 'Put back', past: 'Put back', will: 'put a row back in' },
};

function wording(action: Action) {
  const { verb, past, will } = WORDS[action.do] ?? { verb: action.do, past: action.do, will: 'change a row of' };
  const { table } = readParameters(action, parameters);
  const target = `${table} (${action.connection ?? 'no connection'})`;
  return { verb, past, will: `${will} ${target}`, target };
}

function refusedPlace(place: PostgresPlace, reach: Reach): string | null {
  if (isAllowed(reach, urlOf(place))) return null;
  const allowing = `whoever runs this server can allow this one with TARGETS_ALLOWED=${place.host}:${place.port}`;
  const what = hostNotPublic(place.host);
  if (what !== null) return `${place.host} is ${what}. Connections go to public addresses only; ${allowing}.`;
  // As no secret goes to a web server or a mail server in clear.
  if (place.tls === 'verify-full') return null;
  return `The password and the rows would go over a line that ${place.tls === 'disable' ? 'anybody' : 'whoever sits in between'} can read. Take sslmode=verify-full; ${allowing}.`;
}
