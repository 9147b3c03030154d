import { expect, test } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { inTransaction } from './db.ts';

const { prisma, pool } = await testDatabase();

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

test('raw SQL inside a transaction of Prisma goes with it', async () => {
  await expect(
    prisma.$transaction(async (tx) => {
      await tx.$executeRaw`INSERT INTO resource_claim (connection, resource, batch_id) VALUES ('shelf', 'e', gen_random_uuid())`;
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await claims()).toEqual(['a']);
});
