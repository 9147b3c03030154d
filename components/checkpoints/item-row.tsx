import { classes } from '#components/ui/classes.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Outside } from '#components/ui/outside.tsx';
import { StateBadge, type StateLook } from '#components/ui/state-badge.tsx';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { ShownMark } from './marks.ts';

type Props = {
  id: string;
  sample: Sample;
  /** the one that the list is of */
  category: string;
  moved: string | null;
  mark: ShownMark | null;
  /** who moved it where since this screen was read */
  meanwhile: { by: string; to: string } | null;
  /** of a decided chunk, what became of it; null where nothing did */
  became: StateLook | null;
  selected: boolean;
  onSelect: () => void;
  elementRef?: (element: HTMLElement | null) => void | (() => void);
};

/** One item as a line of the list. It stays where it is when it is moved to another category, and says where it went. */
export function ItemRow({ id, sample, category, moved, mark, meanwhile, became, selected, onSelect, elementRef }: Props) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox around it has the keys
    <div
      id={id}
      ref={elementRef}
      role="option"
      aria-selected={selected}
      tabIndex={-1}
      onClick={onSelect}
      className={classes(
        'row-item flex h-8 cursor-pointer items-center gap-2 rounded-md px-2 pointer-coarse:h-11',
        selected ? 'bg-selected' : 'hover:bg-sunken',
      )}
    >
      <span className="w-3 shrink-0 text-muted">
        {sample.mark ? <Glyph name={sample.mark === 'random' ? '●' : '○'} className="size-2.5" /> : null}
      </span>
      {sample.mark ? <span className="sr-only">{sample.mark},</span> : null}
      <span className={classes('min-w-0 flex-1 truncate', moved !== null && 'text-muted')}>
        <Outside text={sample.line} />
      </span>
      {meanwhile ? (
        <span className="shrink-0 text-12 font-medium text-amber">
          {meanwhile.by}: → {meanwhile.to}
        </span>
      ) : null}
      {moved !== null ? (
        <span className="shrink-0 text-12 font-medium text-rust">→ {moved}</span>
      ) : mark ? (
        <Marked mark={mark} category={category} />
      ) : null}
      {became ? <StateBadge {...became} className="shrink-0 text-12" /> : null}
      <span className={classes('w-8 shrink-0 text-right text-12', sample.confidence < 0.6 ? 'text-amber' : 'text-muted')}>
        <span className="sr-only">confidence </span>
        {sample.confidence.toFixed(2).replace(/^0/, '').replace(/\.00$/, '.0')}
      </span>
    </div>
  );
}

/** A mark of its list's category, or of where it came from: one that was moved was looked at too. */
function Marked({ mark: { verdict, category: of }, category }: { mark: ShownMark; category: string }) {
  if (verdict === 'right')
    return (
      <span className="inline-flex shrink-0 items-center gap-1 text-12 text-green">
        <Glyph name="✓" /> right
      </span>
    );
  return (
    <span className="inline-flex shrink-0 items-center gap-1 text-12 text-rust">
      <Glyph name="✕" /> {of === category ? 'wrong' : `wrong in ${of}`}
    </span>
  );
}
