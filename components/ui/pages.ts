/** Lists that are paged by cursor, as infinite queries: `queries.tasks.list.infiniteOptions({ input, ...PAGED, ...beginningWith(first) })`. */
export const PAGED = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }: { next: string | null }): string | undefined => next ?? undefined,
};

/** The first page came with the page itself. What is left behind is not kept: coming back, one begins with what the server tells then. */
export function beginningWith<Page>(first: Page) {
  return { initialData: { pages: [first], pageParams: [undefined as string | undefined] }, gcTime: 0 };
}
