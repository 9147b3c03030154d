/** Sentences for why a change or a push failed, and for why that is not known; and what of it is about the server. Codes that web requests have too are theirs. */
import { targetFault as sharedFault, UNREACHABLE, UNTIL_MENDED, whoIs } from '#lib/connectors/http/answers.ts';
import { failureWords as sharedFailures, uncertainWords as sharedWords } from '#lib/connectors/http/failures.ts';
import { CHANGED_SINCE, wordsIn } from '#lib/connectors/parameters.ts';
import type { UncertainWords } from '#lib/connectors/port.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { RetryClass } from '#lib/core/retry.ts';

const FAILURES: Readonly<Record<string, string>> = {
  branch_moved: 'Somebody pushed to the branch since. Nothing of this push went out: prepare it again.',
  push_refused: 'The server refused the push. Nothing of it went out.',
  changes_differ: 'The changes are not any more those that were approved for this push. Nothing went out: prepare it again.',
  no_branch: 'The repository has no such branch. Nothing was sent.',
  no_repository: 'The server has no such repository, or shows it to nobody who signs in so. Nothing was sent.',
  no_git: 'There is no git on the machine of this worker. Nothing was sent.',
  no_room: 'The disk has no room for a copy of the repository. Nothing was sent.',
  too_much: 'The repository is larger than what is read of one. Nothing was sent.',
  git_failed: 'Git failed. Nothing was sent.',
  git_server_error: 'The server of the repository failed. Nothing was sent.',
  is_pushed: 'A push took the change along meanwhile, or another undo took it back. It was left alone.',
  changed_since: CHANGED_SINCE,
};

/** By the reason's code; null for a code that is another kind's. */
export function failureWords(reason: string): string | null {
  return wordsIn(FAILURES, reason);
}

/** The same for a person who looks or tests, whose code it may ever be. */
export function whyNot(reason: string): string {
  return failureWords(reason) ?? sharedFailures(reason) ?? `The repository could not be asked: ${reasonWords(reason)}.`;
}

const UNCERTAIN: Readonly<Record<string, UncertainWords>> = {
  not_stored: { why: 'The database did not say whether it kept the change.', cause: 'whose answer from the database was lost' },
};

/** By the reason's code; null for a code that no push has. */
export function uncertainWords(reason: string): UncertainWords | null {
  return Object.hasOwn(UNCERTAIN, reason) ? (UNCERTAIN[reason] ?? null) : sharedWords(reason);
}

/** After these nobody sends to that repository before somebody mended it. */
export const STOPPING: readonly string[] = [...UNTIL_MENDED, 'no_repository', 'no_git', 'no_room'];

/** Failures that pass. Every one of them certainly did nothing. */
export const RETRIES: readonly RetryClass[] = [
  { name: 'busy', reasons: ['http_429', 'git_server_error'], firstMs: 1_000, maxMs: 30_000 },
  { name: 'unreachable', reasons: [...UNREACHABLE], firstMs: 500, maxMs: 10_000 },
  { name: 'credentials', reasons: ['connection_unread'], firstMs: 100, maxMs: 10_000 },
  { name: 'until mended', reasons: STOPPING, firstMs: 500, maxMs: 10_000 },
];

const FAULTS: Readonly<Record<string, string>> = {
  no_repository: 'has no such repository for us',
  no_git: 'can’t be reached: there is no git on the machine of a worker',
  no_room: 'can’t be reached: the disk of a worker is full',
  git_server_error: 'fails',
};

/** What a reason says of the server; null where it is about the one change. */
export function targetFault(target: string, reason: string): string | null {
  const own = wordsIn(FAULTS, reason);
  return own === null ? sharedFault(target, reason) : `${whoIs(target)} ${own}`;
}
