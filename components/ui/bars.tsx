/** A small bar chart for the eye; whoever can't see it gets the table beside it. */
export function Bars({ values, label, highlight }: { values: number[]; label: string; highlight?: number | null }) {
  const max = Math.max(1, ...values);
  return (
    <div role="img" aria-label={label} className="flex h-16 items-end gap-px overflow-hidden">
      {values.map((value, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its position
          key={index}
          className={`min-w-0.5 flex-1 rounded-t-[2px] ${index === highlight ? 'bg-accent' : 'bg-control'}`}
          style={{ height: `${Math.max(value > 0 ? 3 : 0, (value / max) * 100)}%`, maxWidth: 56 }}
        />
      ))}
    </div>
  );
}
