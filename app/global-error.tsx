'use client';

import './globals.css';
import { FaultPage } from '#components/ui/fault-page.tsx';
import { type FaultProps, useBackAgain } from './back-again.tsx';

/** Where not even the frame of all pages could be drawn. */
export default function GlobalError(props: FaultProps) {
  const { lost, again } = useBackAgain(props);
  return (
    <html lang="en">
      <body className="min-h-dvh bg-background text-text antialiased">
        <main className="mx-auto max-w-xl px-4 py-12">
          <FaultPage lost={lost} digest={props.error.digest} onAgain={again} />
        </main>
      </body>
    </html>
  );
}
