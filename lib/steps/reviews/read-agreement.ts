/** Whether whoever classified and the people who looked agree, chunk by chunk. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { Agreement } from '#lib/shapes/evidence.ts';
import { isId } from '#lib/steps/ids.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readAgreements } from '#lib/store/reviews/agreement.sql.ts';

/** Null when there is no such batch. */
export async function readAgreement(actor: Actor, { batchId }: { batchId: string }): Promise<Agreement | null> {
  authorise(actor, 'see');
  if (!isId(batchId) || !(await readBatchRow(db(), batchId))) return null;
  const chunks = await readAgreements(db().pool, batchId);
  return { right: sumOf(chunks, 'right'), wrong: sumOf(chunks, 'wrong'), filed: sumOf(chunks, 'filed'), chunks };
}

function sumOf(chunks: Agreement['chunks'], of: 'right' | 'wrong' | 'filed'): number {
  return chunks.reduce((sum, chunk) => sum + chunk[of], 0);
}
