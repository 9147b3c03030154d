/** Which receipts of a batch a page shows, as its address says it: `?tab=receipts&outcome=failed&text=ann`. Pure. */
import type { ReceiptsAsked } from '#lib/shapes/stories.ts';

/** What a person can ask for, in the order in which it is offered; `order` is not a filter. */
export const FILTERS = ['text', 'outcome', 'kind', 'category', 'chunk', 'person', 'from', 'to'] as const;
export type Filter = (typeof FILTERS)[number];

/** As an address has it. People see the newest first, unless they say otherwise. */
export type ReceiptsShown = { [Name in Filter]?: string } & { oldest: boolean };

/** What the parameters of an address ask for; what is none of ours is left alone. */
export function receiptsShown(params: Readonly<Record<string, string | string[] | undefined>>): ReceiptsShown {
  const one = (name: string): string => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    return ((Array.isArray(value) ? value[0] : value) ?? '').trim();
  };
  return {
    ...Object.fromEntries(FILTERS.flatMap((name) => (one(name) ? [[name, one(name)]] : []))),
    oldest: one('order') === 'oldest',
  };
}

/** The address that asks for it. */
export function receiptsAddress(batchId: string, shown: ReceiptsShown): string {
  const query = new URLSearchParams({ tab: 'receipts' });
  for (const name of FILTERS) if (shown[name]) query.set(name, shown[name]);
  if (shown.oldest) query.set('order', 'oldest');
  return `/batches/${batchId}?${query}`;
}

/** As the API is asked. It says what is no filter. */
export function receiptsInput({ oldest, chunk, ...shown }: ReceiptsShown): ReceiptsAsked {
  const asked = { ...shown, order: oldest ? 'oldest' : 'newest', ...(chunk === undefined ? {} : { chunk: Number(chunk) }) };
  return asked as ReceiptsAsked;
}

/** Whether anything is asked for. */
export function isFiltered(shown: ReceiptsShown): boolean {
  return FILTERS.some((name) => shown[name] !== undefined);
}
