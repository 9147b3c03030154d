/**
 * Which files datasets were read from. A file is there before the row that says so is committed, and goes with the last dataset that has it: both under a lock of
 * its digest, which Prisma does not have.
 */
import type pg from 'pg';
import type { Originals } from '#lib/store/originals/port.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import { type Db, inTransaction, type Querying, type Tx } from '#lib/store/postgres/db.ts';

export type DatasetSource = { digest: Buffer; bytes: number; name: string };
/** `erasedAt`: since when its file is gone by an erasure; null where it should be there. */
export type StoredSource = DatasetSource & { erasedAt: Date | null };

/** The sources of a dataset in their order; none of one that came before they were kept. */
export async function readSources({ prisma }: Pick<Db, 'prisma'>, datasetId: string): Promise<StoredSource[]> {
  const rows = await prisma.datasetSource.findMany({
    where: { datasetId },
    orderBy: { position: 'asc' },
    select: { digest: true, name: true, source: { select: { bytes: true, erasedAt: true } } },
  });
  return rows.map(({ digest, name, source }) => ({
    digest: Buffer.from(digest),
    name,
    bytes: Number(source.bytes),
    erasedAt: source.erasedAt,
  }));
}

/** Names files before they are there, committed at once: what a crash leaves of them is found by it. */
export async function announceSources(client: Querying, sources: readonly DatasetSource[]): Promise<void> {
  await client.query(
    `INSERT INTO source (digest, bytes) SELECT * FROM unnest($1::bytea[], $2::bigint[])
     ON CONFLICT (digest) DO UPDATE SET erased_at = NULL WHERE source.erased_at IS NOT NULL`,
    [sources.map(({ digest }) => digest), sources.map(({ bytes }) => bytes)],
  );
}

/** Says that a dataset is read from these, which `keep` puts there: until the transaction ends nobody takes them away. */
export async function insertSources(
  tx: Tx,
  datasetId: string,
  sources: readonly DatasetSource[],
  keep: () => Promise<void> = async () => {},
): Promise<void> {
  await lockDigests(
    tx,
    sources.map(({ digest }) => digest),
  );
  await announceSources(tx, sources);
  await keep();
  await tx.prisma.datasetSource.createMany({
    data: sources.map(({ digest, name }, position) => ({ datasetId, position, digest: bytesOf(digest), name })),
    skipDuplicates: true,
  });
}

/** Takes away the files that no dataset has any more, and those that were erased, as far as they are in this store. Gives how many. */
export async function removeUnusedSources(pool: pg.Pool, originals: Originals): Promise<number> {
  const { rows } = await pool.query<{ digest: Buffer }>(
    'SELECT digest FROM source s WHERE NOT EXISTS (SELECT FROM dataset_source d WHERE d.digest = s.digest)',
  );
  const erased = await pool.query<{ digest: Buffer }>(
    'SELECT digest FROM source WHERE erased_at > clock_timestamp() - make_interval(days => $1) ORDER BY erased_at DESC LIMIT $2',
    [ERASED_SWEPT_DAYS, ERASED_SWEPT],
  );
  for (const { digest } of erased.rows) if (await originals.open(digest)) await removeErased(pool, originals, digest);
  let removed = 0;
  // What is not here may be on another machine, whose sweep finds it.
  for (const { digest } of rows) if ((await originals.open(digest)) && (await removeUnused(pool, originals, digest))) removed++;
  return removed;
}

function removeUnused(pool: pg.Pool, originals: Originals, digest: Buffer): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    await lockDigests(tx, [digest]);
    const { rowCount } = await tx.query(
      'DELETE FROM source s WHERE digest = $1 AND NOT EXISTS (SELECT FROM dataset_source d WHERE d.digest = s.digest)',
      [digest],
    );
    // Before the commit, under the lock: afterwards an upload of the same bytes may have put it there anew.
    if (rowCount === 1) await originals.delete(digest);
    return rowCount === 1;
  });
}

/** An erasure was carried out by a worker that does not have this folder: the file goes with the sweep of one that does. */
const ERASED_SWEPT_DAYS = 90;
const ERASED_SWEPT = 1_000;

function removeErased(pool: pg.Pool, originals: Originals, digest: Buffer): Promise<void> {
  return inTransaction(pool, async (tx) => {
    await lockDigests(tx, [digest]);
    const { rowCount } = await tx.query('SELECT FROM source WHERE digest = $1 AND erased_at IS NOT NULL', [digest]);
    if (rowCount === 1) await originals.delete(digest);
  });
}

/** First of the two keys of the lock; the second is of the digest. */
const SOURCE_LOCK = 0x736f7572;

/** In one order for all, until the transaction ends. */
export async function lockDigests(tx: Querying, digests: readonly Buffer[]): Promise<void> {
  await tx.query(
    `SELECT pg_advisory_xact_lock($1, key) FROM (SELECT DISTINCT hashtext(encode(d, 'hex')) AS key FROM unnest($2::bytea[]) d ORDER BY 1) keys`,
    [SOURCE_LOCK, digests],
  );
}
