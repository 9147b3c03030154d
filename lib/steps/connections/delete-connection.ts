/** Takes a connection away, and what is secret of it. Receipts keep its name. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { deleteConnectionRow, readConnectionRow } from '#lib/store/connections/connections.ts';
import { lockConnection, readUsers } from '#lib/store/connections/usage.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

const input = z.strictObject({ id: z.uuid() });

/** Throws `not_found`, and `conflict` naming the unfinished batches that use it. */
export async function deleteConnection(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string }> {
  authorise(actor, 'connections');
  const { id } = readInput(input, raw);
  await inWrite(db().pool, 'delete_connection', async (tx) => {
    await lockConnection(tx, id);
    const row = await readConnectionRow(tx, id);
    if (!row) throw new CountersignError('not_found', 'There is no such connection: it may have been deleted already.');
    const users = await readUsers(tx, id);
    if (users.length > 0) {
      const names = users.map(({ name }) => `“${name}”`).join(', ');
      const message = `“${row.name}” is used by batches that are not finished: ${names}. Finish or cancel them first.`;
      throw new CountersignError('conflict', message, { facts: { batches: users.map(({ id: batchId }) => batchId) } });
    }
    await deleteConnectionRow(tx, row);
    const facts = { name: row.name, address: row.address };
    await recordSecurity(tx, { kind: 'connection_deleted', by: actor.id, about: `connection:${id}`, facts });
    return null;
  });
  return { id };
}
