import { Link } from '#components/ui/link.tsx';
import type { Reading } from '#lib/shapes/readings.ts';
import { madeToFit, readingLine } from './reading-words.ts';

type Props = { reading: Pick<Reading, 'dataset' | 'format' | 'layout' | 'fields'> };

/** How a dataset was read, in one line that leads to all of it. */
export function ReadingSummary({ reading }: Props) {
  return (
    <Link
      href={`/datasets/${reading.dataset}/reading`}
      className="inline-flex max-w-full flex-wrap items-baseline gap-x-2 text-muted underline-offset-2 hover:text-text hover:underline"
    >
      <span>
        <span className="sr-only">How it was read: </span>
        {readingLine(reading)} <span aria-hidden="true">▸</span>
      </span>
      {madeToFit(reading.layout).map(({ text, loss }) => (
        <span key={text} className={loss ? 'text-amber' : undefined}>
          {text}
        </span>
      ))}
    </Link>
  );
}
