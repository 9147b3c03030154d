/** Who acts by the API key of the environment: `id` goes into receipts, `name` is what people read. */
export const KEY_ACTOR = { id: 'key:env', name: 'API key of the environment' } as const;
