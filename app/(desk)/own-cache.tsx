'use client';

import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { makeQueryClient } from '#components/ui/query-client.ts';

/** The query cache of one person. Give it the person as its key: whoever is signed in next in this tab begins with an empty one. */
export function OwnCache({ children }: { children: ReactNode }) {
  const [queryClient] = useState(makeQueryClient);
  return <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>;
}
