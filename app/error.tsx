'use client';

import { useEffect } from 'react';
import { Button } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  useEffect(() => {
    console.error(error);
  }, [error]);
  return (
    <main className="mx-auto max-w-xl px-4 py-12">
      <EmptyState
        title="This page could not be shown"
        text={
          <>
            The fault is in Countersign. Running batches are not affected.
            {error.digest ? (
              <>
                {' '}
                The log has it under <code className="font-mono text-12">{error.digest}</code>.
              </>
            ) : null}
          </>
        }
        action={<Button onClick={reset}>Try again</Button>}
        level={1}
      />
    </main>
  );
}
