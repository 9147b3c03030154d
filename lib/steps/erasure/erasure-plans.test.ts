/** An erasure goes page by page, and each page reads about as much as it has: also where the planner knows nothing of how large a table is. */
import { afterAll, expect, test } from 'vitest';
import { turnErasure } from '#lib/store/erasure/erase.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { inTransaction, type Tx } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { EVERY, manyRows } from '#test/fixtures/many-rows.ts';
import { ADA } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { confirmErasure } from './confirm-erasure.ts';
import { lookFor } from './look-for.ts';
import { readErasure } from './read-erasure.ts';

const { pool, superPool } = await testDatabase();
const EVE = 'eve@example.org';
const ITEMS = atSize(3 * EVERY, 12 * EVERY);
/** A page looks at 2,000 rows at most, and at a row or two of other tables for each. */
const READ_MAX = 7_000;
/** Each statement is asked for its plan at its first pages, at some in the middle, and never where it changes what it was asked for. */
const PAGES_ASKED = 3;

type Node = {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
};

/** Rows that the scans of tables took up, whether they used them or not. */
function rowsRead(plan: Node): number {
  const each = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  const own = plan['Relation Name'] === undefined ? 0 : Math.round(each * plan['Actual Loops']);
  return (plan.Plans ?? []).reduce((all, part) => all + rowsRead(part), own);
}

const asked = new Map<string, number>();
const worst = new Map<string, number>();

/** As the transaction, but that each statement is first carried out under EXPLAIN, and taken back. */
function watched(tx: Tx): Tx {
  const query = async (text: string, values?: unknown[]) => {
    const times = (asked.get(text) ?? 0) + 1;
    asked.set(text, times);
    if (/^\s*(SELECT|WITH|UPDATE|INSERT|DELETE)/.test(text) && (times <= PAGES_ASKED || times % 20 === 0)) {
      await tx.query('SAVEPOINT plan');
      const { rows } = await tx.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
      await tx.query('ROLLBACK TO SAVEPOINT plan');
      worst.set(
        text,
        Math.max(worst.get(text) ?? 0, rowsRead((rows[0] as { 'QUERY PLAN': [{ Plan: Node }] })['QUERY PLAN'][0].Plan)),
      );
    }
    return tx.query(text, values);
  };
  return new Proxy(tx, { get: (of, name) => (name === 'query' ? query : Reflect.get(of, name)) });
}

async function through(): Promise<void> {
  while ((await inTransaction(pool, (tx) => turnErasure(watched(tx), originals()))) !== null);
}

const dear = () => [...worst].filter(([, rows]) => rows > READ_MAX).map(([text, rows]) => `${rows} rows: ${text}`);

afterAll(() => console.log(`at most ${Math.max(...worst.values())} rows for a statement`));

test('looking for a value, taking it away, and taking a batch and a dataset away read a page at a time, without statistics', async () => {
  const batch = await manyRows(pool, superPool, ITEMS, EVE);
  const { id } = await lookFor(ADA, { value: EVE });
  await through();
  const found = await readErasure(ADA, { id });
  const hers = found?.places.find(({ place }) => place === 'item')?.found ?? 0;
  expect(hers).toBe(ITEMS / EVERY);
  expect(dear()).toEqual([]);
  await confirmErasure(ADA, { id, count: found?.count ?? 0, reason: 'she asked' });
  await through();
  expect(dear()).toEqual([]);
  for (const subject of [{ batch: batch.batchId }, { dataset: batch.datasetId }]) {
    const { id: whole } = await lookFor(ADA, subject);
    await confirmErasure(ADA, { id: whole, count: (await readErasure(ADA, { id: whole }))?.count ?? 0, reason: 'it is over' });
    await through();
  }
  expect(dear()).toEqual([]);
  const { rows } = await pool.query(
    `SELECT (SELECT count(*)::int FROM item WHERE erased_at IS NULL) AS items, (SELECT count(*)::int FROM receipt_value WHERE value IS NOT NULL) AS "values",
       (SELECT count(*)::int FROM frozen_request WHERE bytes IS NOT NULL) AS requests, (SELECT count(*)::int FROM classification WHERE why <> '[erased]') AS whys`,
  );
  expect(rows).toEqual([{ items: 0, values: 0, requests: 0, whys: 0 }]);
});
