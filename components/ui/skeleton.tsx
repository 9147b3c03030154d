import { classes } from './classes.ts';

/** The shape of what is on its way. Say what it is once, for those who can't see it. */
export function Skeleton({ label = 'Loading', rows = 1, className }: { label?: string; rows?: number; className?: string }) {
  return (
    <div role="status" className={classes('flex flex-col gap-2', className)}>
      <span className="sr-only">{label}…</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are the same and never move
        <Block key={row} className="h-6" width={`${100 - ((row * 17) % 40)}%`} />
      ))}
    </div>
  );
}

/** One block of an outline. */
export function Block({ className, width }: { className: string; width?: string }) {
  return (
    <span
      className={classes('block animate-[shimmer_0.9s_ease-in-out_infinite_alternate] rounded-md bg-sunken', className)}
      style={width === undefined ? undefined : { width }}
    />
  );
}
