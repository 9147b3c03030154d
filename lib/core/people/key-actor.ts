/** Who acts by the API key of the environment: `id` goes into receipts, `name` is what people read. */
export const KEY_ACTOR = { id: 'key:env', name: 'API key of the environment' } as const;

/** The names of actors that are no people, by their ids. */
export const KEY_NAMES: ReadonlyMap<string, string> = new Map([[KEY_ACTOR.id, KEY_ACTOR.name]]);

/** A person's key, by name: whoever reads a receipt learns whose it is. */
export function keyName({ name, owner }: { name: string; owner: { name: string } }): string {
  return `${name} (key of ${owner.name})`;
}
