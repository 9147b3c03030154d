import type { ReactNode } from 'react';
import { PaletteArea } from './palette-actions.tsx';

/** What this page is, how it stands, and the one thing to do next. */
export function PageHeader({
  title,
  meta,
  actions,
  above,
}: {
  title: ReactNode;
  meta?: ReactNode;
  actions?: ReactNode;
  above?: ReactNode;
}) {
  return (
    <header className="mb-4 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        {above ? <p className="mb-1 text-12 text-muted">{above}</p> : null}
        <h1 className="text-20 font-medium break-words">{title}</h1>
        {meta ? <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">{meta}</div> : null}
      </div>
      {actions ? <PaletteArea className="flex flex-wrap gap-2">{actions}</PaletteArea> : null}
    </header>
  );
}
