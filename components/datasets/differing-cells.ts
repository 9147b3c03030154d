/** Which cells of two readings of the same lines are not the same, or mean something else. Pure. */
import { meaningOf } from '#lib/core/values/meaning.ts';
import type { ReadingPreview } from '#lib/shapes/readings.ts';
import { meaningBeside } from './meant-words.ts';

type Side = Pick<ReadingPreview['before'], 'rows' | 'fields'>;

/** As "line\nname of the field". A field or line that only one of them has differs there. */
export function differingCells(before: Side, after: Side): ReadonlySet<string> {
  const [one, other] = [cellsOf(before), cellsOf(after)];
  const differing = new Set<string>();
  for (const [cell, text] of one) if (other.get(cell) !== text) differing.add(cell);
  for (const [cell, text] of other) if (one.get(cell) !== text) differing.add(cell);
  return differing;
}

/** What stands in each cell, and what it means. */
function cellsOf({ rows, fields }: Side): Map<string, string> {
  const cells = new Map<string, string>();
  for (const field of fields) {
    const beside = meaningBeside(meaningOf(field));
    for (const row of rows) {
      const text = Object.hasOwn(row.fields, field.name) ? (row.fields[field.name] ?? '') : '';
      cells.set(`${row.line}\n${field.name}`, `${text}\n${beside(text) ?? ''}`);
    }
  }
  return cells;
}
