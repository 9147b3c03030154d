/**
 * Files of a repository (docs/git.md). A change of a file is kept here under its action's key; a push, an action of its own with an approval of its own, makes commits of the
 * changes and sends them. Its files: `request.ts` builds what is frozen, `commits.ts` makes the commits, `send.ts` carries out, `repository.ts` is the copy of the repository in this
 * machine and the line to its server, `run.ts` starts git.
 */
import { join } from 'node:path';
import type { Reach } from '#lib/connectors/http/addresses.ts';
import type { HttpOptions } from '#lib/connectors/http/connector.ts';
import { type Via, viaOf } from '#lib/connectors/http/via.ts';
import type { ApplyInput, ApplyResult, Inspection, Look, RemoteConnector } from '#lib/connectors/port.ts';
import { placeOf } from '#lib/core/connections/auth.ts';
import { targetName } from '#lib/core/connections/target.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { INSPECTION_TIMEOUT_MS } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { countStaged, readStaged } from '#lib/store/repositories/staged.ts';
import { changedFiles } from './changes.ts';
import { checkConnection, testedRepository } from './connection.ts';
import { gathered } from './deliver.ts';
import { describeRequest } from './describe.ts';
import { failureWords, RETRIES, STOPPING, targetFault, uncertainWords, whyNot } from './failures.ts';
import { gitConnection, gitForm } from './form.ts';
import { connectionOf, type GitRequest, readRequest, requestTarget } from './frozen.ts';
import { readHandIn } from './handed.ts';
import { lookAt } from './look.ts';
import { type Opening, openRepository, type Repository, Unreached } from './repository.ts';
import {
  checkAction,
  freezeRequest,
  handInPlace,
  requestEffect,
  requestReads,
  requestResource,
  requestWording,
  VERBS,
} from './request.ts';
import { keepHere, pushOut } from './send.ts';
import { filesSource } from './source.ts';
import { undoOf } from './undo.ts';

const TAKES =
  '`content`, the whole text of a file to “write”; `to`, the new path of a “move”; `message`; A change to “apply” is what an agent committed and handed in. `branch`, `path` and `blob`, with fields in double braces, say which file is meant: left out, they are the fields of these names. A “push” is prepared by the batch’s own push.';

export type GitOptions = HttpOptions & { models: () => WithModels; folder?: () => string };

export function makeGit({
  allowPrivateTargets,
  targetsAllowed = () => [],
  connections = async () => null,
  resolve,
  models,
  folder = () => join(env().DATA_DIR, 'repositories'),
}: GitOptions): RemoteConnector {
  const reach: Reach = { allowPrivate: allowPrivateTargets, allowed: targetsAllowed };
  const opening: Opening = { reach, resolve, folder };

  /** The connection as it is now, if it still leads where it was approved. */
  async function liveFor(via: Via): Promise<LiveConnection | { reason: string }> {
    let live: LiveConnection | null;
    try {
      live = await connections(via.id);
    } catch {
      return { reason: 'connection_unread' };
    }
    if (!live) return { reason: 'connection_gone' };
    if (live.address !== via.address || placeOf(live.auth) !== placeOf(via.auth)) return { reason: 'connection_changed' };
    return live;
  }

  async function apply(input: ApplyInput, signal: AbortSignal): Promise<ApplyResult> {
    const told = (reason: string): ApplyResult => ({ result: input.mayHaveActed ? 'uncertain' : 'failed', reason });
    let request: GitRequest;
    try {
      request = readRequest(input.request);
    } catch {
      return told('unreadable_request');
    }
    const live = await liveFor(request.via);
    if ('reason' in live) return told(live.reason);
    if (request.do !== 'push') return keepHere(models(), request, input);
    try {
      return await pushOut(models(), await openRepository(live, opening, signal), request, input, live);
    } catch (error) {
      if (error instanceof Unreached) return told(error.reason);
      return { result: 'uncertain', reason: 'not_stored', repeat: 'unanswered' };
    }
  }

  /** A harmless question within the time of one. Never throws. */
  async function asking<T>(
    via: Via,
    signal: AbortSignal,
    cannot: (reason: string) => T,
    ask: (repository: Repository) => Promise<T>,
  ): Promise<T> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(INSPECTION_TIMEOUT_MS)]);
    const live = await liveFor(via);
    if ('reason' in live) return cannot(live.reason);
    try {
      return await ask(await openRepository(live, opening, within));
    } catch (error) {
      return cannot(within.aborted ? 'timeout' : error instanceof Unreached ? error.reason : 'git_failed');
    }
  }

  /** Throws Unreached. */
  async function openFor(via: Via, signal: AbortSignal): Promise<Repository> {
    const live = await liveFor(via);
    if ('reason' in live) throw new Unreached(live);
    return openRepository(live, opening, signal);
  }

  return {
    ...{ name: 'git', version: 1, since: 1, kind: 'remote', answersSince: 1, verbs: VERBS, takes: TAKES, form: gitForm },
    ...{
      check: checkAction,
      effect: requestEffect,
      wording: requestWording,
      failureWords,
      reads: requestReads,
      prepare: freezeRequest,
    },
    ...{
      describe: describeRequest,
      resourceOf: requestResource,
      retries: RETRIES,
      targetOf: requestTarget,
      targetFault,
      uncertainWords,
    },
    look: (_client, of, signal) =>
      asking<Look>(
        readRequest(of.request).via,
        signal,
        (reason) => ({ cannot: whyNot(reason) }),
        (repository) => lookAt(repository, of),
      ),
    changes: (of, signal) => changedFiles(models(), openFor, of, signal),
    async undo(_client, done) {
      const staged = await readStaged(
        models(),
        done.map(({ idempotencyKey }) => idempotencyKey),
      );
      return done.map((one) => undoOf(one, staged.get(one.idempotencyKey)));
    },
    canInspect: (request) => connectionOf(request) !== null,
    async inspect({ request: bytes, idempotencyKey: key }, signal): Promise<Inspection> {
      const request = readRequest(bytes);
      if (request.do !== 'push') {
        const about = request.do === 'withdraw' ? request.undoes : key;
        const staged = (await readStaged(models(), [about])).get(about);
        const happened = request.do === 'withdraw' ? staged?.withdrawnBy === key : staged !== undefined;
        return happened ? { finding: 'happened', target: about } : { finding: 'not_there' };
      }
      const unknown = (reason: string): Inspection => ({ finding: 'unknown', reason });
      return asking(request.via, signal, unknown, async (repository) => {
        const head = await repository.fetch(request.to);
        const there = head !== null && (await repository.isIn(request.tip, head));
        return there ? { finding: 'happened', target: request.tip } : { finding: 'not_there' };
      });
    },
    apply,
    handsIn: {
      verb: 'apply',
      told: handInPlace,
      async read(of, signal) {
        const { via } = viaOf(of.action);
        if (!via) throw new CountersignError('conflict', 'The plan names no connection to a repository.');
        try {
          return await readHandIn(await openFor(via, signal), of, signal);
        } catch (error) {
          if (!(error instanceof Unreached)) throw error;
          throw new CountersignError('unavailable', `“${via.connection}” could not be read. ${whyNot(error.reason)}`, {
            cause: error,
          });
        }
      },
    },
    delivers: {
      count: (batchId) => countStaged(models(), batchId),
      gather: (batchId, asked, signal) => gathered({ models: models(), connections, opening }, batchId, asked, signal),
    },
    connections: {
      stopsAtOnce: STOPPING,
      of: connectionOf,
      form: gitConnection,
      check: (given) => checkConnection(given, reach),
      targetOf: ({ name, address }) => targetName(address, name),
      async test(live, _asked, signal) {
        try {
          return await testedRepository(await openRepository(live, opening, signal));
        } catch (error) {
          if (!(error instanceof Unreached)) throw error;
          return { ok: false, reason: [whyNot(error.reason), error.said].filter(Boolean).join(' ') };
        }
      },
      source: (live, place, signal) => filesSource(live, place, opening, signal),
    },
  };
}
