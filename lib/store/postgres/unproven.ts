/**
 * Constraints that were added NOT VALID: new rows are held to them, older ones are still to be looked at. What they do not hold for is told, and never
 * deleted: it is somebody's data.
 */
import type pg from 'pg';

/** As many of the rows' keys are named; the others are counted. */
const NAMED_MAX = 5;

type Constraint = {
  name: string;
  table: string;
  /** the check's expression; null for a foreign key */
  check: string | null;
  columns: string[];
  parent: string | null;
  parentColumns: string[] | null;
};

/**
 * Looks at the older rows of every constraint that is not valid yet, one transaction each; it blocks neither reads nor writes. Gives a sentence for each that
 * does not hold: it stays as it is, and the next call looks again.
 */
export async function validateConstraints(owner: pg.ClientBase): Promise<string[]> {
  const { rows } = await owner.query<Constraint>(NOT_VALID);
  const told: string[] = [];
  for (const constraint of rows) {
    try {
      await owner.query(`ALTER TABLE public.${constraint.table} VALIDATE CONSTRAINT ${constraint.name}`);
    } catch (error) {
      if (!VIOLATIONS.includes((error as { code?: string }).code ?? '')) throw error;
      told.push(await tell(owner, constraint));
    }
  }
  return told;
}

/** foreign_key_violation, check_violation */
const VIOLATIONS = ['23503', '23514'];

const NOT_VALID = `
  SELECT quote_ident(c.conname) AS name, quote_ident(t.relname) AS table, pg_get_expr(c.conbin, c.conrelid) AS check,
    ARRAY(SELECT quote_ident(a.attname) FROM unnest(c.conkey) WITH ORDINALITY AS k(num, n)
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num ORDER BY k.n) AS columns,
    quote_ident(p.relname) AS parent,
    ARRAY(SELECT quote_ident(a.attname) FROM unnest(c.confkey) WITH ORDINALITY AS k(num, n)
          JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num ORDER BY k.n) AS "parentColumns"
  FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid LEFT JOIN pg_class p ON p.oid = c.confrelid
  WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('c', 'f') AND NOT c.convalidated ORDER BY t.relname, c.conname`;

async function tell(owner: pg.ClientBase, { name, table, check, columns, parent, parentColumns }: Constraint): Promise<string> {
  const own = columns.map((column) => `c.${column}`);
  const breaks =
    check === null
      ? `${own.map((column) => `${column} IS NOT NULL`).join(' AND ')} AND NOT EXISTS (
          SELECT FROM public.${parent} p WHERE ${own.map((column, n) => `p.${parentColumns?.[n]} = ${column}`).join(' AND ')})`
      : `NOT (${check})`;
  const { rows } = await owner.query<{ count: string; values: string[] }>(
    `SELECT sum(n)::text AS count, (array_agg(value ORDER BY value))[1:$1] AS values
     FROM (SELECT concat_ws(', ', ${own.join(', ')}) AS value, count(*) AS n FROM public.${table} c WHERE ${breaks} GROUP BY 1) orphan`,
    [NAMED_MAX + 1],
  );
  const { count = '0', values = [] } = rows[0] ?? {};
  const named = `${values.slice(0, NAMED_MAX).join('; ')}${values.length > NAMED_MAX ? '; …' : ''}`;
  const of = `the ${columns.join(', ')} of ${count === '1' ? '1 row' : `${count} rows`}`;
  const what = check === null ? `is not in ${parent}` : `is not allowed by ${name}`;
  return `${table}: ${of} ${what} (${named}). What is there is kept, and new rows are held to ${name}. See docs/relations.md.`;
}
