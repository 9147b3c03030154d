/**
 * What targets said about uncertain actions when they were asked: the last word on each, beside the receipts, which say only what settled an action. Statements of
 * our own: workers ask them of the connection that holds the fence, and the last word has its time by the database's clock, also where it is the second.
 */
import type { Querying } from '#lib/store/postgres/db.ts';

export type InspectedAction = {
  ordinal: number;
  /** of the receipt that says uncertain */
  step: number;
  /** who asked, as receipts name them */
  by: string;
  said: { finding: 'happened'; target: string | null } | { finding: 'not_there' } | { finding: 'unknown'; reason: string };
};

/** Whether nobody has moved this action since it became uncertain. The caller holds the chunk's row, so it stays so. */
export async function isUncertain(
  tx: Querying,
  batchId: string,
  { ordinal, step }: { ordinal: number; step: number },
): Promise<boolean> {
  const { rows } = await tx.query<{ step: number }>(
    `SELECT step FROM receipt WHERE batch_id = $1 AND ordinal = $2 AND step >= $3 AND (step > $3 OR result = 'uncertain')`,
    [batchId, ordinal, step],
  );
  return rows.length === 1 && rows[0]?.step === step;
}

/** Keeps what the target said, in place of what it said before. */
export async function saveInspection(tx: Querying, batchId: string, { ordinal, step, by, said }: InspectedAction): Promise<void> {
  await tx.query(
    `INSERT INTO inspection (batch_id, ordinal, step, finding, target, reason, "by", at) VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())
     ON CONFLICT (batch_id, ordinal, step) DO UPDATE SET finding = EXCLUDED.finding, target = EXCLUDED.target, reason = EXCLUDED.reason,
       "by" = EXCLUDED."by", at = EXCLUDED.at`,
    [
      ...[batchId, ordinal, step, said.finding, said.finding === 'happened' ? said.target : null],
      ...[said.finding === 'unknown' ? said.reason : null, by],
    ],
  );
}
