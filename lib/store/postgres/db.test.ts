import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { databaseFault, sqlStateOf } from '#lib/core/fleet/database-fault.ts';
import { testDatabase } from '#test/database.ts';
import { FULL } from '#test/size.ts';
import { inTransaction, type Tx } from './db.ts';

const { prisma, pool, ownerPool } = await testDatabase();

const row = (resource: string) => ({ connection: 'shelf', resource, batchId: randomUUID() });
const claim = (resource: string) =>
  [`INSERT INTO resource_claim (connection, resource, batch_id) VALUES ('shelf', $1, gen_random_uuid())`, [resource]] as [
    string,
    unknown[],
  ];
const claims = async () =>
  (await prisma.resourceClaim.findMany({ orderBy: { resource: 'asc' } })).map(({ resource }) => resource);

test('what was done in a transaction is there for Prisma and for SQL, or not at all', async () => {
  expect(await inTransaction(pool, async (tx) => (await tx.query(...claim('a'))).rowCount)).toBe(1);
  await expect(
    inTransaction(pool, async (tx) => {
      await tx.query(...claim('b'));
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  expect(await claims()).toEqual(['a']);
});

test('a failure that was swallowed inside is not reported as committed', async () => {
  const swallowed = inTransaction(pool, async (tx) => {
    await tx.query(...claim('c'));
    await tx.query('SELECT 1 / 0').catch(() => {});
  });
  await expect(swallowed).rejects.toThrow('was rolled back');
  expect(await claims()).toEqual(['a']);
});

test('a connection that dies while somebody has it ends no process', async () => {
  const client = await pool.connect();
  try {
    expect(() => client.emit('error', new Error('Connection terminated unexpectedly'))).not.toThrow();
  } finally {
    client.release(true);
  }
});

test('a connection that dies inside is not given to the next one', async () => {
  await expect(
    inTransaction(pool, async (tx) => {
      await tx.query(...claim('d'));
      await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
    }),
  ).rejects.toThrow();
  expect(await inTransaction(pool, async (tx) => (await tx.query('SELECT 1 AS one')).rows)).toEqual([{ one: 1 }]);
  expect(await claims()).toEqual(['a']);
});

test('Prisma and SQL share the transaction: each sees what the other did, and both go with it', async () => {
  await expect(
    inTransaction(pool, async (tx) => {
      await tx.prisma.resourceClaim.create({ data: row('e') });
      expect((await tx.query(`SELECT FROM resource_claim WHERE resource = 'e'`)).rowCount).toBe(1);
      await tx.query(...claim('f'));
      expect(await tx.prisma.resourceClaim.count({ where: { resource: { in: ['e', 'f'] } } })).toBe(2);
      // Elsewhere nothing of it is seen.
      expect(await claims()).toEqual(['a']);
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await claims()).toEqual(['a']);
});

test('a failing statement of Prisma that was caught is not committed', async () => {
  const swallowed = inTransaction(pool, async (tx) => {
    await tx.query(...claim('g'));
    await tx.prisma.resourceClaim.create({ data: row('a') }).catch(() => {});
  });
  await expect(swallowed).rejects.toThrow('was rolled back');
  expect(await claims()).toEqual(['a']);
});

test('a write of several statements that Prisma gives up is not committed, though no statement failed', async () => {
  const swallowed = inTransaction(pool, async (tx) => {
    await tx.query(...claim('h'));
    const nested = { connect: { id: randomUUID() } } as never;
    await expect(
      tx.prisma.chunk.update({ where: { id: randomUUID() }, data: { batch: nested }, include: { batch: true } }),
    ).rejects.toThrow();
  });
  await expect(swallowed).rejects.toThrow('was rolled back');
  expect(await claims()).toEqual(['a']);
});

test('what is not awaited inside, or asked afterwards, is refused and touches no other transaction', async () => {
  const kept: Tx[] = [];
  await expect(
    inTransaction(pool, async (tx) => {
      kept.push(tx);
      await tx.query(...claim('i'));
      tx.prisma.$queryRaw`SELECT pg_sleep(0.2)::text`.catch(() => {});
    }),
  ).rejects.toThrow('not awaited');
  await inTransaction(pool, async (tx) => {
    await tx.prisma.resourceClaim.count();
    kept.push(tx);
  });
  await inTransaction(pool, async (tx) => {
    await tx.prisma.resourceClaim.count();
    for (const over of kept) {
      await expect(over.prisma.resourceClaim.create({ data: row('j') })).rejects.toThrow('is over');
      await expect(async () => over.query(...claim('j'))).rejects.toThrow('is over');
    }
  });
  expect(await claims()).toEqual(['a']);
});

test('many transactions at once each have their own', async () => {
  const names = Array.from({ length: 24 }, (_, at) => `many-${at}`);
  await Promise.allSettled(
    names.map((name, at) =>
      inTransaction(pool, async (tx) => {
        await tx.prisma.resourceClaim.create({ data: row(name) });
        await tx.prisma.$queryRaw`SELECT pg_sleep(0.01)::text`;
        expect(
          await tx.prisma.resourceClaim.findMany({ where: { resource: { startsWith: 'many-' }, connection: name } }),
        ).toEqual([]);
        if (at % 2) throw new Error('no');
      }),
    ),
  );
  expect((await claims()).filter((name) => name.startsWith('many-'))).toEqual(names.filter((_, at) => at % 2 === 0).sort());
  await ownerPool.query(`DELETE FROM resource_claim WHERE resource LIKE 'many-%'`);
});

test('an error reaches whoever judges it with its SQLSTATE, by Prisma as by pg', async () => {
  const failed = await inTransaction(pool, (tx) => tx.prisma.resourceClaim.create({ data: row('a') })).catch((error) => error);
  expect(sqlStateOf(failed)).toBe('23505');
  const raised = (code: string) =>
    inTransaction(pool, (tx) => tx.prisma.$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '${code}'; END $$`));
  for (const code of ['53100', '53200', '25006'])
    expect(databaseFault(await raised(code).catch((error) => error)), code).toMatchObject({ certain: true });
  const cut = await inTransaction(pool, (tx) => tx.prisma.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())::text`).catch(
    (error) => error,
  );
  expect(databaseFault(cut)).toEqual({ kind: 'away', certain: false });
  const afterwards = await inTransaction(pool, async (tx) => {
    await tx.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => {});
    return tx.prisma.resourceClaim.count();
  }).catch((error) => error);
  expect(databaseFault(afterwards)).toEqual({ kind: 'away', certain: false });
});

test('a COMMIT whose answer is lost is told, though Prisma had been answered', async () => {
  await ownerPool.query(`
    CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON resource_claim DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.resource = 'cut') EXECUTE FUNCTION cut()`);
  const lost = await inTransaction(pool, (tx) => tx.prisma.resourceClaim.create({ data: row('cut') })).catch((error) => error);
  expect(databaseFault(lost)).toEqual({ kind: 'away', certain: false });
  expect(await inTransaction(pool, (tx) => tx.prisma.resourceClaim.count())).toBe(1);
});

/** Longer than the 5 s after which Prisma ends a transaction of its own. */
const LONG_S = Number(process.env.TRANSACTION_SECONDS ?? 6);

test('a transaction lives for as long as it takes, by every clock of this process', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  try {
    await inTransaction(pool, async (tx) => {
      await tx.prisma.resourceClaim.create({ data: row('long') });
      await vi.advanceTimersByTimeAsync(60 * 60_000);
      await tx.prisma.resourceClaim.create({ data: row('longer') });
    });
  } finally {
    vi.useRealTimers();
  }
  expect(await claims()).toEqual(['a', 'long', 'longer']);
  await ownerPool.query(`DELETE FROM resource_claim WHERE resource LIKE 'long%'`);
});

if (FULL)
  test('a transaction lives as long as its statements take', { timeout: LONG_S * 1_000 + 20_000 }, async () => {
    await inTransaction(pool, async (tx) => {
      await tx.prisma.resourceClaim.create({ data: row('long') });
      await tx.prisma.$queryRaw`SELECT pg_sleep(${LONG_S})::text`;
      await tx.prisma.resourceClaim.create({ data: row('longer') });
    });
    expect(await claims()).toEqual(['a', 'long', 'longer']);
  });
