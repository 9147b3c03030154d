/**
 * An erasure, page by page: what is found, and what is taken away. Each page is one transaction that holds the row of its erasure, and says there how far it came: who is
 * killed half way leaves what was committed, and the next worker goes on behind it. Prisma has words neither for searching in every table by one shape of
 * statement nor for the setting that opens the door to append-only tables (docs/erasure.md).
 */
import { needlesOf } from '#lib/core/erasure/needles.ts';
import { ERASURE_FINDS_MAX, ERASURE_FOUND_KEEP_HOURS, ERASURE_PAGE_ROWS } from '#lib/core/limits.ts';
import type { Originals } from '#lib/store/originals/port.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { ITEMS_OWN, tellOf } from './door.sql.ts';
import { keyJson, keyOf, keyValues, PLACES, type Place } from './places.sql.ts';
import { SCOPE_PLACES, type ScopeKind, scopePage } from './scope.sql.ts';
import { eraseOriginals } from './source.sql.ts';

/** States of an erasure: of one that a worker has something to do for, and of one that is over. */
const AT_WORK = `'looking', 'erasing'`;
const ENDED = `'withdrawn', 'done'`;

type Going = {
  id: string;
  kind: 'value' | ScopeKind;
  about: string | null;
  state: 'looking' | 'erasing';
  wanted: string | null;
  confirmedBy: string | null;
  place: string | null;
  after: unknown;
};

/** What became of an erasure's turn: it ended, or was found; null while it goes on. */
export type Turn = { id: string; ended: 'found' | 'done' | null; by: string | null };

/**
 * A page goes along its key, and each of its rows is found by its own. Of a table without statistics the planner takes a batch for a few rows, and reads and sorts all of it for
 * every page: of a million rows that would be two thousand times. Without the other ways it has this one. (Their price would have statements compiled.)
 */
const ALONG_KEYS = `SELECT ${['sort', 'bitmapscan', 'seqscan', 'hashjoin', 'mergejoin'].map((way) => `set_config('enable_${way}', 'off', true)`).join(', ')}, set_config('jit', 'off', true)`;

/** The oldest erasure that nobody else has at this moment gets its next page. Null when there is nothing to do. */
export async function turnErasure(tx: Querying, originals: Originals): Promise<Turn | null> {
  const { rows } = await tx.query<Going>(
    `SELECT id, kind, about, state, wanted, confirmed_by AS "confirmedBy", place, after FROM erasure WHERE state IN (${AT_WORK})
     ORDER BY asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`,
  );
  const [going] = rows;
  if (!going) return null;
  await tx.query(ALONG_KEYS);
  const turn = { id: going.id, by: going.confirmedBy };
  if (going.state === 'looking') return { ...turn, ended: (await look(tx, going)) ? 'found' : null };
  const ended =
    going.kind === 'value' ? await eraseFinds(tx, going, originals) : await eraseScope(tx, going, going.kind, originals);
  return { ...turn, ended: ended ? 'done' : null };
}

/** What nobody confirmed in time is withdrawn: the value that was looked for is not kept. */
export async function withdrawOld(client: Querying): Promise<void> {
  await client.query(
    `UPDATE erasure SET state = 'withdrawn', wanted = NULL, ended_at = clock_timestamp()
     WHERE state = 'found' AND asked_at < clock_timestamp() - make_interval(hours => $1)`,
    [ERASURE_FOUND_KEEP_HOURS],
  );
  await client.query(
    `DELETE FROM erasure_find WHERE (erasure_id, place, key) IN (
       SELECT f.erasure_id, f.place, f.key FROM erasure e CROSS JOIN LATERAL (SELECT * FROM erasure_find f WHERE f.erasure_id = e.id LIMIT $1) f
       WHERE e.state IN (${ENDED}) AND e.asked_at > clock_timestamp() - interval '7 days' LIMIT $1)`,
    [10 * ERASURE_PAGE_ROWS],
  );
}

/** What hangs on the items that were found: the last thing that is looked for. */
const LINKS = 'links';
const LOOKS: readonly string[] = [...PLACES.map(({ name }) => name), 'originals', LINKS];

async function look(tx: Querying, { id, wanted, place, after }: Going): Promise<boolean> {
  const at = place ?? (LOOKS[0] as string);
  const found = PLACES.find(({ name }) => name === at);
  const page = found
    ? await lookPage(tx, id, found, needlesOf(wanted ?? ''), after as string[] | null)
    : at === LINKS
      ? await linkPage(tx, id, after as string | null)
      : await findOriginals(tx, id);
  const { rows } = await tx.query<{ full: boolean }>('SELECT count(*) >= $2 AS full FROM erasure_find WHERE erasure_id = $1', [
    id,
    ERASURE_FINDS_MAX,
  ]);
  const next = page.last === null ? (LOOKS[LOOKS.indexOf(at) + 1] ?? null) : at;
  const ended = next === null || rows[0]?.full === true;
  await tx.query(
    'UPDATE erasure SET place = $2, after = $3, looked = looked + $4, state = CASE WHEN $5 THEN $$found$$ ELSE state END WHERE id = $1',
    [...[id, ended ? null : next, ended || page.last === null ? null : JSON.stringify(page.last), page.rows, ended]],
  );
  return ended;
}

/** Of rows that are large: a statement has a time. */
const PAGE_BYTES = 16 * 1024 ** 2;

type Looked = { rows: number; last: unknown };

async function lookPage(
  tx: Querying,
  id: string,
  place: Place,
  needles: ReturnType<typeof needlesOf>,
  after: string[] | null,
): Promise<Looked> {
  const hits = [
    ...(place.texts ?? []).map((text) => `coalesce(${text} ILIKE ANY ($2::text[]), false)`),
    ...(place.bytes ?? []).map((bytes) => `coalesce(encode(${bytes}, 'escape') ILIKE ANY ($3::text[]), false)`),
  ];
  const isRequest = place.table === 'frozen_request';
  // A request that has a field of a found item goes with it, also where the value itself is not in it.
  const linked = isRequest
    ? `EXISTS (SELECT FROM erasure_find i WHERE i.erasure_id = $1 AND i.place = 'item' AND i.dataset_id = ${place.dataset} AND i.ordinal = ${place.ordinal})
       AND q.bytes IS NOT NULL AND ${ITEMS_OWN(place.batch as string, 't.category')}`
    : 'false';
  const order = place.scan.map(([column]) => column);
  const behind = after === null ? '' : `WHERE (${order.join(', ')}) > (${keyValues(place.scan, '$5::jsonb').join(', ')})`;
  const { rows } = await tx.query<{ rows: number; last: string[] | null }>(
    `WITH page AS (
       SELECT ${keyJson(place.scan)} AS at, ${keyJson(keyOf(place))}::text AS key, ${place.dataset ?? 'NULL'}::uuid AS dataset_id, ${place.batch ?? 'NULL'}::uuid AS batch_id,
         ${place.ordinal ?? 'NULL'}::int AS ordinal, ${hits.join(' OR ')} AS hit, ${linked} AS linked, row_number() OVER (ORDER BY ${order.join(', ')}) AS n
       FROM ${place.size ? `(SELECT t.*, sum(${place.size}) OVER (ORDER BY ${order.join(', ')}) - ${place.size} AS before FROM ${place.from} ${behind} ORDER BY ${order.join(', ')} LIMIT ${place.page}) t WHERE t.before < ${PAGE_BYTES}` : `${place.from} ${behind}`} ORDER BY ${order.join(', ')} LIMIT ${place.page}),
     put AS (
       INSERT INTO erasure_find (erasure_id, place, key, dataset_id, batch_id, ordinal, linked, chosen)
       SELECT $1, $4, key, dataset_id, batch_id, ordinal, NOT hit, ${place.erase !== null} FROM page WHERE hit OR linked ON CONFLICT DO NOTHING)
     SELECT count(*)::int AS rows, (SELECT at FROM page ORDER BY n DESC LIMIT 1) AS last FROM page
     WHERE $2::text[] IS NOT NULL AND $3::text[] IS NOT NULL`,
    [id, needles.text, needles.bytes, place.name, ...(after === null ? [] : [JSON.stringify(after)])],
  );
  const { rows: looked = 0, last = null } = rows[0] ?? {};
  // Of large rows a page may be short; the last one is empty.
  return { rows: looked, last: looked < (place.size ? 1 : place.page) ? null : last };
}

/** The files that a dataset was read from go whole: in the bytes of a file the value stands wherever it does in its items. */
async function findOriginals(tx: Querying, id: string): Promise<Looked> {
  await tx.query(
    `INSERT INTO erasure_find (erasure_id, place, key, dataset_id, linked, chosen)
     SELECT DISTINCT ON (s.digest) $1::uuid, 'original', jsonb_build_array(encode(s.digest, 'hex'))::text, d.dataset_id, true, true
     FROM (SELECT DISTINCT dataset_id FROM erasure_find WHERE erasure_id = $1 AND place IN ('item', 'unreadable_row')) d
     JOIN dataset_source ds ON ds.dataset_id = d.dataset_id JOIN source s ON s.digest = ds.digest AND s.erased_at IS NULL
     ORDER BY s.digest, d.dataset_id ON CONFLICT DO NOTHING`,
    [id],
  );
  return { rows: 0, last: null };
}

const LINK_PAGE = 200;

/** What hangs on an item that was found: values of its receipts, reasons, tasks, findings, notes. Requests were found with their own place. */
async function linkPage(tx: Querying, id: string, after: string | null): Promise<Looked> {
  const { rows } = await tx.query<{ key: string }>(
    `SELECT key FROM erasure_find WHERE erasure_id = $1 AND place = 'item' AND key > $2 ORDER BY key LIMIT ${LINK_PAGE}`,
    [id, after ?? ''],
  );
  const keys = rows.map(({ key }) => key);
  for (const { place, from } of LINKED) {
    const found = PLACES.find(({ name }) => name === place) as Place;
    await tx.query(
      `INSERT INTO erasure_find (erasure_id, place, key, dataset_id, batch_id, ordinal, linked, chosen)
       SELECT $1, '${place}', ${keyJson(keyOf(found))}::text, i.dataset_id, b.id, i.ordinal, true, true
       FROM erasure_find i JOIN batch b ON b.dataset_id = i.dataset_id ${from}
       WHERE i.erasure_id = $1 AND i.place = 'item' AND i.key = ANY ($2) ON CONFLICT DO NOTHING`,
      [id, keys],
    );
  }
  return { rows: 0, last: keys.length < LINK_PAGE ? null : (keys.at(-1) ?? null) };
}

const LINKED = [
  {
    place: 'receipt_value',
    from: `JOIN receipt r ON r.batch_id = b.id AND r.ordinal = i.ordinal
       JOIN receipt_value t ON t.batch_id = r.batch_id AND t.chunk = r.chunk AND t.seq = r.seq AND t.value IS NOT NULL`,
  },
  {
    place: 'receipt_value',
    from: `JOIN correction c ON c.batch_id = b.id AND c.ordinal = i.ordinal
       JOIN receipt_value t ON t.batch_id = c.batch_id AND t.chunk = c.chunk AND t.seq = c.seq AND t.value IS NOT NULL`,
  },
  {
    place: 'receipt_value',
    from: `JOIN append a ON a.batch_id = b.id AND a.ordinal = i.ordinal AND a.seq IS NOT NULL
       JOIN receipt_value t ON t.batch_id = a.batch_id AND t.chunk = a.chunk AND t.seq = a.seq AND t.value IS NOT NULL`,
  },
  { place: 'correction', from: 'JOIN correction t ON t.batch_id = b.id AND t.ordinal = i.ordinal AND t.note IS NOT NULL' },
  {
    place: 'classification',
    from: `JOIN classification t ON t.batch_id = b.id AND t.ordinal = i.ordinal AND t.why <> '[erased]'`,
  },
  { place: 'append', from: 'JOIN append t ON t.batch_id = b.id AND t.ordinal = i.ordinal AND t.text IS NOT NULL' },
  { place: 'follow_up', from: 'JOIN follow_up t ON t.batch_id = b.id AND t.ordinal = i.ordinal' },
  { place: 'errand', from: 'JOIN errand t ON t.batch_id = b.id AND t.ordinal = i.ordinal' },
  {
    place: 'handed_change',
    from: 'JOIN handed_change t ON t.batch_id = b.id AND t.ordinal = i.ordinal AND t.change IS NOT NULL',
  },
  { place: 'inspection', from: 'JOIN inspection t ON t.batch_id = b.id AND t.ordinal = i.ordinal' },
];

/** A page of one place of what was chosen; true when there is nothing left. */
async function eraseFinds(tx: Querying, { id, wanted }: Going, originals: Originals): Promise<boolean> {
  const erasable = [...PLACES.filter(({ erase }) => erase !== null).map(({ name }) => name), 'original'];
  const { rows } = await tx.query<{ place: string; key: string; datasetId: string | null; batchId: string | null }>(
    `SELECT f.place, f.key, f.dataset_id AS "datasetId", f.batch_id AS "batchId"
     FROM (SELECT place FROM erasure_find WHERE erasure_id = $1 AND chosen AND place = ANY ($2) ORDER BY place LIMIT 1) p
     JOIN erasure_find f ON f.erasure_id = $1 AND f.place = p.place AND f.chosen ORDER BY f.key LIMIT ${ERASURE_PAGE_ROWS}`,
    [id, erasable],
  );
  const [first] = rows;
  if (!first) {
    await end(tx, id);
    return true;
  }
  const keys = rows.map(({ key }) => key);
  if (first.place === 'original')
    await eraseOriginals(
      tx,
      id,
      keys.map((key) => (JSON.parse(key) as [string])[0]),
      originals,
    );
  else {
    const place = PLACES.find(({ name }) => name === first.place) as Place;
    await tellOf(tx, id, place.table, rows);
    await tx.query(updateOf(place), [keys, needlesOf(wanted ?? '').regex]);
  }
  await tx.query('DELETE FROM erasure_find WHERE erasure_id = $1 AND place = $2 AND key = ANY ($3)', [id, first.place, keys]);
  return false;
}

const updateOf = ({ table, erase, ...place }: Place): string => {
  const columns = table === 'frozen_request' ? ([['t.digest', 'bytea']] as const) : keyOf({ table, erase, ...place });
  const values = keyValues(columns, 'k.key::jsonb');
  return `UPDATE "${table}" t SET ${erase} FROM unnest($1::text[]) AS k(key)
    WHERE ${columns.map(([column], index) => `${column} = ${values[index]}`).join(' AND ')} AND $2::text IS NOT NULL`;
};

async function eraseScope(tx: Querying, going: Going, kind: ScopeKind, originals: Originals): Promise<boolean> {
  const places = SCOPE_PLACES[kind];
  const at = going.place ?? (places[0] as string);
  const subject = (going.about ?? '').split(':')[1] ?? '';
  const last = await scopePage(tx, { id: going.id, kind, subject, place: at, after: going.after as string[] | null }, originals);
  const next = last === null ? places[places.indexOf(at) + 1] : at;
  if (next === undefined) {
    await end(tx, going.id);
    return true;
  }
  await tx.query('UPDATE erasure SET place = $2, after = $3 WHERE id = $1', [
    going.id,
    next,
    last === null ? null : JSON.stringify(last),
  ]);
  return false;
}

async function end(tx: Querying, id: string): Promise<void> {
  await tx.query(
    `UPDATE erasure SET state = 'done', wanted = NULL, place = NULL, after = NULL, ended_at = clock_timestamp() WHERE id = $1`,
    [id],
  );
}
