'use client';

import type { ReactNode } from 'react';
import { beginProofAction, proveAction } from '#app/(desk)/you/actions.ts';
import { ProofOf } from '#components/account/proof.tsx';
import { Mark } from '#components/ui/mark.tsx';

/** The frame of the account of somebody who has to give a second factor before anything else is there for them. */
export function HeldDesk({ children }: { children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-3xl flex-col px-4 py-12">
      <p className="mb-6 flex items-center gap-2 font-medium">
        <Mark /> Countersign
      </p>
      <ProofOf onProve={proveAction} onBegin={beginProofAction}>
        {children}
      </ProofOf>
    </main>
  );
}
