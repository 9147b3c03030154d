/**
 * One command on one mail in somebody's mailbox (docs/imap.md). Its files: `request.ts` says what is wrong with a plan's action and builds what is frozen, `find.ts` finds the
 * mail again, `send.ts` sends the one command, `inspect.ts` asks what became of it, `undo.ts` takes it back, `session.ts` is the line to the server.
 */
import type { Reach, Resolve } from '#lib/connectors/http/addresses.ts';
import { redactor } from '#lib/connectors/http/redact.ts';
import { guardedAgent } from '#lib/connectors/http/send.ts';
import { tokensOver } from '#lib/connectors/http/tokens.ts';
import { secretWords, type Via } from '#lib/connectors/http/via.ts';
import type { ApplyInput, ApplyResult, RemoteConnector } from '#lib/connectors/port.ts';
import { targetName } from '#lib/core/connections/target.ts';
import { INSPECTION_TIMEOUT_MS } from '#lib/core/limits.ts';
import { HeldOff } from '#lib/core/receipts/answer.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { turns } from '#lib/turns.ts';
import { checkConnection, NEEDED, testedSession } from './connection.ts';
import { describeRequest } from './describe.ts';
import { failureWords, RETRIES, STOPPING, targetFault, uncertainWords, whyNot } from './failures.ts';
import { folderSource } from './folder.ts';
import { imapConnection, imapForm } from './form.ts';
import { connectionOf, type MailRequest, readRequest, requestTarget, VERBS } from './frozen.ts';
import { inspected, looked } from './inspect.ts';
import { checkAction, freezeRequest, requestEffect, requestReads, requestResource, requestWording } from './request.ts';
import { carriedOut, prepared } from './send.ts';
import { openSession, type Unsent } from './session.ts';
import { type Held, sessionsOver } from './sessions.ts';
import { undoOf } from './undo.ts';

const TAKES =
  '`to`, the folder of a “move”; `folder`, `uid`, `uidValidity` and `messageId`, with fields in double braces, say which mail is meant: left out, they are the fields of these names. ' +
  '“archive” goes to the folder that the server calls \\Archive (at Gmail the label of the inbox is taken off), “delete” to the one that it calls \\Trash.';

export type ImapOptions = {
  allowPrivateTargets: () => boolean;
  targetsAllowed: () => readonly string[];
  /** A connection as it is now, with what is secret of it. */
  connections: (id: string) => Promise<LiveConnection | null>;
  resolve?: Resolve;
  /** a further authority that certificates may be of, as PEM */
  ca?: string;
};

/** The imap connector. Its lines hold no process alive. */
export function makeImap({ allowPrivateTargets, targetsAllowed, connections, resolve, ca }: ImapOptions): RemoteConnector {
  const reach: Reach = { allowPrivate: allowPrivateTargets, allowed: targetsAllowed };
  // Whoever gives access tokens is asked as a web service is.
  const opening = { reach, resolve, ca, tokens: tokensOver(guardedAgent(reach, resolve)) };
  const sessions = sessionsOver(opening);
  return {
    name: 'imap',
    version: 1,
    since: 1,
    kind: 'remote',
    answersSince: 1,
    verbs: VERBS,
    takes: TAKES,
    form: imapForm,
    check: (action, fields = null) => checkAction(action, fields),
    effect: requestEffect,
    wording: requestWording,
    failureWords,
    reads: requestReads,
    prepare: freezeRequest,
    describe: describeRequest,
    async look(_client, { request: bytes }, signal) {
      const request = readRequest(bytes);
      const cannot = (reason: string) => ({ cannot: whyNot(reason) });
      return asking(request.via, signal, cannot, (held) => looked(held.session, request));
    },
    resourceOf: requestResource,
    retries: RETRIES,
    targetOf: requestTarget,
    targetFault,
    uncertainWords,
    async undo(_client, done) {
      const takeTurn = turns();
      const undos = [];
      for (const one of done) {
        undos.push(undoOf(one));
        await takeTurn();
      }
      return undos;
    },
    canInspect: (request) => connectionOf(request) !== null,
    async inspect({ request: bytes }, signal) {
      const request = readRequest(bytes);
      const unknown = (reason: string) => ({ finding: 'unknown' as const, reason });
      return asking(request.via, signal, unknown, (held) => inspected(held.session, request));
    },
    apply: async (input, signal) => (await begin(input, signal))(),
    begin,
    connections: {
      stopsAtOnce: STOPPING,
      of: connectionOf,
      form: imapConnection,
      check: (given) => checkConnection(given, reach),
      targetOf: ({ name, address }) => targetName(address, name),
      async test(live, _asked, signal) {
        const session = await openSession(live, opening, signal);
        if ('reason' in session) return { ok: false, reason: whyNot(session.reason) };
        return testedSession(session)
          .catch(() => ({ ok: false, reason: 'The connection broke while its folders were listed.' }))
          .finally(() => session.end());
      },
      source: (live, folder, signal) => folderSource(live, folder, opening, signal),
    },
  };

  /** A line over the connection as it is now, if it still leads where it was approved. */
  async function lineFor(via: Via, signal: AbortSignal): Promise<(Held & { live: LiveConnection }) | Unsent> {
    let live: LiveConnection | null;
    try {
      live = await connections(via.id);
    } catch {
      return { reason: 'connection_unread' };
    }
    if (!live) return { reason: 'connection_gone' };
    // Whose mailbox it is is part of what was approved.
    if (live.address !== via.address || mailboxOf(live) !== mailboxOf(via)) return { reason: 'connection_changed' };
    const held = await sessions.take(live, signal);
    if ('reason' in held) return held;
    if (NEEDED.every((one) => held.session.has(one))) return { ...held, live };
    held.giveBack();
    return { reason: 'no_move' };
  }

  /** A harmless question within the time of one. Never throws. */
  async function asking<T>(
    via: Via,
    signal: AbortSignal,
    cannot: (reason: string) => T,
    ask: (held: Held) => Promise<T>,
  ): Promise<T> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(INSPECTION_TIMEOUT_MS)]);
    const held = await lineFor(via, within);
    if ('reason' in held) return cannot(held.reason);
    const end = (): void => held.session.end();
    within.addEventListener('abort', end, { once: true });
    try {
      return await ask(held);
    } catch {
      held.session.end();
      return cannot(within.aborted ? 'timeout' : 'reset');
    } finally {
      within.removeEventListener('abort', end);
      held.giveBack();
    }
  }

  /** Finds the mail; what is given sends the one command. A line that nobody sends on after all is given back when the lease is lost, or late. */
  async function begin(
    { request: bytes, mayHaveActed = false, holdOff }: ApplyInput,
    signal: AbortSignal,
  ): Promise<() => Promise<ApplyResult>> {
    // What may have acted is not ended by a refusal of its repeat.
    const told = (result: ApplyResult): ApplyResult =>
      mayHaveActed && result.result === 'failed' ? { ...result, result: 'uncertain' } : result;
    const failed = (reason: string) => async () => told({ result: 'failed', reason });
    let request: MailRequest;
    try {
      request = readRequest(bytes);
    } catch {
      return failed('unreadable_request');
    }
    const held = await lineFor(request.via, holdOff ? AbortSignal.any([signal, holdOff]) : signal);
    if ('reason' in held) {
      if (holdOff?.aborted) throw new HeldOff();
      return failed(held.reason);
    }
    const { session, live, giveBack } = held;
    const late = AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs)]);
    const end = (): void => session.end();
    late.addEventListener('abort', end, { once: true });
    const quiet = (): void => late.removeEventListener('abort', end);
    try {
      const command = await prepared(session, request);
      quiet();
      if ('result' in command) {
        giveBack();
        return async () => told(command);
      }
      let gone = false;
      const giveUp = (): void => {
        gone = true;
        giveBack();
      };
      const unused = setTimeout(giveUp, 2 * request.timeoutMs).unref();
      signal.addEventListener('abort', giveUp, { once: true });
      const own = live.secret === null || live.secret === 'unreadable' ? [] : Object.values(live.secret);
      const secrets = session.token === null ? own : [session.token, ...own];
      return async () => {
        clearTimeout(unused);
        signal.removeEventListener('abort', giveUp);
        if (gone) return told({ result: 'failed', reason: 'not_sent' });
        try {
          return told(await carriedOut(session, command, request, redactor(secrets, secretWords(request.via)), signal));
        } finally {
          giveBack();
        }
      };
    } catch {
      quiet();
      session.end();
      giveBack();
      return failed('not_sent');
    }
  }
}

const mailboxOf = ({ auth }: Pick<Via, 'auth'>): string =>
  auth.kind === 'basic' || auth.kind === 'oauth2' ? `${auth.kind} ${auth.username}` : auth.kind;
