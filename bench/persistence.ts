/**
 * What a statement in pg's own words buys: the same rows read and written by hand, by Prisma's raw statements and by its models, in turns, on one
 * connection each of the same server. The floor is pg. docs/persistence.md decides by these ratios what goes which way.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { byteaArray } from '#lib/store/postgres/bytea-array.ts';
import { db, inTransaction, type Tx } from '#lib/store/postgres/db.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';
import { datasetOf } from './rows.ts';

export const persistence: Bench = { of: 'rows', fullRows: 20_000, aims: {}, run };

const ROUNDS = 5;
/** As a page of work, and as a page of receipts is. */
const PAGE = 1_000;
const RECEIPTS = 50;
const BODY_BYTES = 420;
/** Each change is a round trip. */
const CHANGES_SHARE = 0.1;

/** Each does so many rows. */
type Ways = { [way in 'pg' | 'raw' | 'model']?: (tx: Tx, rows: number) => Promise<void> };
type Statement = { rows: number; ways: Ways };

async function run({ rows, say }: BenchRun): Promise<Figures> {
  const datasetId = await datasetOf(rows);
  const statements: Record<string, Statement> = {
    'a page of 1,000 items': { rows, ways: readPages(datasetId) },
    '50 receipts a statement': { rows, ways: writeReceipts() },
    'one guarded change of one row': { rows: Math.ceil(rows * CHANGES_SHARE), ways: changeRows(await oneRow()) },
    'many small rows': { rows, ways: copyRows() },
  };
  const figures: Record<string, object> = {};
  for (const [name, { rows: each, ways }] of Object.entries(statements)) {
    const seen = new Map<string, number[]>();
    for (let round = 0; round <= ROUNDS; round++)
      for (const [way, act] of Object.entries(ways)) {
        const perSecond = await inTransaction(db().pool, async (tx) => {
          const began = performance.now();
          await act(tx, each);
          return each / ((performance.now() - began) / 1_000);
        });
        // The first compiles.
        if (round > 0) seen.set(way, [...(seen.get(way) ?? []), perSecond]);
      }
    const of = (way: string): number => median(seen.get(way) ?? []);
    figures[name] = Object.fromEntries(
      [...seen.keys()].map((way) => [way, { perSecond: rounded(of(way)), ratio: rounded(of(way) / of('pg')) }]),
    );
    say(`${name}: ${JSON.stringify(figures[name])}`);
  }
  return { statements: figures, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
}

function readPages(datasetId: string): Ways {
  const text = 'SELECT ordinal, fields, raw FROM item WHERE dataset_id = $1::uuid AND ordinal > $2 ORDER BY ordinal LIMIT $3';
  const pages = async (rows: number, page: (after: number) => Promise<{ ordinal: number }[]>): Promise<void> => {
    let after = 0;
    while (after < rows) after = (await page(after)).at(-1)?.ordinal ?? Number.POSITIVE_INFINITY;
  };
  return {
    pg: (tx, rows) =>
      pages(rows, async (after) => (await tx.query({ name: 'bench-page', text, values: [datasetId, after, PAGE] })).rows),
    raw: (tx, rows) => pages(rows, (after) => tx.prisma.$queryRawUnsafe(text, datasetId, after, PAGE)),
    model: (tx, rows) =>
      pages(rows, (after) =>
        tx.prisma.item.findMany({
          where: { datasetId, ordinal: { gt: after } },
          orderBy: { ordinal: 'asc' },
          take: PAGE,
          select: { ordinal: true, fields: true, raw: true },
        }),
      ),
  };
}

function writeReceipts(): Ways {
  const text = `INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, body, leaf)
     SELECT $1::uuid, 1, r.seq, r.seq, 1, 'intent', r.body, r.leaf FROM unnest($2::int[], $3::bytea[], $4::bytea[]) AS r(seq, body, leaf)`;
  const body = randomBytes(BODY_BYTES);
  const leaf = randomBytes(32);
  const hex = (bytes: Buffer): string =>
    `{${Array(RECEIPTS)
      .fill(`"\\\\x${bytes.toString('hex')}"`)
      .join(',')}}`;
  const pages = async (rows: number, page: (seqs: number[]) => Promise<unknown>): Promise<void> => {
    for (let first = 1; first <= rows; first += RECEIPTS) await page(Array.from({ length: RECEIPTS }, (_, at) => first + at));
  };
  return {
    pg: (tx, rows) => {
      const batchId = randomUUID();
      return pages(rows, (seqs) => {
        const values = [batchId, seqs, byteaArray(Array(RECEIPTS).fill(body)), byteaArray(Array(RECEIPTS).fill(leaf))];
        return tx.query({ name: 'bench-receipts', text, values });
      });
    },
    raw: (tx, rows) => {
      const batchId = randomUUID();
      return pages(rows, (seqs) => tx.prisma.$executeRawUnsafe(text, batchId, seqs, hex(body), hex(leaf)));
    },
    model: (tx, rows) => {
      const batchId = randomUUID();
      return pages(rows, (seqs) =>
        tx.prisma.receipt.createMany({
          data: seqs.map((seq) => ({ batchId, chunk: 1, seq, ordinal: seq, step: 1, kind: 'intent', body, leaf })),
        }),
      );
    },
  };
}

async function oneRow(): Promise<string> {
  const target = `bench ${randomUUID()}`;
  await db().prisma.breaker.create({ data: { target, state: 'open', incidentId: randomUUID() } });
  return target;
}

function changeRows(target: string): Ways {
  const text = "UPDATE breaker SET paused_by = $2 WHERE target = $1 AND state = 'open' RETURNING state";
  const times = async (rows: number, change: (at: number) => Promise<unknown>): Promise<void> => {
    for (let at = 0; at < rows; at++) await change(at);
  };
  return {
    pg: (tx, rows) => times(rows, (at) => tx.query({ name: 'bench-change', text, values: [target, String(at)] })),
    raw: (tx, rows) => times(rows, (at) => tx.prisma.$queryRawUnsafe(text, target, String(at))),
    model: (tx, rows) =>
      times(rows, (at) => tx.prisma.breaker.updateMany({ where: { target, state: 'open' }, data: { pausedBy: String(at) } })),
  };
}

function copyRows(): Ways {
  const rowsOf = (count: number) => {
    const batchId = randomUUID();
    return Array.from({ length: count }, (_, at) => ({ connection: 'bench', resource: `${batchId} ${at}`, batchId }));
  };
  return {
    pg: async (tx, rows) => {
      const lines = rowsOf(rows).map(({ connection, resource, batchId }) => `${connection}\t${resource}\t${batchId}\n`);
      await pipeline(Readable.from(lines), tx.query(copyFrom('COPY resource_claim (connection, resource, batch_id) FROM STDIN')));
    },
    model: async (tx, rows) => {
      const all = rowsOf(rows);
      for (let at = 0; at < rows; at += PAGE) await tx.prisma.resourceClaim.createMany({ data: all.slice(at, at + PAGE) });
    },
  };
}
