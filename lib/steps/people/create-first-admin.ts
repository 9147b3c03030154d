import { randomUUID } from 'node:crypto';
import { hashPassword } from 'better-auth/crypto';
import { z } from 'zod';
import { inHashingTurn } from '#lib/auth/hashing.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { lockPeople } from '#lib/store/people/people.sql.ts';
import { anyPerson, insertPerson } from '#lib/store/people/people.ts';
import { type Db, db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

// Whoever sets the environment runs the server; lib/env.ts says how short the password may be.
const input = z.strictObject({ email: z.string().trim().toLowerCase().pipe(z.email()), password: z.string().min(1) });

/**
 * Makes the first admin from ADMIN_EMAIL and ADMIN_PASSWORD when there is nobody yet, and does nothing otherwise: a later start with another
 * password changes nobody's. Two starts at once make one. There is no actor, for nobody could be one.
 */
export async function createFirstAdmin(raw: z.input<typeof input>, { pool, prisma }: Db = db()): Promise<{ created: boolean }> {
  const { email, password } = parse(raw);
  if (await anyPerson({ prisma })) return { created: false };
  const passwordHash = await inHashingTurn(() => hashPassword(password));
  return inTransaction(pool, async (tx) => {
    await lockPeople(tx);
    if (await anyPerson(tx)) return { created: false };
    const id = randomUUID();
    await insertPerson(tx, { id, name: email.split('@')[0] as string, email, role: 'admin', passwordHash });
    await recordSecurity(tx, { kind: 'first_admin_made', by: `user:${id}`, facts: { email, from: 'ADMIN_EMAIL' } });
    return { created: true };
  });
}

function parse(raw: unknown): z.output<typeof input> {
  const parsed = input.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new CountersignError(
    'invalid',
    'ADMIN_EMAIL and ADMIN_PASSWORD do not make an account: give a mail address and a password.',
  );
}
