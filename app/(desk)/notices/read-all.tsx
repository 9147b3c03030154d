'use client';

import { useMutation } from '@tanstack/react-query';
import { useActed } from '#app/(desk)/use-acted.ts';
import { Button } from '#components/ui/button.tsx';
import { writing } from '#components/ui/writing.ts';
import { readNoticesAction } from './actions.ts';

/** Marks as read all that is on the page, and what is older; what came since stays new. */
export function ReadAll({ upTo }: { upTo: string }) {
  const acted = useActed();
  const read = useMutation(writing(['notices', 'read'], () => acted(readNoticesAction({ upTo }))));
  return (
    <>
      <Button onClick={() => read.mutate()} pending={read.isPending}>
        Mark all as read
      </Button>
      {read.error ? (
        <p role="alert" className="text-red">
          {read.error.message}
        </p>
      ) : null}
    </>
  );
}
