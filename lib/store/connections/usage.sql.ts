/** Who uses a connection: what an unfinished batch's plan says, which Prisma has no words for. */
import { BATCH_UNFINISHED, type BatchState } from '#lib/core/lifecycle.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** A batch that is not started yet is planned with it. */
const USING: readonly BatchState[] = ['proposed', ...BATCH_UNFINISHED];

/** Batches that are not over and whose plans go over this connection, the oldest first. */
export async function readUsers(client: Querying, connectionId: string): Promise<{ id: string; name: string }[]> {
  const { rows } = await client.query<{ id: string; name: string }>(
    `SELECT id, name FROM batch WHERE state = ANY ($1)
       AND (plan -> 'categories' @> jsonb_build_array(jsonb_build_object('action', jsonb_build_object('through', jsonb_build_object('id', $2::text))))
         OR plan -> 'classifier' ->> 'connection' = (SELECT c.name FROM connection c WHERE c.id = $2::text::uuid))
     ORDER BY created_at, id LIMIT 20`,
    [USING, connectionId],
  );
  return rows;
}

/** Keeps these connections there until the transaction's end; gives those that are. */
export async function holdConnections(client: Querying, ids: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM connection WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE', [
    ids,
  ]);
  return rows.map(({ id }) => id);
}

/** Locks a connection that is to go: whoever plans with it waits, and then finds it gone. */
export async function lockConnection(client: Querying, id: string): Promise<void> {
  await client.query('SELECT FROM connection WHERE id = $1 FOR UPDATE', [id]);
}
