import type { ReactNode } from 'react';
import { Mark } from '#components/ui/mark.tsx';

/** The quiet page before there is anybody: one column, one task. */
export function EntryFrame({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center px-4 py-12">
      <p className="mb-6 flex items-center gap-2 font-medium">
        <Mark /> Countersign
      </p>
      <h1 className="text-20 font-medium">{title}</h1>
      {text ? <p className="mt-2 text-14 text-muted">{text}</p> : null}
      <div className="mt-6">{children}</div>
    </main>
  );
}
