import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { byteaArray } from './bytea-array.ts';

const { pool } = await testDatabase();

test('PostgreSQL reads the same bytes in the same order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 20 }), async (values) => {
      const { rows } = await pool.query('SELECT bytes FROM unnest($1::bytea[]) WITH ORDINALITY AS t(bytes, i) ORDER BY i', [
        byteaArray(values),
      ]);
      expect(rows.map(({ bytes }) => bytes)).toEqual(values.map((value) => Buffer.from(value)));
    }),
    { numRuns: 50 },
  );
});
