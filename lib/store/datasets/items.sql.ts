/**
 * Items and unreadable rows: written by COPY in committed segments while a dataset is receiving; items read by key, as many as fit into a page of bytes. All of
 * an upload goes over one connection, whose session holds the uploader's lock and the COPY, which Prisma does not have; with a segment's rows their counts are
 * committed. Heads are Prisma's, over the same connection (datasets.ts).
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { CountersignError } from '#lib/core/errors.ts';
import { DATASET_TRANSITIONS } from '#lib/core/lifecycle.ts';
import type { ReadingBody } from '#lib/core/values/reading-body.ts';
import { storedItem } from '#lib/shapes/datasets.ts';
import { writeDown } from '#lib/store/api/api-writes.ts';
import type { Originals } from '#lib/store/originals/port.ts';
import { type Asked, Exchanges } from '#lib/store/postgres/at-once.ts';
import { type Db, refusalOf, type Tx, transactionOn } from '#lib/store/postgres/db.ts';
import { ITEM_BYTES, withinBytes } from '#lib/store/postgres/within-bytes.ts';
import { failDataset, insertDataset, type ReceivingDataset, readArrived, readReceiving, removeUnready } from './datasets.ts';
import type { ItemRows } from './item-rows.ts';
import { insertReading } from './readings.ts';
import { announceSources, type DatasetSource, insertSources, removeUnusedSources } from './sources.sql.ts';

export type Arrived = {
  bytes: number;
  format: string;
  dialect: unknown;
  /** The profile so far; null leaves what is stored. */
  fields: unknown | null;
};

/** A dataset that is whole. */
type Completion = {
  /** of its file; null where it was put together from several */
  digest: Buffer | null;
  arrived: Arrived;
  sources: readonly DatasetSource[];
  /** puts the files that arrived with it under their digests */
  keep(): Promise<void>;
  reading: ReadingBody;
  by: string;
  /** what the request's repeats are told */
  gives: unknown;
};

/** An upload in progress: one connection of its own, whose session lock says that the uploader lives. */
export type Upload = {
  /**
   * Commits a segment with the dataset's new counts. The next one may be committed before this one is; what is asked otherwise waits for both. Throws `conflict`
   * when the dataset is not receiving any more, and where an earlier one failed.
   */
  commit(rows: ItemRows, arrived: Arrived): Promise<void>;
  /** receiving -> ready, durably, with its sources and the first revision of its reading. */
  complete(completion: Completion): Promise<void>;
  /** receiving -> failed with the reason, and no rows left. */
  fail(reason: string): Promise<void>;
  /** Gives the connection back; a broken one is thrown away. */
  close(): void;
};

export type NewDataset = {
  id: string;
  name: string;
  createdBy: string;
  /** whether an earlier try of the same request began it, and what that one left is to go */
  again: boolean;
  /** the dataset that it replaces */
  supersedes: string | null;
  /** the kept files that it is read from: they stay while it is */
  sources: readonly DatasetSource[];
};

/** Creates the dataset, receiving, and opens its upload. Throws `conflict` for an id that is taken. */
export async function beginUpload(pool: pg.Pool, dataset: NewDataset): Promise<Upload> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  const close = () => {
    client.off('error', onError);
    client.release(broken);
  };
  try {
    await create(client, dataset);
  } catch (error) {
    broken ??= error as Error;
    close();
    throw error;
  }
  const exchanges = new Exchanges(client);
  return {
    commit: (rows, arrived) => commitSegment(exchanges, dataset.id, rows, arrived),
    complete: (completion) => complete(client, dataset.id, completion),
    async fail(reason) {
      try {
        await client.query('ROLLBACK');
        await inUpload(client, (tx) => failDataset(tx, dataset.id, reason));
      } catch (error) {
        // The connection may be what failed: another one can still say so, unless somebody has begun the dataset anew.
        broken ??= error as Error;
        await failAbandoned(pool, dataset.id, reason);
      }
    },
    close() {
      if (broken) return close();
      client.query('SELECT pg_advisory_unlock_all()').then(close, (error: Error) => {
        broken = error;
        close();
      });
    },
  };
}

/**
 * Fails the datasets that are receiving and whose uploader is gone: killed, or cut off from the database. What arrived of their files, and files that no dataset
 * has any more, are taken away as far as they are in this store. Returns the ids.
 */
export async function failAbandonedUploads(db: Db, originals: Originals): Promise<string[]> {
  const failed: string[] = [];
  for (const dataset of await readReceiving(db))
    if (await failAbandoned(db.pool, dataset.id, reasonOf(dataset))) failed.push(dataset.id);
  await removeLeftovers(db, originals);
  await removeUnusedSources(db.pool, originals);
  return failed;
}

/** A file whose dataset is not of this database is left alone: two may have been given one folder. */
async function removeLeftovers(db: Db, originals: Originals): Promise<void> {
  const left = (await originals.leftovers()).filter(({ datasetId }) => UUID.test(datasetId));
  const over = new Set(
    left.length === 0
      ? []
      : await readArrived(
          db,
          left.map(({ datasetId }) => datasetId),
        ),
  );
  for (const { datasetId, remove } of left) if (over.has(datasetId)) await remove();
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** False: its uploader lives, or it was not receiving. */
function failAbandoned(pool: pg.Pool, id: string, reason: string): Promise<boolean> {
  return withClient(pool, async (client) => {
    if (!(await lockUploader(client, id))) return false;
    try {
      return await inUpload(client, (tx) => failDataset(tx, id, reason));
    } finally {
      await client.query('SELECT pg_advisory_unlock($1, hashtext($2))', [UPLOAD_LOCK, id]);
    }
  });
}

export type ItemRow = { ordinal: number; fields: Record<string, string> };

/** A page of items after an ordinal, in order, and whether there are more. A value keeps its text; `raw` stays where it is. */
export async function readItemPage(
  pool: pg.Pool,
  datasetId: string,
  after: number,
  limit: number,
): Promise<{ rows: ItemRow[]; more: boolean }> {
  const page = `SELECT ordinal, fields, ${ITEM_BYTES} FROM item WHERE dataset_id = $1 AND ordinal > $2 ORDER BY ordinal LIMIT $3`;
  const { rows } = await pool.query<{ ordinal: number; fields: unknown; total: number }>(
    `SELECT ordinal, fields, total FROM ${withinBytes(page)} page ORDER BY ordinal`,
    [datasetId, after, limit + 1],
  );
  const shown = rows.slice(0, limit).map(({ ordinal, fields }) => ({ ordinal, fields: storedItem(fields) }));
  return { rows: shown, more: (rows[0]?.total ?? 0) > shown.length };
}

/**
 * The beginnings of the items that begin at these lines of the dataset's first file, `bytes` of each; in the order of the lines. Lines rise with ordinals, so each is found by halving and not by
 * looking through the items.
 */
export async function readItemLines(
  pool: pg.Pool,
  datasetId: string,
  lines: readonly number[],
  bytes: number,
): Promise<{ line: number; raw: Buffer }[]> {
  const { rows } = await pool.query<{ line: number; raw: Buffer }>(
    `WITH RECURSIVE halves AS (
       SELECT wanted, 1 AS low, item_count AS high FROM dataset, unnest($2::int[]) wanted WHERE id = $1
       UNION ALL
       SELECT wanted, CASE WHEN before THEN middle + 1 ELSE low END, CASE WHEN before THEN high ELSE middle END
         FROM (SELECT wanted, low, high, (low + high) / 2 AS middle FROM halves WHERE low < high) half
        CROSS JOIN LATERAL (SELECT source = 0 AND line < wanted AS before FROM item WHERE dataset_id = $1 AND ordinal = middle) found
     )
     SELECT line, substring(raw FOR $3) AS raw
       FROM halves JOIN item ON dataset_id = $1 AND ordinal = low AND source = 0 AND line = wanted
      WHERE low = high AND erased_at IS NULL ORDER BY line`,
    [datasetId, lines, bytes],
  );
  return rows;
}

/** COPY of one segment's rows. */
function* copies(rows: ItemRows): Generator<Asked> {
  if (rows.itemCount > 0) {
    yield {
      text: 'COPY item (dataset_id, ordinal, fields, raw, digest, line, source) FROM STDIN (FORMAT binary)',
      rows: rows.items.copyData(),
    };
  }
  if (rows.unreadableCount > 0) {
    yield {
      text: 'COPY unreadable_row (dataset_id, line, reason, excerpt) FROM STDIN (FORMAT binary)',
      rows: rows.unreadable.copyData(),
    };
  }
}

function reasonOf({ supersedes }: ReceivingDataset): string {
  return supersedes === null
    ? 'The upload broke off: the server that received it ended. Nothing of it was kept. Upload it again.'
    : 'The reading broke off: the server that read the file ended. Nothing of it was kept. Read the file again.';
}

/** First of the two keys of an uploader's advisory lock; the second is the dataset. */
const UPLOAD_LOCK = 0x75706c64;

/** Of a process that was just killed, the database may be ending a statement still. */
const UPLOADER_ENDS_MS = 5_000;
const LOOK_MS = 50;

async function create(client: pg.ClientBase, { again, sources, ...dataset }: NewDataset): Promise<void> {
  const { id } = dataset;
  // The sender may choose the id, so it may be taken; waiting for whoever has it would hold this connection.
  let locked = await lockUploader(client, id);
  for (const until = performance.now() + UPLOADER_ENDS_MS; again && !locked && performance.now() < until; ) {
    await sleep(LOOK_MS);
    locked = await lockUploader(client, id);
  }
  await inUpload(client, async (tx) => {
    if (locked && again) await removeUnready(tx, id);
    if (!locked || !(await insertDataset(tx, dataset)))
      throw new CountersignError('conflict', 'A dataset of this id is there already. Leave the id out, or choose another.');
    await insertSources(tx, id, sources);
    await writeDown(tx, BEGUN, id);
  });
}

/**
 * One transaction on the upload's connection, for Prisma and for SQL. What throws leaves it open: whoever fails the upload rolls it back, or throws the
 * connection away.
 */
async function inUpload<T>(client: pg.ClientBase, act: (tx: Tx) => Promise<T>): Promise<T> {
  const { tx, end } = transactionOn(client);
  try {
    await client.query('BEGIN');
    const result = await act(tx);
    const whole = end();
    if (whole !== 'whole') throw refusalOf(whole);
    await client.query('COMMIT');
    return result;
  } finally {
    end();
  }
}

/** What a request with an Idempotency-Key has written down once its dataset is there: the dataset's id. */
export const BEGUN = 'upload_begun';
/** And once the dataset is ready: what the upload gives. */
export const UPLOADED = 'upload';

async function lockUploader(client: pg.ClientBase, id: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked', [
    UPLOAD_LOCK,
    id,
  ]);
  return rows[0]?.locked === true;
}

async function commitSegment(exchanges: Exchanges, id: string, rows: ItemRows, arrived: Arrived): Promise<void> {
  const counts = [id, rows.itemCount, rows.unreadableCount, ...arrivedValues(arrived)];
  const asked = [
    { text: 'BEGIN' },
    // A crash of the server may lose the last segments, and the upload with them: it is failed when the server is back. Only the
    // transaction that makes the dataset ready waits for the disk, and everything before it.
    { text: 'SET LOCAL synchronous_commit = off' },
    ...copies(rows),
    // Nobody here looks at an answer before the COMMIT is on its way. Where no dataset is receiving, the division fails, and the rows are not committed.
    { text: `WITH counted AS (${COUNT_SEGMENT} RETURNING id) SELECT 1 / count(*) FROM counted`, values: counts },
    { text: 'COMMIT' },
  ];
  try {
    await exchanges.ask(asked);
  } catch (error) {
    throw (error as { code?: unknown }).code === DIVISION_BY_ZERO ? notReceiving() : error;
  }
}

const COUNT_SEGMENT = `UPDATE dataset SET item_count = item_count + $2, unreadable_count = unreadable_count + $3, bytes = $4, format = $5, dialect = $6,
  fields = coalesce($7, fields) WHERE id = $1 AND state = 'receiving'`;
const DIVISION_BY_ZERO = '22012';

async function complete(client: pg.ClientBase, id: string, completion: Completion): Promise<void> {
  const { digest, arrived, sources, keep, reading, by, gives } = completion;
  await announceSources(client, sources);
  await inUpload(client, async (tx) => {
    await insertSources(tx, id, sources, keep);
    const { rowCount } = await tx.query(
      `UPDATE dataset SET state = $7, ready_at = now(), digest = $2, bytes = $3, format = $4, dialect = $5, fields = coalesce($6, fields)
       WHERE id = $1 AND state = ANY($8)`,
      [id, digest, ...arrivedValues(arrived), DATASET_TRANSITIONS.complete.to, DATASET_TRANSITIONS.complete.from],
    );
    if (rowCount === 0) throw notReceiving();
    await insertReading(tx, { datasetId: id, revision: 1, body: reading, createdBy: by });
    await writeDown(tx, UPLOADED, gives);
  });
}

function arrivedValues({ bytes, format, dialect, fields }: Arrived): (string | number | null)[] {
  return [bytes, format, JSON.stringify(dialect), fields === null ? null : JSON.stringify(fields)];
}

function notReceiving(): CountersignError {
  return new CountersignError(
    'conflict',
    'The dataset is not receiving any more: its upload was given up. Upload the file again.',
  );
}

async function withClient<T>(pool: pg.Pool, act: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    return await act(client);
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}
