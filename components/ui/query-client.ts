import { MutationCache, QueryClient } from '@tanstack/react-query';
import { tellSignedOut } from './signed-out.ts';
import { Refused } from './writing.ts';

/** A cache with the house's defaults. A write is sent when it is pressed, or fails: it never waits to be sent later, when nobody looks any more. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    mutationCache: new MutationCache({
      onError: (error) => {
        if (error instanceof Refused && error.refusal.code === 'unauthenticated') tellSignedOut();
      },
    }),
    defaultOptions: {
      queries: { staleTime: 5_000, retry: 1, refetchOnWindowFocus: true },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}
