'use client';

import { classes } from '#components/ui/classes.ts';

type Props<Id extends string> = {
  label: string;
  choices: readonly { id: Id; label: string; none?: string | undefined }[];
  chosen: Id;
  onChoose: (id: Id) => void;
};

/** One of a few ways to see the same. `none`: why there is nothing to be seen that way. */
export function Choice<Id extends string>({ label, choices, chosen, onChoose }: Props<Id>) {
  return (
    <fieldset aria-label={label} className="flex flex-wrap gap-0.5">
      {choices.map(({ id, label: words, none }) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === chosen}
          disabled={none !== undefined}
          title={none}
          onClick={() => onChoose(id)}
          className={classes(
            'row-item rounded-md px-2 whitespace-nowrap transition-colors',
            id === chosen ? 'bg-sunken font-medium' : 'text-muted hover:text-text',
            none !== undefined && 'line-through',
          )}
        >
          {words}
        </button>
      ))}
    </fieldset>
  );
}
