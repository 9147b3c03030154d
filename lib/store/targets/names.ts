/** Names in statements for databases of others: always quoted, so that they are what they are. Pure. */

export type TableName = { schema: string; name: string };

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quotedTable = ({ schema, name }: TableName): string => `${quoted(schema)}.${quoted(name)}`;

/** Where the effects stand, in every database. */
export const EFFECTS = 'public.countersign_effects';

/** The names of the triggers and rules that act when a row of this table is changed, as a JSON text; NULL where there are none. What serves foreign keys is no trigger of anybody's. */
export const triggersOf = (oid: string): string => `(SELECT json_agg(acts.name ORDER BY acts.name) FROM (
         SELECT t.tgname::text AS name FROM pg_catalog.pg_trigger t WHERE t.tgrelid = ${oid} AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
         UNION ALL SELECT r.rulename::text FROM pg_catalog.pg_rewrite r WHERE r.ev_class = ${oid} AND r.ev_type <> '1' AND r.ev_enabled IN ('O', 'A')) acts)::text`;
