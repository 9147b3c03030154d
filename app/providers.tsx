'use client';

import { onlineManager, QueryClientProvider } from '@tanstack/react-query';
import { ThemeProvider } from 'next-themes';
import { type ReactNode, useState } from 'react';
import { Toaster } from 'sonner';
import { holdingRequests } from '#components/live/held-requests.ts';
import { connection, onConnection } from '#components/ui/connection.ts';
import { makeQueryClient } from '#components/ui/query-client.ts';

if (typeof window !== 'undefined') {
  window.fetch = holdingRequests(window.fetch.bind(window), window.location.origin);
  // Online means that the server answers: until it does, queries and mutations wait, and then go on.
  onlineManager.setEventListener((setOnline) => onConnection(() => setOnline(connection().answers)));
}

/** What every page needs on the client: theme, toasts, and a query cache for those that nobody is signed in on. `nonce`: of the script that sets the theme. */
export function Providers({ nonce, children }: { nonce: string | undefined; children: ReactNode }) {
  const [queryClient] = useState(makeQueryClient);
  return (
    <ThemeProvider nonce={nonce} attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange>
      <QueryClientProvider client={queryClient}>
        {children}
        <Toaster
          position="bottom-right"
          toastOptions={{
            style: {
              background: 'var(--surface)',
              color: 'var(--text)',
              border: '1px solid var(--hairline)',
              borderRadius: 6,
              boxShadow: 'var(--shadow)',
              fontFamily: 'var(--font-sans)',
              fontSize: 13,
            },
          }}
        />
      </QueryClientProvider>
    </ThemeProvider>
  );
}
