import { type MouseEvent, memo } from 'react';
import { FieldValue } from '#components/datasets/field-labels.tsx';
import { reasonWords } from '#components/plans/reason-words.ts';
import { classes } from '#components/ui/classes.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Outside } from '#components/ui/outside.tsx';
import { StateBadge, type StateLook } from '#components/ui/state-badge.tsx';
import { beginOf } from '#lib/core/values/legible.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { ListColumn } from './list-columns.ts';
import type { ShownMark } from './marks.ts';

type Props = {
  id: string;
  sample: Sample;
  /** the one that the list is of */
  category: string;
  columns: readonly ListColumn[];
  /** the tracks of the columns; null: a line with what the columns say folded under it */
  template: string | null;
  moved: string | null;
  mark: ShownMark | null;
  /** who moved it where since this screen was read */
  meanwhile: { by: string; to: string } | null;
  /** of a decided chunk, what became of it; null where nothing did */
  became: StateLook | null;
  /** the one that is open */
  selected: boolean;
  /** one of those that are moved together; null: nothing is moved here */
  picked: boolean | null;
  onPress: (ordinal: number, how: 'open' | 'toggle' | 'extend') => void;
  elementRef?: (element: HTMLElement | null) => void | (() => void);
};

/** One item as a line of the list. It stays where it is when it is moved to another category, and says where it went. */
export const ItemRow = memo(function ItemRow({ id, elementRef, ...row }: Props) {
  const { sample, template, selected, picked, onPress } = row;
  const press = ({ shiftKey, ctrlKey, metaKey }: MouseEvent) =>
    onPress(sample.ordinal, picked === null ? 'open' : shiftKey ? 'extend' : ctrlKey || metaKey ? 'toggle' : 'open');
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the page's keys do the same
    <div
      id={id}
      ref={elementRef}
      role="option"
      aria-selected={selected}
      aria-checked={picked ?? undefined}
      tabIndex={-1}
      onClick={press}
      // Shift selects lines here, not their text.
      onMouseDown={(event) => (event.shiftKey ? event.preventDefault() : undefined)}
      style={template === null ? undefined : { gridTemplateColumns: template }}
      className={classes(
        'cursor-pointer items-center gap-2 px-2',
        template === null ? 'flex h-14' : 'grid h-8 pointer-coarse:h-11',
        selected ? 'bg-selected' : picked ? 'bg-sunken' : 'hover:bg-sunken',
        selected && 'shadow-[inset_2px_0_0_var(--tone-accent)]',
      )}
    >
      <Box {...row} />
      {template === null ? <Folded {...row} /> : <Cells {...row} />}
    </div>
  );
});

type Drawn = Omit<Props, 'id' | 'elementRef'>;

/** What it is a sample of, and the box that selects it. */
function Box({ sample, picked, onPress }: Drawn) {
  return (
    <span className="flex shrink-0 items-center gap-1.5">
      {picked === null ? null : (
        <span
          data-box=""
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            onPress(sample.ordinal, event.shiftKey ? 'extend' : 'toggle');
          }}
          className="-my-2 -ml-2 flex items-center self-stretch py-2 pl-2 pointer-coarse:p-3 pointer-coarse:pl-2"
        >
          <span
            className={classes(
              'flex size-3.5 items-center justify-center rounded-[3px] border',
              picked ? 'border-accent bg-accent text-on-tone' : 'border-control bg-background',
            )}
          >
            {picked ? <Glyph name="✓" className="size-2.5" /> : null}
          </span>
        </span>
      )}
      <span className="w-2.5 text-muted">
        {sample.mark ? <Glyph name={sample.mark === 'random' ? '●' : '○'} className="size-2.5" /> : null}
      </span>
      {sample.mark ? <span className="sr-only">{sample.mark},</span> : null}
    </span>
  );
}

function Cells(row: Drawn) {
  const { sample, columns, moved } = row;
  return (
    <>
      {columns.length === 0 ? (
        <span className={classes('truncate', moved !== null && 'text-muted')}>
          <Outside text={sample.line} />
        </span>
      ) : (
        columns.map(({ name, type }) => (
          <span key={name} className={classes('truncate', type === 'number' && 'text-right', moved !== null && 'text-muted')}>
            <Value sample={sample} name={name} />
          </span>
        ))
      )}
      <span className="truncate text-12 text-muted" title={beginOf(reasonWords(sample.why), SHOWN)}>
        {decidedBy(sample)}
      </span>
      <Sure sample={sample} />
      <span className="flex min-w-0 justify-end gap-1 overflow-hidden text-right whitespace-nowrap">
        <Stands {...row} />
      </span>
    </>
  );
}

/** Where there is little room: what names it, and under it what the columns would say. */
function Folded(row: Drawn) {
  const { sample, columns, moved } = row;
  return (
    <span className="flex min-w-0 flex-1 flex-col">
      <span className="flex items-center gap-2">
        <span className={classes('min-w-0 flex-1 truncate', moved !== null && 'text-muted')}>
          <Outside text={sample.line} />
        </span>
        <Stands {...row} />
      </span>
      <span className="truncate text-12 text-muted">
        {decidedBy(sample)} <Sure sample={sample} />
        {columns.map(({ name, label }) => (
          <span key={name}>
            {' · '}
            <Outside text={label} />: <Value sample={sample} name={name} />
          </span>
        ))}
      </span>
    </span>
  );
}

function Value({ sample: { fields }, name }: { sample: Sample; name: string }) {
  return <FieldValue name={name} value={Object.hasOwn(fields, name) ? beginOf(fields[name] ?? '', SHOWN) : ''} />;
}

/** A cell can hold a megabyte; a line shows its beginning. */
const SHOWN = 200;

/** The rule, or who corrected it; a dash where neither can be told. */
function decidedBy({ rule, by, confidence }: Sample): string {
  return rule ?? (confidence === 1 ? by : '–');
}

function Sure({ sample: { confidence } }: { sample: Sample }) {
  return (
    <span className={classes('text-right text-12', confidence < 0.6 ? 'text-amber' : 'text-muted')}>
      <span className="sr-only">confidence </span>
      {confidence.toFixed(2).replace(/^0/, '').replace(/\.00$/, '.0')}
    </span>
  );
}

/** Where it went, whether somebody looked at it, what became of it. */
function Stands({ category, moved, mark, meanwhile, became }: Drawn) {
  return (
    <>
      {meanwhile ? (
        <span className="truncate text-12 font-medium text-amber">
          {meanwhile.by}: → {meanwhile.to}
        </span>
      ) : null}
      {moved !== null ? (
        <span className="truncate text-12 font-medium text-rust">→ {moved}</span>
      ) : mark ? (
        <Marked mark={mark} category={category} />
      ) : null}
      {became ? <StateBadge {...became} className="shrink-0 text-12" /> : null}
    </>
  );
}

/** A mark of its list's category, or of where it came from: one that was moved was looked at too. */
function Marked({ mark: { verdict, category: of, filed }, category }: { mark: ShownMark; category: string }) {
  if (verdict === 'right')
    return (
      <span className="inline-flex shrink-0 items-center gap-1 text-12 text-green">
        <Glyph name="✓" /> right
      </span>
    );
  if (filed)
    return (
      <span className="inline-flex min-w-0 items-center gap-1 text-12 text-muted">
        <Glyph name="◆" /> <span className="truncate">filed from {of}</span>
      </span>
    );
  return (
    <span className="inline-flex min-w-0 items-center gap-1 text-12 text-rust">
      <Glyph name="✕" /> <span className="truncate">{of === category ? 'wrong' : `wrong in ${of}`}</span>
    </span>
  );
}
