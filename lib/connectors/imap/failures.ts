/** Sentences for why a mail was not acted on, and for why that is not known; and what of it is about the server. Codes that web requests have too are theirs. */
import { targetFault as sharedFault, UNREACHABLE, UNTIL_MENDED, whoIs } from '#lib/connectors/http/answers.ts';
import { failureWords as sharedFailures, uncertainWords as sharedWords } from '#lib/connectors/http/failures.ts';
import { wordsIn } from '#lib/connectors/parameters.ts';
import type { UncertainWords } from '#lib/connectors/port.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { RetryClass } from '#lib/core/retry.ts';

const FAILURES: Readonly<Record<string, string>> = {
  mail_not_found: 'The mail was not in its folder any more, under its UID or its Message-ID. Nothing was sent.',
  mail_ambiguous: 'Several mails in the folder have this Message-ID. None of them was touched.',
  mail_differs: 'Another mail has this UID in the mailbox. It was not touched.',
  folder_gone: 'The folder that the mail was in is not there any more. Nothing was sent.',
  no_such_folder: 'The server has no such folder to move the mail to. The mail was not moved.',
  already_there: 'The mail was in this folder already. Nothing was sent.',
  search_refused: 'The server did not look for the mail’s Message-ID. Nothing was sent.',
  no_labels: 'The server has no labels to put back. Nothing was sent.',
  no_move: 'The server lacks MOVE or UIDPLUS, without which a mail can’t be moved safely. Nothing was sent.',
  imap_no_tokens: 'The server takes no access tokens (XOAUTH2 or OAUTHBEARER). Nothing was sent.',
  not_sent: 'The connection ended, or the work was called off. Nothing was sent.',
  imap_no: 'The server refused the command (NO).',
  imap_bad: 'The server did not understand the command (BAD).',
  imap_busy: 'The server was too busy, or has too many connections of this account, at every attempt.',
};

/** By the reason's code; null for a code that is another kind's. */
export function failureWords(reason: string): string | null {
  return wordsIn(FAILURES, reason);
}

/** The same for a person who looks or tests, whose code it may ever be. */
export function whyNot(reason: string): string {
  return failureWords(reason) ?? sharedFailures(reason) ?? `The mailbox could not be asked: ${reasonWords(reason)}.`;
}

const UNCERTAIN: Readonly<Record<string, UncertainWords>> = {
  no_copyuid: {
    why: 'The server said OK, and did not say that a mail was moved.',
    cause: 'answered with an OK that names no moved mail',
  },
  no_mail_named: {
    why: 'The server said OK, and did not say that a mail was changed.',
    cause: 'answered with an OK that names no mail',
  },
  imap_half: {
    why: 'The server said that it copied the mail, and then refused the command.',
    cause: 'refused after a copy was made',
  },
};

/** By the reason's code; null for a code that no command has. */
export function uncertainWords(reason: string): UncertainWords | null {
  return Object.hasOwn(UNCERTAIN, reason) ? (UNCERTAIN[reason] ?? null) : sharedWords(reason);
}

/** After these nobody sends to that server before somebody mended it. */
export const STOPPING: readonly string[] = [...UNTIL_MENDED, 'no_move', 'imap_no_tokens'];

/** Failures that pass. Every one of them certainly did nothing. */
export const RETRIES: readonly RetryClass[] = [
  { name: 'busy', reasons: ['imap_busy'], firstMs: 1_000, maxMs: 30_000 },
  { name: 'unreachable', reasons: [...UNREACHABLE, 'not_sent'], firstMs: 500, maxMs: 10_000 },
  { name: 'credentials', reasons: ['connection_unread', 'no_token', 'token_refused'], firstMs: 100, maxMs: 10_000 },
  { name: 'until mended', reasons: STOPPING, firstMs: 500, maxMs: 10_000 },
];

/** What a reason says of the server; null where it is about the one mail. */
export function targetFault(target: string, reason: string): string | null {
  if (reason === 'imap_busy') return `${whoIs(target)} is too busy, or has too many connections of this account`;
  if (reason === 'no_move') return `${whoIs(target)} lacks MOVE or UIDPLUS`;
  if (reason === 'imap_no_tokens') return `${whoIs(target)} takes no access tokens`;
  if (reason === 'not_sent') return `${whoIs(target)} ends our connections`;
  return sharedFault(target, reason);
}
