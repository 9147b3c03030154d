/**
 * What an error of a PostgreSQL says of the effect. Until COMMIT is sent nothing has happened, whatever breaks; what the server refuses it has rolled back. Only
 * a COMMIT without an answer leaves anything open, and then the key is asked for.
 */
import { errorCode, targetFault as faultOverNetwork, UNTIL_MENDED, unsentReason } from '#lib/connectors/http/answers.ts';
import { CHANGED_SINCE, wordsIn } from '#lib/connectors/parameters.ts';
import type { UncertainWords } from '#lib/connectors/port.ts';
import { connectionName, targetHost } from '#lib/core/connections/target.ts';
import type { RetryClass } from '#lib/core/retry.ts';
import { RolledBack } from '#lib/store/targets/effects.sql.ts';

/**
 * By SQLSTATE (PostgreSQL's documentation, appendix A); the first row counts. `about`: the item alone, the target for all who ask it, or a moment that passes.
 */
const STATES: readonly { state: RegExp; reason: string; about: 'item' | 'target' | 'moment' }[] = [
  { state: /^40001$/, reason: 'serialization', about: 'moment' },
  { state: /^40P01$/, reason: 'deadlock', about: 'moment' },
  { state: /^40/, reason: 'rolled_back', about: 'moment' },
  { state: /^55P03$/, reason: 'locked', about: 'moment' },
  { state: /^57014$/, reason: 'too_slow', about: 'moment' },
  { state: /^25P0[34]$/, reason: 'reset', about: 'moment' },
  { state: /^(53|57P0[1-5]$|58|08|XX)/, reason: 'server_trouble', about: 'moment' },
  { state: /^28/, reason: 'credentials_refused', about: 'target' },
  { state: /^3D000$/, reason: 'no_database', about: 'target' },
  { state: /^25006$/, reason: 'read_only', about: 'target' },
  { state: /^42501$/, reason: 'not_permitted', about: 'target' },
  { state: /^(42P01|3F000)$/, reason: 'no_table', about: 'target' },
  { state: /^42703$/, reason: 'no_column', about: 'target' },
  { state: /^23502$/, reason: 'null_refused', about: 'item' },
  { state: /^23503$/, reason: 'reference_refused', about: 'item' },
  { state: /^23505$/, reason: 'duplicate', about: 'item' },
  { state: /^23/, reason: 'check_refused', about: 'item' },
  { state: /^22/, reason: 'value_refused', about: 'item' },
];

type SqlError = { state: string; message: string; detail: string | null };

/** The error of a server that answered; null for a broken line and for everything else. */
function sqlError(error: unknown): SqlError | null {
  if (typeof error !== 'object' || error === null) return null;
  const { code, severity, message, detail } = error as {
    code?: unknown;
    severity?: unknown;
    message?: unknown;
    detail?: unknown;
  };
  if (typeof code !== 'string' || typeof severity !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return null;
  return { state: code, message: String(message ?? ''), detail: typeof detail === 'string' ? detail : null };
}

/** The refusal of a statement that is to be this item's last word; null for what passes and for what is about the target. */
export function refusalOf(error: unknown): { reason: string; detail: string | null } | null {
  const sql = sqlError(error);
  if (!sql) return null;
  const row = STATES.find(({ state }) => state.test(sql.state));
  if (row && row.about !== 'item') return null;
  return { reason: row?.reason ?? `sql_${sql.state.toLowerCase()}`, detail: said(sql) };
}

/** What the server said, for the receipt. It may repeat values of the row. */
function said({ state, message, detail }: SqlError): string {
  return `ERROR ${state}\n\n${message}${detail === null ? '' : `\n${detail}`}`;
}

/** These end the session, or the server, with whatever it was at: the answer to a COMMIT was on its way perhaps. */
const ENDS_SESSION = /^(57P|08|25P0|58|XX)/;

/** Whether this is the server's answer to a COMMIT, and so says that it rolled back. */
export function isRollback(error: unknown): boolean {
  const sql = sqlError(error);
  return error instanceof RolledBack || (sql !== null && !ENDS_SESSION.test(sql.state));
}

/** Why a transaction did not come to its end, and what the server said. */
export function faultOf(error: unknown): { reason: string; heard: string | null } {
  const sql = sqlError(error);
  if (sql) {
    const row = STATES.find(({ state }) => state.test(sql.state));
    return { reason: row?.reason ?? `sql_${sql.state.toLowerCase()}`, heard: said(sql) };
  }
  if (error instanceof RolledBack) return { reason: 'rolled_back', heard: null };
  const message = error instanceof Error ? error.message : '';
  if (/SSL|TLS/.test(message) && errorCode(error) === '') return { reason: 'tls', heard: null };
  if (/timeout exceeded when trying to connect|timeout expired/.test(message)) return { reason: 'connect_timeout', heard: null };
  if (/read timeout/i.test(message)) return { reason: 'timeout', heard: null };
  if (/terminated|ended|not queryable|EPIPE|ECONNRESET/.test(`${message} ${errorCode(error)}`))
    return { reason: 'reset', heard: null };
  const reason = unsentReason(error);
  return { reason: reason === 'not_connected' ? 'reset' : reason, heard: null };
}

const PASSING = ['serialization', 'deadlock', 'rolled_back', 'locked'];
const TROUBLE = ['too_slow', 'server_trouble', 'reset', 'timeout', 'called_off'];
const UNREACHABLE = ['dns', 'refused', 'connect_timeout', 'unreachable'];

/** Failures that passed without an effect. */
export const RETRIES: readonly RetryClass[] = [
  { name: 'row in use', reasons: PASSING, firstMs: 100, maxMs: 5_000 },
  { name: 'trouble', reasons: TROUBLE, firstMs: 500, maxMs: 10_000 },
  { name: 'unreachable', reasons: UNREACHABLE, firstMs: 500, maxMs: 10_000 },
  { name: 'credentials', reasons: ['connection_unread'], firstMs: 100, maxMs: 10_000 },
  { name: 'until mended', reasons: UNTIL_MENDED, firstMs: 500, maxMs: 10_000 },
];

/** Reasons that are about the database, and what they say of it. */
const FAULTS: Readonly<Record<string, string>> = {
  no_database: 'has no such database',
  no_table: 'lacks the table, or countersign_effects',
  no_column: 'lacks a column that the action names',
  not_permitted: 'does not let our role do that',
  read_only: 'takes no writes',
  too_slow: 'takes too long',
  server_trouble: 'has trouble of its own',
};

/** What a reason says of the database: "crm-db (db.example:5432) takes no writes". Null where it is about the one row. */
export function targetFault(target: string, reason: string): string | null {
  const says = wordsIn(FAULTS, reason);
  return says === null
    ? faultOverNetwork(target, reason)
    : `${connectionName(target) ?? 'The database'} (${targetHost(target)}) ${says}`;
}

const FAILURES: Readonly<Record<string, string>> = {
  changed_since: CHANGED_SINCE,
  no_row: 'No row has this key. Nothing was changed.',
  several_rows: 'Several rows have this key. Nothing was changed.',
  not_as_read: 'The row is not any more as it was read. Nothing was changed.',
  row_not_made: 'The database made no row: a rule or a trigger of its own kept it from that.',
  would_cascade:
    'Other tables’ rows would be deleted or changed with this one. Nothing was deleted: the action has to say that they may be.',
  key_of_another: 'The database knows this action’s key for another request. Nothing was changed.',
  asked_first: 'It was not done when somebody asked what became of it, and never will be under that key.',
  nothing_kept: 'What was there before is not kept in countersign_effects any more.',
  kept_otherwise: 'What countersign_effects keeps of the row is not what the receipt says.',
  undone_already: 'It was put back already.',
  no_primary_key: 'The table has no primary key, so the row that was made can’t be told from others.',
  not_restored: 'The row could not be made what it was: a trigger or a computed column makes it otherwise. Nothing was changed.',
  serialization: 'Others changed the same rows at the same time, at every attempt.',
  deadlock: 'Others waited for our row and we for theirs, at every attempt.',
  rolled_back: 'The database rolled the change back.',
  called_off: 'The worker lost the chunk before the COMMIT. Nothing was changed.',
  locked: 'Somebody else held the row for too long, at every attempt.',
  too_slow: 'The statement took too long, and was ended.',
  server_trouble: 'The database had trouble of its own.',
  no_database: 'The server has no database of this name.',
  read_only: 'The database takes no writes: it may be a standby.',
  not_permitted: 'The role of the connection may not do this.',
  no_table: 'The table is not there, or countersign_effects is not.',
  no_column: 'The table has no such column.',
  null_refused: 'A column that may not be empty would be NULL.',
  reference_refused: 'Another table’s row is missing, or still refers to this one.',
  duplicate: 'Another row has these values, which must be unique.',
  check_refused: 'A check of the table refuses the values.',
  value_refused: 'A value does not fit its column.',
};

/** By the reason's code; null for a code of others. */
export function failureWords(reason: string): string | null {
  const words = wordsIn(FAILURES, reason);
  if (words !== null) return words;
  const state = /^sql_([0-9a-z]{5})$/.exec(reason)?.[1];
  return state === undefined ? null : `The database refused the statement (SQLSTATE ${state.toUpperCase()}).`;
}

const UNCERTAIN: Readonly<Record<string, UncertainWords>> = {
  timeout: { why: 'The database did not answer in time.', cause: 'not answered in time' },
  reset: { why: 'The line broke before the COMMIT was answered.', cause: 'whose COMMIT was not answered' },
  aborted: { why: 'The worker lost the chunk while the COMMIT was out.', cause: 'called off because a worker lost its chunk' },
};

/** By the reason's code; null for a code of others. */
export function uncertainWords(reason: string): UncertainWords | null {
  return Object.hasOwn(UNCERTAIN, reason) ? (UNCERTAIN[reason] ?? null) : null;
}
