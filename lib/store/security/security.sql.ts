/**
 * The security log as it is read: so many rows are looked at, the newest first, and those that are asked for are given. Facts are searched as text, for which
 * Prisma's models have no words. Without an index for each filter a row costs no more to write; a million rows take a third of a second to look at.
 */

import type { Querying } from '#lib/store/postgres/db.ts';
import { likeText } from '#lib/store/postgres/like-text.ts';

export type SecurityRow = {
  id: string;
  kind: string;
  by: string;
  about: string | null;
  at: Date;
  facts: Record<string, unknown>;
};

export type SecurityWanted = {
  kind?: string | undefined;
  /** an actor's id: what they did, and what was done to them */
  who?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  search?: string | undefined;
};

/** `lowest`: the last row that was looked at, with its time; null when there was none. `whole`: there is nothing behind it. */
type SecurityWindow = { rows: SecurityRow[]; lowest: { id: bigint; at: Date } | null; whole: boolean };

const WINDOW_ROWS = 20_000;

/** Of the next rows before `before` those that are wanted, the newest first and at most `limit`. */
export async function readSecurityWindow(
  client: Querying,
  { kind, who, from, to, search }: SecurityWanted,
  { before, limit, windowRows = WINDOW_ROWS }: { before: bigint | null; limit: number; windowRows?: number },
): Promise<SecurityWindow> {
  const values: unknown[] = [windowRows, limit];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const below = before === null ? '' : `WHERE id < ${given(before)}`;
  const wanted = [
    ...(kind === undefined ? [] : [`kind = ${given(kind)}`]),
    ...(who === undefined ? [] : [`${given(who)} IN ("by", about)`]),
    ...(from === undefined ? [] : [`at >= ${given(from)}`]),
    ...(to === undefined ? [] : [`at < ${given(to)}`]),
    ...(search === undefined ? [] : [`concat_ws(' ', "by", about, facts::text) ILIKE ${given(`%${likeText(search)}%`)}`]),
  ];
  const { rows } = await client.query<SecurityRow & { lowest: string | null; lowestAt: Date | null; looked: number }>(
    `WITH looked AS MATERIALIZED (SELECT id, kind, "by", about, at, facts FROM security_event ${below} ORDER BY id DESC LIMIT $1),
     found AS (SELECT * FROM looked ${wanted.length === 0 ? '' : `WHERE ${wanted.join(' AND ')}`} ORDER BY id DESC LIMIT $2)
     SELECT edge.*, found.* FROM
       (SELECT min(id) AS lowest, min(at) AS "lowestAt", count(*)::int AS looked FROM looked) edge LEFT JOIN found ON true ORDER BY found.id DESC`,
    values,
  );
  const edge = rows[0];
  const found = rows.filter(({ id }) => id !== null);
  return {
    rows: found.map(({ id, kind: of, by, about, at, facts }) => ({ id, kind: of, by, about, at, facts })),
    lowest: edge?.lowest && edge.lowestAt ? { id: BigInt(edge.lowest), at: edge.lowestAt } : null,
    whole: (edge?.looked ?? 0) < windowRows,
  };
}
