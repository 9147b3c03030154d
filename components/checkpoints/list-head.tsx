import { FieldName } from '#components/datasets/field-labels.tsx';
import { classes } from '#components/ui/classes.ts';
import type { ListColumn } from './list-columns.ts';

type Props = {
  columns: readonly ListColumn[];
  template: string;
  sort: {
    by: string | null;
    descending: boolean /** null: more items than can be sorted */;
    press: ((by: string) => void) | null;
  };
};

/** The names of the columns; a press sorts by one. */
export function ListHead({ columns, template, sort }: Props) {
  const name = (by: string, label: string, end = false) => <Name key={by} by={by} label={label} end={end} sort={sort} />;
  return (
    <fieldset
      aria-label="Columns"
      className="sticky top-0 z-10 grid h-8 items-center gap-2 border-b border-hairline bg-surface px-2 text-12 text-muted"
      style={{ gridTemplateColumns: template }}
    >
      <span />
      {columns.length > 0 ? (
        columns.map(({ name: own, label, type }) => name(`field.${own}`, label, type === 'number'))
      ) : (
        <span />
      )}
      {name('why', 'Rule')}
      {name('confidence', 'Sure', true)}
      <span className="truncate">Mark</span>
    </fieldset>
  );
}

function Name({ by, label, end, sort }: { by: string; label: string; end: boolean; sort: Props['sort'] }) {
  const sorted = sort.by === by;
  const direction = sorted ? (sort.descending ? 'descending' : 'ascending') : null;
  return (
    <button
      type="button"
      disabled={sort.press === null}
      title={sort.press === null ? 'More items than can be sorted at once. Search or filter for fewer.' : `Sort by ${label}`}
      onClick={() => sort.press?.(by)}
      className={classes(
        'h-full min-w-0 truncate rounded-md font-medium underline-offset-2 enabled:hover:text-text enabled:hover:underline',
        end ? 'text-right' : 'text-left',
        sorted && 'text-text',
      )}
    >
      {by.startsWith('field.') ? <FieldName name={by.slice('field.'.length)} /> : label}
      {direction ? (
        <>
          <span aria-hidden="true"> {direction === 'ascending' ? '↑' : '↓'}</span>
          <span className="sr-only">, sorted {direction}</span>
        </>
      ) : null}
    </button>
  );
}
