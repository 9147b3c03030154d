'use client';

import { type InfiniteData, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { beginningWith } from './pages.ts';

/** Takes the first page that the server renders anew into a list that began with an older one; further pages are read again. */
export function useFirstPage<Page>(queryKey: QueryKey, first: Page): void {
  const client = useQueryClient();
  const taken = useRef(first);
  useEffect(() => {
    if (taken.current === first) return;
    taken.current = first;
    const pages = client.getQueryData<InfiniteData<Page>>(queryKey)?.pages.length ?? 0;
    if (pages > 1) void client.invalidateQueries({ queryKey, exact: true });
    else client.setQueryData(queryKey, beginningWith(first).initialData);
  }, [client, queryKey, first]);
}
