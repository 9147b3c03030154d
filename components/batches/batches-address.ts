/** Which batches the list shows, as its address says it: `/batches?state=running&name=mail`. Pure. */
import { BATCH_STATES, type BatchState } from '#lib/core/lifecycle.ts';
import { BATCH_NAME_CHARS_MAX } from '#lib/core/limits.ts';

export type BatchesAsked = { state?: BatchState | undefined; name?: string | undefined; cursor?: string | undefined };

/** What the parameters of an address ask for; what is none of ours is left alone. */
export function batchesAsked(params: Readonly<Record<string, string | string[] | undefined>>): BatchesAsked {
  const one = (name: string): string => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    return ([value ?? ''].flat()[0] ?? '').replaceAll('\0', '').trim();
  };
  const state = BATCH_STATES.find((known) => known === one('state'));
  const name = one('name').slice(0, BATCH_NAME_CHARS_MAX);
  const cursor = one('cursor');
  return { ...(state ? { state } : {}), ...(name ? { name } : {}), ...(cursor ? { cursor } : {}) };
}

/** The address that asks for it. */
export function batchesAddress({ state, name, cursor }: BatchesAsked): string {
  const query = new URLSearchParams({ ...(state ? { state } : {}), ...(name ? { name } : {}), ...(cursor ? { cursor } : {}) });
  return query.size === 0 ? '/batches' : `/batches?${query}`;
}
