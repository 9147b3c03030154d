/** Names in statements for databases of others: always quoted, so that they are what they are. Pure. */

export type TableName = { schema: string; name: string };

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quotedTable = ({ schema, name }: TableName): string => `${quoted(schema)}.${quoted(name)}`;

/** Where the effects stand, in every database. */
export const EFFECTS = 'public.countersign_effects';
