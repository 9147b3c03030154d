import { classes } from './classes.ts';

const HEIGHT = 32;

/** Numbers over time as a line, for the eye; `label` tells what there is to see in words. As wide as its place; the highest number touches the top. */
export function SparkLine({ values, label, className }: { values: readonly number[]; label: string; className?: string }) {
  const max = Math.max(...values, 0);
  const y = (value: number): number => HEIGHT - 1 - (max === 0 ? 0 : (value / max) * (HEIGHT - 2));
  const points = values.map((value, index) => `${index},${y(value).toFixed(1)}`).join(' ');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${Math.max(1, values.length - 1)} ${HEIGHT}`}
      preserveAspectRatio="none"
      className={classes('block h-8 w-full', className)}
    >
      <polygon points={`0,${HEIGHT} ${points} ${values.length - 1},${HEIGHT}`} fill="currentColor" opacity="0.12" />
      <polyline
        points={points}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
