/** What the executor must know of whom it sends to. Which connectors there are it is told by whoever starts it. */
import type { Answer, Pending, Withdrawn } from '#lib/core/receipts/answer.ts';
import type { RetryClass } from '#lib/core/retry.ts';
import type { TargetFault } from '#lib/store/actions/breakers.sql.ts';
import type { WorkRow } from '#lib/store/actions/execution.sql.ts';
import type { Bounds } from '#lib/store/connections/buckets.sql.ts';
import type { Tx } from '#lib/store/postgres/db.ts';

export type Sending = {
  row: WorkRow;
  idempotencyKey: string;
  /** an owner before this one, or this one, may have sent it: then only a success ends the uncertainty (I4) */
  mayHaveActed: boolean;
  /** Aborts when this worker is to end: what has not left for the target by then doesn't, and `HeldOff` is thrown. */
  holdOff: AbortSignal;
};

/**
 * What a look at the target says. `not_there` proves nothing while somebody may still be sending (I4); `did_not`: it is not there, and the target refuses that key
 * from now on, whoever still sends it.
 */
export type Inspection =
  | { finding: 'happened'; target: string | null }
  | { finding: 'not_there' }
  | { finding: 'did_not' }
  | { finding: 'unknown'; reason: string };

/** One kind of target, as far as the protocol must know it. */
export type Target =
  | { kind: 'transactional'; applyMany(tx: Tx, sendings: Sending[]): Promise<Answer[]> }
  | {
      kind: 'remote';
      /** whether its outcomes keep the beginning of what the target answered */
      keepsAnswers: boolean;
      retries: readonly RetryClass[];
      /** Whom it is sent to, as breakers name it; null when that can't be read. */
      targetOf(row: WorkRow): string | null;
      /** What a failure says of that target; null where it is about the one request. */
      faultOf(row: WorkRow, reason: string): TargetFault | null;
      /** whether a repeat of a request whose intent is this old counts once, for as long as the repeat takes */
      honoursKeys(row: WorkRow, ageMs: number): boolean;
      /** What the connection that it goes over bears, over all who send; null where nothing bounds it. Left out where there are no connections. */
      boundsOf?(row: WorkRow): Promise<Bounds | null>;
      /** Reasons after which nothing more is sent there before somebody mended it. Left out where there are no connections. */
      stopsAtOnce?: readonly string[];
      /** Its answers may be pending, or withdrawn: no more of them are out at once than the chunk has slots. It honours keys for ever. */
      answersLater?: boolean;
      apply(sending: Sending, signal: AbortSignal): Promise<Said>;
      /** Fetches what a send needs first, however long that takes, and gives the send itself. Left out where nothing is needed. */
      begin?(sending: Sending, signal: AbortSignal): Promise<() => Promise<Said>>;
      /** Asks whether it happened, which changes nothing; null where there is no way to ask. */
      inspect?(sending: Sending, signal: AbortSignal): Promise<Inspection | null>;
    };

/** What a remote target says of a send: an answer; or, where it answers later, that there is none yet, or that there will be none. */
export type Said = Answer | Pending | Withdrawn;

export type Remote = Extract<Target, { kind: 'remote' }>;
