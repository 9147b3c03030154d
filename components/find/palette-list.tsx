'use client';

import { useEffect } from 'react';
import { classes } from '#components/ui/classes.ts';
import { Outside } from '#components/ui/outside.tsx';
import { type FindQuery, hitsIn } from '#lib/core/find/query.ts';

export type Option = {
  id: string;
  label: string;
  /** what of it holds what was looked for, where its name does not */
  held?: { field: string; value: string } | null;
  /** where it is */
  about?: string | null;
  /** where it leads; a press with Ctrl opens it beside */
  href?: string;
  download?: boolean;
  /** goes on looking, or shows more: no thing of its own */
  quiet?: boolean;
  choose: () => void;
};

export type Group = {
  title: string;
  options: Option[];
  /** how far it was looked, or why it could not be */
  note: string | null;
  alert?: boolean;
};

type Props = {
  id: string;
  groups: Group[];
  /** the option that Enter chooses, by its place among all */
  at: number;
  query: FindQuery | null;
  onPoint: (id: string) => void;
};

/** The options in their groups, with what was looked for marked in them. The focus stays in the field. */
export function PaletteList({ id, groups, at, query, onPoint }: Props) {
  const shown = `${id}-${at}`;
  useEffect(() => {
    // Newer browsers give a promise, which is no clean-up.
    document.getElementById(shown)?.scrollIntoView({ block: 'nearest' });
  }, [shown]);
  let place = 0;
  return (
    <div id={id} role="listbox" aria-label="What was found, and what can be done" className="min-h-0 flex-1 overflow-y-auto p-1">
      {groups.map(({ title, options, note, alert }, index) => {
        const heading = `${id}-group-${index}`;
        return (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is no group of options
          <div key={title} role="group" aria-labelledby={heading} className="pb-1">
            <div id={heading} className="flex flex-wrap items-baseline gap-x-2 px-3 pt-2 pb-1 text-12 text-muted">
              <span className="font-medium">{title}</span>
              {note ? <span className={alert ? 'text-red' : ''}>{note}</span> : null}
            </div>
            {options.map((option) => {
              const own = place++;
              return (
                <PaletteOption
                  key={option.id}
                  domId={`${id}-${own}`}
                  option={option}
                  active={own === at}
                  query={query}
                  onPoint={() => onPoint(option.id)}
                />
              );
            })}
          </div>
        );
      })}
    </div>
  );
}

type OptionProps = { domId: string; option: Option; active: boolean; query: FindQuery | null; onPoint: () => void };

function PaletteOption({ domId, option, active, query, onPoint }: OptionProps) {
  const { label, held, about, href, download, quiet, choose } = option;
  const own = {
    ...{ id: domId, onMouseMove: onPoint },
    className: classes(
      'row-item flex items-center gap-x-3 rounded-md px-3 py-1 text-left outline-none max-sm:flex-col max-sm:items-stretch max-sm:justify-center',
      active && 'bg-selected',
      quiet && 'text-accent',
    ),
  };
  const words = (
    <>
      <span className="flex min-w-0 flex-col sm:flex-1">
        <span className="truncate max-sm:line-clamp-2 max-sm:break-words max-sm:whitespace-normal">
          <Marked text={label} query={query} />
        </span>
        {held ? (
          <span className="truncate text-12 text-muted max-sm:line-clamp-2 max-sm:break-words max-sm:whitespace-normal">
            {held.field}: <Marked text={held.value} query={query} />
          </span>
        ) : null}
      </span>
      {about ? <span className="max-w-[40%] shrink-0 truncate text-12 text-muted max-sm:max-w-full">{about}</span> : null}
    </>
  );
  if (href === undefined)
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys, as a combobox has
      <div {...own} role="option" aria-selected={active} tabIndex={-1} onClick={choose}>
        {words}
      </div>
    );
  return (
    <a
      {...own}
      role="option"
      aria-selected={active}
      tabIndex={-1}
      href={href}
      {...(download ? { download: true } : {})}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        if (!download) event.preventDefault();
        choose();
      }}
    >
      {words}
    </a>
  );
}

function Marked({ text, query }: { text: string; query: FindQuery | null }) {
  const hits = query ? hitsIn(query, text) : [];
  return <Outside text={text} hits={hits.length > 0 ? hits : undefined} />;
}
