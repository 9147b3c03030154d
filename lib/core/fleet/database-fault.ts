/**
 * What is wrong when the database does not do what it is asked, in a few kinds: each has its own cure. Pure: it looks at what the driver, or Prisma
 * over it, threw. SQLSTATEs as in PostgreSQL's manual, appendix A.
 */
import { CountersignError } from '#lib/core/errors.ts';

/**
 * `full`: its disk takes nothing more, or fails. `crowded`: no connection or no memory is left. `readonly`: it takes no writes. `away`: it can't be
 * reached, or the connection broke.
 */
export const DATABASE_FAULTS = ['away', 'crowded', 'readonly', 'full'] as const;
export type DatabaseFaultKind = (typeof DATABASE_FAULTS)[number];

export type DatabaseFault = {
  kind: DatabaseFaultKind;
  /** Whether the statement certainly did nothing, for the server said so. Otherwise nobody knows, and whoever must know has to look (I1). */
  certain: boolean;
};

/** Null for every other error: a bug, a refusal, a broken constraint. Those are told as what they are. */
export function databaseFault(error: unknown): DatabaseFault | null {
  if (!(error instanceof Error) || error instanceof CountersignError) return null;
  const code = sqlStateOf(error);
  const kind = code === null ? kindOfMessage(error.message) : kindOfCode(code);
  return kind && { kind, certain: kind !== 'away' && didNothing(error, code) };
}

/**
 * An ERROR rolled back; nobody was let in, or got a connection, without one. A server that ends for it says PANIC with the same code, and the COMMIT
 * that it was at may be found done when it is up again.
 */
function didNothing(error: Error, code: string | null): boolean {
  const { severity } = causeInPrisma(error) ?? (error as { severity?: unknown });
  return code === null || code === TOO_MANY_CONNECTIONS || severity === 'ERROR';
}

const TOO_MANY_CONNECTIONS = '53300';

/** Whether the error leaves open what became of the statement. */
export function isConnectionLoss(error: unknown): boolean {
  return databaseFault(error)?.certain === false;
}

/** What a person reads: what is wrong, where, and what to do. The runbooks of docs/runbooks quote these words. */
export const DATABASE_FAULT_WORDS = {
  full: {
    what: "The database's disk is full or refuses writes.",
    todo: 'Free space on the disk that holds the database.',
  },
  crowded: {
    what: 'The database has no connection or no memory left.',
    todo: 'End programs that hold connections to it, or raise its max_connections.',
  },
  readonly: {
    what: 'The database is read-only.',
    todo: 'Point DATABASE_URL at a server that accepts writes, or end the read-only mode.',
  },
  away: {
    what: 'The database does not answer.',
    todo: 'Check that its server runs and can be reached.',
  },
} as const satisfies Record<DatabaseFaultKind, { what: string; todo: string }>;

/** As DATABASE_FAULT_WORDS, of files that are cut, gone, or hold what nobody wrote. Waiting cures none of it. */
const DAMAGE_WORDS = {
  what: "The database's files are damaged.",
  todo: 'Stop everything, keep the files as they are, and restore a backup.',
} as const;

/**
 * What a damaged file of the database is told as, and what names it; null for every other error. It is no fault that passes: whatever met it has to
 * stop. PostgreSQL names files and relations in it, and nothing of what is in them.
 */
export function damageOf(error: unknown): { file: string; message: string } | null {
  if (!(error instanceof Error) || error instanceof CountersignError) return null;
  const said = causeInPrisma(error)?.originalMessage;
  const words = typeof said === 'string' ? said : error.message;
  if (!isDamage(sqlStateOf(error), words)) return null;
  // A damaged file is told once, and not again for each of its blocks.
  const file = /"([^"]+)"/.exec(words)?.[1] ?? words;
  return { file, message: `${DAMAGE_WORDS.what} ${DAMAGE_WORDS.todo} PostgreSQL says: ${words}` };
}

/** data_corrupted, index_corrupted; undefined_file is also said of files that are none of the database's. */
function isDamage(code: string | null, message: string): boolean {
  return code === 'XX001' || code === 'XX002' || (code === '58P01' && FILE_OF_DATABASE.test(message));
}

const FILE_OF_DATABASE = /"(\.\/)?(base|global|pg_[a-z_]+)\/|status of transaction/;

/** How long a program that was refused for this should wait before it asks again. */
const RETRY_AFTER_SECONDS = 5;

/** The refusal that a database fault, or damage, is for whoever asked; null when the error is none. */
export function refusalOfFault(error: unknown): CountersignError | null {
  const damage = damageOf(error);
  if (damage) return new CountersignError('unavailable', damage.message, { facts: { fault: 'damaged' }, cause: error });
  const fault = databaseFault(error);
  if (!fault) return null;
  const { what, todo } = DATABASE_FAULT_WORDS[fault.kind];
  const done = 'What was stored before is safe. Check whether this was done before you repeat it.';
  return new CountersignError('unavailable', `${what} ${todo} ${done}`, {
    facts: { fault: fault.kind, retryAfterSeconds: RETRY_AFTER_SECONDS },
    cause: error,
  });
}

/**
 * The SQLSTATE of an error, whether pg threw it or Prisma over pg; else the system's or Prisma's code; null when it has none, or is no error.
 */
export function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code } = error as { code?: unknown };
  const original = causeInPrisma(error)?.originalCode;
  if (typeof original === 'string') return original;
  return typeof code === 'string' ? code : null;
}

type CauseInPrisma = { originalCode?: unknown; originalMessage?: unknown; severity?: unknown };

function causeInPrisma(error: Error): CauseInPrisma | undefined {
  return (error as { meta?: { driverAdapterError?: { cause?: CauseInPrisma } } }).meta?.driverAdapterError?.cause;
}

function kindOfCode(code: string): DatabaseFaultKind | null {
  if (code in KINDS) return KINDS[code] ?? null;
  if (/^(08|57P)...?$/.test(code)) return 'away';
  return /^E(CONN|PIPE|TIMEDOUT|HOST|NETUNREACH|NOTFOUND|AI_AGAIN)/.test(code) ? 'away' : null;
}

const KINDS: Record<string, DatabaseFaultKind> = {
  // disk_full, io_error
  53100: 'full',
  58030: 'full',
  // out_of_memory, too_many_connections, configuration_limit_exceeded
  53200: 'crowded',
  53300: 'crowded',
  53400: 'crowded',
  // read_only_sql_transaction
  25006: 'readonly',
  // idle_in_transaction_session_timeout: the server ended the connection
  '25P03': 'away',
  // Prisma: can't reach the server, timed out, the server closed the connection; no connection left, at the server or in the pool
  P1001: 'away',
  P1008: 'away',
  P1017: 'away',
  P2037: 'crowded',
  P2024: 'crowded',
};

/** The driver's own errors have no code. One says that all connections of this process's pool are in use; after the others the connection is gone. */
function kindOfMessage(message: string): DatabaseFaultKind | null {
  if (message === 'timeout exceeded when trying to connect') return 'crowded';
  return LOST.test(message) ? 'away' : null;
}

const LOST =
  /^(Connection terminated|Query read timeout|timeout expired|Client (has encountered a connection error|was closed)|The connection was lost)/;
