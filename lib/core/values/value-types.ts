/** What the values of a field look like: lib/ingest tells them apart. */
export const VALUE_TYPES = ['text', 'number', 'date', 'boolean', 'email', 'url', 'empty'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];
