/**
 * What classified the items of a batch, as its trail tells it: of each chunk that is classified as a whole a line for each category and origin, with the ranges of its items. Found by the chunk's
 * key, page by page, as everything else of a trail (trail.sql.ts).
 */
import type { Pool } from 'pg';
import { LIKE_PATTERN } from '#lib/core/examples/likeness.ts';
import { AGENTS } from '#lib/core/people/key-actor.ts';
import { isRecord } from '#lib/core/values/stored.ts';
import { isPersons } from '#lib/store/chunks/given-by.ts';
import { groupsOf, type Moment } from './trail.sql.ts';

/** Items of one page: what they have in common is told once for each. */
const PAGE_ITEMS = 20_000;

type OriginGroup = {
  chunk: number;
  category: string;
  by: string;
  part: number | null;
  like: [string, string | null] | null;
  epoch: number | null;
  key: string | null;
  call: string | null;
  connection: string;
  provider: string;
  model: string;
  instruction: string;
  items: [number, number][];
  last: number;
};

/**
 * A line of JSON for each category and origin of each page of each chunk. What was classified again since the moment has another revision, and its lines end: a reader who misses them is told nothing.
 */
export async function* trailOrigins(pool: Pool, moment: Moment): AsyncGenerator<string> {
  const learned = learnedOf(moment);
  const whole = moment.chunks
    .filter(({ classified, itemCount }) => itemCount > 0 && classified >= itemCount)
    .map(({ id, number, revision, planRevision, itemCount }) => ({ id, number, revision, planRevision, items: itemCount }));
  for (const group of groupsOf(whole, PAGE_ITEMS)) {
    const plans = new Map(group.map(({ number, planRevision }) => [number, planRevision]));
    for (let after = 0; ; ) {
      const { rows } = await pool.query<OriginGroup>({
        name: 'trail-origins',
        text: ORIGINS,
        values: [
          ...[group.map(({ number }) => number), group.map(({ id }) => id), group.map(({ revision }) => revision)],
          ...[after, PAGE_ITEMS],
        ],
      });
      yield rows.map((row) => `${JSON.stringify(lineOf(row, plans.get(row.chunk) ?? 1, learned))}\n`).join('');
      after = rows.reduce((last, row) => Math.max(last, row.last), 0);
      // Several chunks have room on one page together.
      if (group.length > 1 || rows.length === 0 || (group[0]?.items ?? 0) <= PAGE_ITEMS) break;
    }
  }
}

/** By revision of the plan: the digest of what its classifier learned. */
function learnedOf({ batch, plans }: Moment): Map<number, string | null> {
  const of = ({ classifier }: { classifier: unknown }): string | null =>
    isRecord(classifier) && typeof classifier.learned === 'string' ? classifier.learned : null;
  return new Map([[1, of(batch.plan)], ...plans.map(({ revision, plan }): [number, string | null] => [revision, of(plan)])]);
}

/** Who or what gave it, with what tells it from another of its kind. `plan`: the revision of the plan that it went by. */
function lineOf(row: OriginGroup, plan: number, learned: ReadonlyMap<number, string | null>): Record<string, unknown> {
  const { chunk, category, by, items } = row;
  if (isPersons(by)) return { chunk, category, by: 'person', person: by, items };
  const told = { chunk, category, by, plan };
  if (by.startsWith(AGENTS)) {
    const { key, epoch } = row;
    return { ...told, by: 'agent', agent: by, key, ...(epoch !== null && { epoch }), items };
  }
  if (by === 'model') {
    const { call, connection, provider, model, instruction } = row;
    return { ...told, ...(call !== null && { call, connection, provider, model, instruction }), items };
  }
  if (by === 'examples')
    return {
      ...told,
      learned: learned.get(plan) ?? null,
      like: row.like?.flatMap((one) => one ?? []).map(Number) ?? null,
      items,
    };
  // Counted from 1, as people are told it; 0 where no rule held.
  return { ...told, ...(by === 'rules' && row.part !== null && { rule: row.part + 1 }), items };
}

// The calls and reports of a chunk are read where somebody was asked: each names its items, and the last that does is the one whose answer stands.
const ORIGINS = `
WITH own AS MATERIALIZED (
  SELECT g.number AS chunk, g.chunk_id, a.ordinal, a.category, a."by", CASE WHEN a."by" = 'rules' THEN a.part END AS part,
    CASE WHEN a."by" = 'examples' THEN regexp_match(a.why, '${LIKE_PATTERN}') END AS "like"
  FROM unnest($1::int[], $2::uuid[], $3::int[]) AS g(number, chunk_id, revision)
  JOIN chunk c ON c.id = g.chunk_id AND c.revision = g.revision
  CROSS JOIN LATERAL (SELECT * FROM classification WHERE chunk_id = g.chunk_id AND ordinal > $4::int ORDER BY ordinal LIMIT $5) a
), called AS (
  SELECT DISTINCT ON (o) o AS ordinal, m.id FROM model_call m, unnest(m.answered) o
  WHERE m.chunk_id = ANY (SELECT chunk_id FROM own WHERE "by" = 'model') ORDER BY o, m.epoch DESC, m.sent_at DESC
), reported AS (
  SELECT DISTINCT ON (o) o AS ordinal, r.epoch FROM agent_report r, unnest(r.ordinals) o
  WHERE r.chunk_id = ANY (SELECT chunk_id FROM own WHERE starts_with("by", '${AGENTS}')) ORDER BY o, r.epoch DESC, r.at DESC
), told AS (
  SELECT own.*, CASE WHEN own."by" = 'model' THEN called.id END AS call, CASE WHEN starts_with(own."by", '${AGENTS}') THEN reported.epoch END AS epoch
  FROM own LEFT JOIN called ON called.ordinal = own.ordinal LEFT JOIN reported ON reported.ordinal = own.ordinal
), islands AS (
  SELECT chunk, category, "by", part, "like", call, epoch, min(ordinal) AS low, max(ordinal) AS high
  FROM (SELECT *, ordinal - row_number() OVER (PARTITION BY chunk, category, "by", part, "like", call, epoch ORDER BY ordinal) AS island FROM told) numbered
  GROUP BY chunk, category, "by", part, "like", call, epoch, island
), grouped AS (
  SELECT chunk, category, "by", part, "like", call, epoch, json_agg(json_build_array(low, high) ORDER BY low) AS items, min(low) AS first, max(high) AS last
  FROM islands GROUP BY chunk, category, "by", part, "like", call, epoch
)
SELECT g.chunk, g.category, g."by", g.part, g."like", g.epoch, k.name AS key, g.call, m.connection, m.provider, m.model, encode(m.instruction, 'hex') AS instruction, g.items, g.last
FROM grouped g LEFT JOIN model_call m ON m.id = g.call LEFT JOIN api_key k ON starts_with(g."by", '${AGENTS}') AND g."by" = '${AGENTS}' || k.id
ORDER BY g.chunk, g.first`;
