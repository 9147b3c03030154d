'use client';

import { FaultPage } from '#components/ui/fault-page.tsx';
import { type FaultProps, useBackAgain } from './back-again.tsx';

/** What could not be shown, the desk's frame with it. */
export default function ErrorPage(props: FaultProps) {
  const { lost, again } = useBackAgain(props);
  return (
    <main className="mx-auto max-w-xl px-4 py-12">
      <FaultPage lost={lost} digest={props.error.digest} onAgain={again} />
    </main>
  );
}
