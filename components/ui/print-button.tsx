'use client';

import { Button } from './button.tsx';

/** Prints the page; what is folded up is open on paper. */
export function PrintButton() {
  return <Button onClick={() => window.print()}>Print</Button>;
}
