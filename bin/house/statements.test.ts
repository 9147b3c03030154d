import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { askedIn } from './statements.ts';

/** Their names say so, or connections are made there. */
const mayAskByHand = (path: string): boolean => /^lib\/store\/(postgres\/|.*\.sql\.ts$)/.test(path);

const ROOT = resolve(import.meta.dirname, '../..');

test('statements in pg’s own words stand in *.sql.ts and lib/store/postgres, and nowhere else', () => {
  const files = execFileSync('git', ['ls-files', 'app', 'bin', 'components', 'lib'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !path.startsWith('bin/house/'));
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter((path) => !mayAskByHand(path) && askedIn(readFileSync(join(ROOT, path), 'utf8')).byHand > 0)).toEqual([]);
});

test('each way of asking is told from the others', () => {
  const none = { byModel: 0, raw: 0, byHand: 0 };
  expect(askedIn('await pool.query(TEXT); await tx.query<{ n: number; f(): void }>(`SELECT 1`)')).toEqual({ ...none, byHand: 2 });
  expect(askedIn('await tx.prisma.batch.findUnique({}); prisma\n  .receipt\n  .createMany(x)')).toEqual({ ...none, byModel: 2 });
  expect(askedIn('await prisma.$queryRaw<Row[]>`SELECT 1`; tx.prisma.$executeRawUnsafe(x)')).toEqual({ ...none, raw: 2 });
  expect(askedIn('const query = url.searchParams; useQuery(x); client.queryKey(y)')).toEqual(none);
});
