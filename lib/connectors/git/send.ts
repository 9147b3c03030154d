/** Carrying out: a change is kept here, under its key; a push makes the commits anew, and sends them if they are the approved ones. */
import { redactor, redactText } from '#lib/connectors/http/redact.ts';
import { secretWords } from '#lib/connectors/http/via.ts';
import type { ApplyInput, ApplyResult } from '#lib/connectors/port.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { beginPush, endPush, keepPushed, readChanges, stage, withdraw } from '#lib/store/repositories/staged.ts';
import { buildCommits } from './commits.ts';
import type { GitChange, GitPush, GitWithdrawal } from './frozen.ts';
import { rangesOf } from './ranges.ts';
import { type Repository, Unreached } from './repository.ts';

/** Keeps the change, or takes one back. What the database does not answer is repeated under the same key. */
export async function keepHere(models: WithModels, request: GitChange | GitWithdrawal, input: ApplyInput): Promise<ApplyResult> {
  const { idempotencyKey: key, batchId, ordinal, request: bytes } = input;
  try {
    if (request.do === 'withdraw')
      return (await withdraw(models, request.undoes, key))
        ? { result: 'succeeded', target: request.undoes }
        : { result: 'failed', reason: 'is_pushed' };
    const place = { batchId, connectionId: request.via.id, branch: request.branch };
    await stage(models, { ...place, key, ordinal, requestDigest: new Uint8Array(sha256(Buffer.from(bytes))) });
    return { result: 'succeeded', target: key };
  } catch {
    return { result: 'uncertain', reason: 'not_stored', repeat: 'unanswered' };
  }
}

export async function pushOut(
  models: WithModels,
  repository: Repository,
  request: GitPush,
  { mayHaveActed = false }: ApplyInput,
  live: LiveConnection,
): Promise<ApplyResult> {
  const { tip, to, was, base, branch, batch } = request;
  const secrets = live.secret === null || live.secret === 'unreadable' ? [] : Object.values(live.secret);
  const heard = (status: string, text: string) => ({
    heard: redactText(redactor(secrets, secretWords(request.via)), `${status}\n\n${text}`),
  });
  /** Nothing of this push went out; of an earlier one of it, nobody knows. */
  const failed = async (reason: string, said = ''): Promise<ApplyResult> => {
    if (mayHaveActed) return { result: 'uncertain', reason, ...heard(reason, said), repeat: 'unanswered' };
    await endPush(models, batch, tip);
    return { result: 'failed', reason, ...heard(reason, said) };
  };
  try {
    const head = await repository.fetch(to);
    const place = { batchId: batch, connectionId: request.via.id, branch };
    const items = rangesOf(request.items);
    if ((await repository.fetch(branch)) === null) return await failed('no_branch');
    const built = await buildCommits(repository, base, readChanges(models, place, { items, tip }));
    const done = async (said: string): Promise<ApplyResult> => {
      await keepPushed(models, built.commits, tip);
      return { result: 'succeeded', target: tip, ...heard(`${to} has ${tip}`, said) };
    };
    if (built.tip === tip && head !== null && (await repository.isIn(tip, head))) return await done('It had it already.');
    if (built.tip !== tip || built.left.length > 0) return await failed('changes_differ');
    if (head !== was) return await failed('branch_moved', `${to} stands at ${head ?? 'nothing'}.`);
    const keys = built.commits.map(({ key }) => key);
    if (!(await beginPush(models, keys, tip))) return await failed('changes_differ');
    const { acted, reason, said } = await repository.push({ tip, to, was });
    if (acted) return await done(said);
    if (acted === false) {
      // A server tells in words of its own that somebody else pushed in the same moment.
      const moved = reason === 'push_refused' && (await repository.head(to)) !== was;
      return await failed(moved ? 'branch_moved' : (reason ?? 'git_failed'), said);
    }
    return { result: 'uncertain', reason: reason ?? 'reset', ...heard(reason ?? 'reset', said), repeat: 'unanswered' };
  } catch (error) {
    if (error instanceof Unreached) return failed(error.reason, error.said);
    throw error;
  }
}
