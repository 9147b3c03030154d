/**
 * Which of people's marks count now. Of an item and a category the latest row counts; `right` only while the item is in that category, `wrong` until it is
 * taken back. Statements of our own: the latest of each is found along the index, which Prisma's `distinct` reads whole.
 */
import type { VERDICTS } from '#lib/shapes/evidence.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

export type NewMark = { ordinal: number; category: string; verdict: (typeof VERDICTS)[number] };

/**
 * Adds marks, as one statement. They are append-only, so that a mark that was taken back has left its trace too. The caller has locked the chunk: what is the
 * latest is the latest for whoever comes after.
 */
export async function addMarks(tx: Querying, batchId: string, marks: readonly NewMark[], by: string): Promise<void> {
  if (marks.length === 0) return;
  await tx.query(
    `INSERT INTO review (batch_id, "by", ordinal, category, verdict)
     SELECT $1, $2, ordinal, category, verdict FROM unnest($3::int[], $4::text[], $5::text[]) WITH ORDINALITY AS m(ordinal, category, verdict, place) ORDER BY place`,
    [
      ...[batchId, by, marks.map(({ ordinal }) => ordinal), marks.map(({ category }) => category)],
      marks.map(({ verdict }) => verdict),
    ],
  );
}

/** What was said of these items, in the order in which it was. */
export async function readSaidOf(
  tx: Querying,
  batchId: string,
  ordinals: readonly number[],
): Promise<{ ordinal: number; category: string; verdict: string }[]> {
  const { rows } = await tx.query<{ ordinal: number; category: string; verdict: string }>(
    'SELECT ordinal, category, verdict FROM review WHERE batch_id = $1 AND ordinal = ANY($2) ORDER BY id',
    [batchId, ordinals],
  );
  return rows;
}

export type MarkRow = {
  ordinal: number;
  category: string;
  verdict: 'right' | 'wrong';
  by: string;
  at: Date;
  /** of *wrong*: it had been left unsure there, and was filed */
  filed: boolean;
};

/** The corrections that filed the item of a mark `last` of batch $1 which had been left unsure in that mark's category. */
export const FILED_FROM = `SELECT FROM correction k WHERE k.batch_id = $1 AND k.ordinal = last.ordinal AND k."from" = last.category AND k.unsure`;

/** The mark that counts on each of these items, by ordinal. Where two do (wrong in the category that it came from, right in the one that it is in), the later. */
export async function readMarks(client: Querying, batchId: string, ordinals: readonly number[]): Promise<Map<number, MarkRow>> {
  if (ordinals.length === 0) return new Map();
  const { rows } = await client.query<MarkRow>(
    `SELECT DISTINCT ON (last.ordinal) last.ordinal, last.category, last.verdict, last."by", last.at, last.verdict = 'wrong' AND EXISTS (${FILED_FROM}) AS filed
     FROM (${LATEST}) last JOIN classification a ON a.batch_id = $1 AND a.ordinal = last.ordinal
     WHERE last.verdict = 'wrong' OR (last.verdict = 'right' AND last.category = a.category)
     ORDER BY last.ordinal, last.id DESC`,
    [batchId, ordinals],
  );
  return new Map(rows.map((row) => [row.ordinal, row]));
}

export type Standing = { verdict: 'right' | 'wrong' | 'withdrawn'; by: string };

/** The verdict that was given last on each of these items in the category that it is in now, by ordinal. */
export async function readVerdicts(
  client: Querying,
  batchId: string,
  ordinals: readonly number[],
): Promise<Map<number, Standing>> {
  const { rows } = await client.query<Standing & { ordinal: number }>(
    `SELECT last.ordinal, last.verdict, last."by" FROM (${LATEST}) last
     JOIN classification a ON a.batch_id = $1 AND a.ordinal = last.ordinal AND a.category = last.category`,
    [batchId, ordinals],
  );
  return new Map(rows.map(({ ordinal, ...standing }) => [ordinal, standing]));
}

/** The items of the chunk that were marked, or whose mark was taken back, after a review: at most `limit`, the last of them first. */
export async function readMarkedSince(
  client: Querying,
  { batchId, chunkId }: { batchId: string; chunkId: string },
  after: string,
  limit: number,
): Promise<{ ordinal: number; id: string }[]> {
  const { rows } = await client.query<{ ordinal: number; id: string }>(
    `WITH own AS MATERIALIZED (SELECT ordinal, id FROM review WHERE batch_id = $1 AND id > $3)
     SELECT own.ordinal, max(own.id)::text AS id FROM own JOIN chunk_item m ON m.batch_id = $1 AND m.ordinal = own.ordinal AND m.chunk_id = $2
     GROUP BY own.ordinal ORDER BY max(own.id) DESC LIMIT $4`,
    [batchId, chunkId, after, limit],
  );
  return rows;
}

/** The verdict that counts on the item of a classification `a` of batch $1, as `readMarks` finds it; null where nobody marked it. */
export const MARK_OF_CLASSIFIED = `(
  SELECT last.verdict FROM (
    SELECT DISTINCT ON (r.category) r.id, r.category, r.verdict FROM review r
    WHERE r.batch_id = $1 AND r.ordinal = a.ordinal ORDER BY r.category, r.id DESC) last
  WHERE last.verdict = 'wrong' OR (last.verdict = 'right' AND last.category = a.category) ORDER BY last.id DESC LIMIT 1)`;

const LATEST = `
  SELECT DISTINCT ON (r.ordinal, r.category) r.id, r.ordinal, r.category, r.verdict, r."by", r.at
  FROM review r WHERE r.batch_id = $1 AND r.ordinal = ANY($2) ORDER BY r.ordinal, r.category, r.id DESC`;
