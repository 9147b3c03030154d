/** What workers do of erasures: they look for what is wanted, and take away what was confirmed. */

import { type Turn, turnErasure, withdrawOld } from '#lib/store/erasure/erase.sql.ts';
import { readErased } from '#lib/store/erasure/erasures.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

/** Page after page, each committed for itself, until there is nothing to do or `until` says so. */
export async function carryOnErasures(until: () => boolean = () => false): Promise<void> {
  await withdrawOld(db().pool);
  while (!until() && (await turn()) !== null);
}

function turn(): Promise<Turn | null> {
  return inTransaction(db().pool, async (tx) => {
    const took = await turnErasure(tx, originals());
    if (took?.ended === 'done') {
      const erased = await readErased(tx, [took.id]);
      await recordSecurity(tx, {
        ...{ kind: 'erasure_done', by: took.by ?? 'system' },
        facts: {
          erasure: took.id,
          rows: erased.reduce((sum, { rows }) => sum + rows, 0),
          places: erased.map(({ table, rows }) => `${table} ${rows}`),
        },
      });
    }
    return took;
  });
}
