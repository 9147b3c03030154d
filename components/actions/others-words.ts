/** In what the other requests of a category differ from the one that is shown. */
import { formatCount } from '#components/ui/format.ts';

type Others = {
  others: number;
  /** null: any field may differ */
  differ: string[] | null;
  /** how many of the others were compared */
  compared: number;
};

/** "The other 1,901 differ in: id, subject." `label`: what people call a field; `of`: the chunk, where the question is about more than that one. */
export function othersWords(
  { others, differ, compared }: Others,
  label: (name: string) => string,
  of: string | null = null,
): string {
  const where = of === null ? '' : ` of ${of}`;
  if (others === 0) return `There is no other${where}.`;
  const all = `${others === 1 ? 'The other one' : `The other ${formatCount(others)}`}${where}`;
  if (differ === null)
    return `${all} ${others === 1 ? 'is its own request, and may differ' : 'are requests of their own, and may differ'} in anything.`;
  const some = compared < others ? ` Compared were the first ${formatCount(compared)} of them.` : '';
  if (differ.length === 0) return `${all} ${others === 1 ? 'is' : 'are'} the same.${some}`;
  return `${all} ${others === 1 ? 'differs' : 'differ'} in: ${differ.map(label).join(', ')}.${some}`;
}
