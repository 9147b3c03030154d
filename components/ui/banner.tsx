import type { ReactNode } from 'react';
import { classes } from './classes.ts';
import { Glyph, type GlyphName } from './glyph.tsx';
import { PaletteArea } from './palette-actions.tsx';

type Kind = 'info' | 'warning' | 'danger' | 'done';

/** One calm sentence about the state of things, with what can be done about it. Danger interrupts a screen reader, the others wait. */
export function Banner({
  kind = 'info',
  actions,
  className,
  children,
}: {
  kind?: Kind;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  const { frame, tone, glyph } = KINDS[kind];
  return (
    <div
      role={kind === 'danger' ? 'alert' : 'status'}
      className={classes(
        'flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md border bg-surface py-2 pr-2 pl-3',
        frame,
        className,
      )}
    >
      <span className="flex min-w-0 flex-1 basis-60 items-start gap-2">
        <Glyph name={glyph} className={classes('mt-1', tone)} />
        <span className="min-w-0">{children}</span>
      </span>
      {actions ? <PaletteArea className="flex flex-wrap gap-2">{actions}</PaletteArea> : null}
    </div>
  );
}

const KINDS: Record<Kind, { frame: string; tone: string; glyph: GlyphName }> = {
  info: { frame: 'border-hairline', tone: 'text-blue', glyph: '●' },
  warning: { frame: 'border-amber', tone: 'text-amber', glyph: '!' },
  danger: { frame: 'border-red', tone: 'text-red', glyph: '!' },
  done: { frame: 'border-green', tone: 'text-green', glyph: '✔' },
};
