/** Who closes a batch when everything of it came to its end: `id` goes into receipts, `name` is what people read. */
export const SYSTEM = { id: 'system', name: 'Countersign' } as const;
