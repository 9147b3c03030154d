/** What the ids of actors that are keys begin with. */
export const KEYS = 'key:';

/** Who acts by the API key of the environment: `id` goes into receipts, `name` is what people read. */
export const KEY_ACTOR = { id: 'key:env', name: 'API key of the environment' } as const;

/** The names of actors that are no people, by their ids. */
export const KEY_NAMES: ReadonlyMap<string, string> = new Map([[KEY_ACTOR.id, KEY_ACTOR.name]]);
