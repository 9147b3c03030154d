'use client';

import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { dropDraftsOfOthers } from '#components/plans/plan-drafts.ts';
import { makeQueryClient } from '#components/ui/query-client.ts';

/**
 * The query cache of one person, and what they typed. Give it the person as its key: whoever is signed in next in this tab begins with an empty one, and what others
 * left in the tab is gone.
 */
export function OwnCache({ person, children }: { person: string; children: ReactNode }) {
  const [queryClient] = useState(makeQueryClient);
  useEffect(() => dropDraftsOfOthers(sessionStorage, person), [person]);
  return <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>;
}
