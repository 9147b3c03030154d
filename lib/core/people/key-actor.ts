/** What the ids of actors that are keys begin with. */
export const KEYS = 'key:';
/** And those of keys that work as agents. */
export const AGENTS = 'agent:';

/** Who acts by the API key of the environment: `id` goes into receipts, `name` is what people read. */
export const KEY_ACTOR = { id: 'key:env', name: 'API key of the environment' } as const;

/** The names of actors that are no people, by their ids. */
export const KEY_NAMES: ReadonlyMap<string, string> = new Map([[KEY_ACTOR.id, KEY_ACTOR.name]]);

/** A person's key, by name: whoever reads a receipt learns whose it is. */
export function keyName({ name, owner }: { name: string; owner: { name: string } }): string {
  return `${name} (key of ${owner.name})`;
}

const OWN_KEY = /^(?:key|agent):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The id of the person's key that acts under this id; null for whoever is none. Receipts of early days name keys that had no row. */
export function keyIdOf(actor: string): string | null {
  return OWN_KEY.exec(actor)?.[1] ?? null;
}
