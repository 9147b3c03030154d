'use client';

import { type FaultProps, useBackAgain } from '#app/back-again.tsx';
import { FaultPage } from '#components/ui/fault-page.tsx';

/** A page of the desk that could not be shown; its frame stays, and says whether the server is away. */
export default function DeskErrorPage(props: FaultProps) {
  const { lost, again } = useBackAgain(props);
  return <FaultPage lost={lost} digest={props.error.digest} onAgain={again} />;
}
