import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes.ts';

/** A dense table that scrolls inside itself, with a header that stays. */
export function Table({
  caption,
  head,
  children,
  className,
}: {
  caption: string;
  head: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section
      className={classes('relative min-w-0 overflow-auto rounded-md border border-hairline', className)}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={caption}
    >
      <table className="w-full border-separate border-spacing-0 text-left text-13">
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 z-10 bg-surface">
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

type Align = { align?: 'start' | 'end' };

export function HeadCell({ align = 'start', className, ...rest }: Omit<ComponentProps<'th'>, 'align'> & Align) {
  return (
    <th
      scope="col"
      className={classes(
        'border-b border-hairline px-3 py-1.5 text-12 font-medium whitespace-nowrap text-muted',
        align === 'end' && 'text-right',
        className,
      )}
      {...rest}
    />
  );
}

export function Row({ className, ...rest }: ComponentProps<'tr'>) {
  return <tr className={classes('h-8 hover:bg-surface [&:last-child>td]:border-b-0', className)} {...rest} />;
}

export function Cell({ align = 'start', className, ...rest }: Omit<ComponentProps<'td'>, 'align'> & Align) {
  return <td className={classes('border-b border-hairline px-3 py-1.5', align === 'end' && 'text-right', className)} {...rest} />;
}
