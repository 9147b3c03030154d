/** Which columns a checkpoint's list has, and how wide they are. Pure. */
import { columnsOf } from '#components/datasets/columns.ts';
import type { ListColumns } from '#lib/shapes/chunk-items.ts';

export type ListColumn = ListColumns['fields'][number] & { label: string };

/** Beside the pane of an item there is room for so many, where nobody chose, with the end of each line: a mark that is cut off is none. */
const SHOWN_FIRST_MAX = { marked: 4, became: 3 };
const COLUMN_PX_MIN = 68;
/** A day that is cut off is none. */
const DAY_PX_MIN = 86;

const leastOf = ({ type }: Pick<ListColumn, 'type'>): number => (type === 'date' ? DAY_PX_MIN : COLUMN_PX_MIN);

/** What was chosen; else what decided and what receipts name, else the first fields. */
export function shownColumns({ fields, chosen }: ListColumns, label: (name: string) => string, stands: Stands): ListColumn[] {
  const labelled = (field: ListColumns['fields'][number]) => ({ ...field, label: label(field.name) });
  if (chosen)
    return chosen.flatMap((name) => {
      const field = fields.find((one) => one.name === name);
      return field ? [labelled(field)] : [];
    });
  const telling = fields.filter(({ from }) => from !== null);
  return (telling.length > 0 ? telling : fields).slice(0, SHOWN_FIRST_MAX[stands]).map(labelled);
}

/** A mark is a word; what became of an action is a glyph and a word, which are not cut. */
const STANDS = { marked: { px: 56, track: 'minmax(56px, 80px)' }, became: { px: 104, track: 'minmax(104px, 136px)' } };
export type Stands = keyof typeof STANDS;

/** The tracks of the grid that lines and their header share: a box, the columns, what decided, how sure it is, and how it stands. */
export function trackOf(
  columns: readonly ListColumn[],
  items: readonly { fields: Readonly<Record<string, string>> }[],
  stands: Stands,
): string {
  const widths = columnsOf(columns, items).map(({ width }, index) => {
    const least = leastOf(columns[index] as ListColumn);
    return `minmax(${Math.min(width, least)}px, ${width}fr)`;
  });
  return ['40px', ...(widths.length > 0 ? widths : ['1fr']), '52px', '40px', STANDS[stands].track].join(' ');
}

/** Between two tracks, and beside the first and the last. */
const GAP_PX = 8;

/** The least that they take. */
export function leastWidth(columns: readonly ListColumn[], stands: Stands): number {
  const tracks = 40 + 52 + 40 + STANDS[stands].px + columns.reduce((all, column) => all + leastOf(column), 0);
  return tracks + GAP_PX * (columns.length + 3 + 2);
}
