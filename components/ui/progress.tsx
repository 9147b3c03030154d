import { classes } from './classes.ts';
import { TONE_FILL, type Tone } from './state-badge.tsx';

/** A bar with its words. `value` is 0..1, or null while the end is not known. */
export function Progress({
  label,
  value,
  tone = 'accent',
  hideLabel = false,
}: {
  label: string;
  value: number | null;
  tone?: Tone;
  hideLabel?: boolean;
}) {
  // Rounded down: full is only what is complete.
  const percent = value === null ? null : Math.floor(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div className="min-w-0">
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(percent === null ? {} : { 'aria-valuenow': percent })}
        className="h-1.5 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className={classes(
            'h-full rounded-full transition-[width]',
            TONE_FILL[tone],
            percent === null && 'w-1/3 animate-[shimmer_0.9s_ease-in-out_infinite_alternate]',
          )}
          style={percent === null ? undefined : { width: `${percent}%` }}
        />
      </div>
      {hideLabel ? null : <p className="mt-1 text-12 text-muted">{label}</p>}
    </div>
  );
}
