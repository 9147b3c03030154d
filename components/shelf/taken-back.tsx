import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import type { TakenBack as Taken } from '#lib/shapes/shelf.ts';

/** Which batches took back what, as a sentence for each; nothing where none did. */
export function TakenBack({ by }: Pick<Taken, 'by'>) {
  return by.map(({ id, name, count }) => (
    <span key={id} className="block">
      {formatCount(count)} {count === 1 ? 'was' : 'were'} taken back by{' '}
      <Link href={`/batches/${id}`} className="font-medium underline underline-offset-2">
        {name}
      </Link>
      .
    </span>
  ));
}
