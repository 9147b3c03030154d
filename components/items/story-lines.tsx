import type { ReactNode } from 'react';
import { classes } from '#components/ui/classes.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import { Instant, Zoned } from '#components/ui/relative-time.tsx';
import { TONE_TEXT } from '#components/ui/state-badge.tsx';
import type { Story, StoryLine } from '#lib/shapes/stories.ts';
import { lineLook, lineWords, originLine } from './words.ts';

type Props = { story: Pick<Story, 'lines' | 'ordinal' | 'batch'> /** whether datasets may be looked at */; sees: boolean };

/** What happened to an item, line by line: what, when, and the receipt that says so. */
export function StoryLines({ story: { lines, ordinal, batch }, sees }: Props) {
  return (
    <ol aria-label="What happened" className="flex flex-col">
      {lines.map((line, index) => {
        const look = lineLook(line);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a story only grows at its end
          <li key={index} className="grid break-inside-avoid grid-cols-[12px_1fr] gap-x-4">
            <span className="flex flex-col items-center">
              <span className={classes('mt-1.5', TONE_TEXT[look.tone])}>
                <Glyph name={look.glyph} />
              </span>
              {index < lines.length - 1 ? <span className="mt-1.5 w-px flex-1 bg-hairline" /> : null}
            </span>
            <div className="min-w-0 pb-5">
              <p className={classes('text-14 break-words', line.receipt?.altered && 'font-medium text-red')}>
                <span className="sr-only">{look.word}: </span>
                {line.kind === 'classified' ? <Zoned text={lineWords(line, ordinal)} /> : lineWords(line, ordinal)}
              </p>
              <p className="mt-0.5 flex flex-wrap items-center gap-x-3 font-mono text-12 leading-[18px] text-muted">
                {line.at ? <Instant iso={line.at} /> : null}
                <Places line={line} batchId={batch.id} sees={sees} />
              </p>
              {line.kind === 'classified' && originLine(line) !== null ? (
                <p className="mt-1 text-12 text-muted">{originLine(line)}</p>
              ) : null}
              {line.kind === 'acted' && line.answer !== null ? (
                <details className="mt-1">
                  <summary className="w-fit text-12 text-muted hover:text-text">What the target answered</summary>
                  <pre
                    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
                    tabIndex={0}
                    className="mt-2 overflow-x-auto rounded-md bg-sunken p-3 font-mono text-12 leading-[18px] break-all whitespace-pre-wrap"
                  >
                    {line.answer}
                  </pre>
                </details>
              ) : null}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** Where it is written: the receipt, the dataset, or the same item in another batch. */
function Places({ line, batchId, sees }: { line: StoryLine; batchId: string; sees: boolean }): ReactNode {
  if (line.kind === 'again')
    return <Place href={`/batches/${line.link.batchId}/items/${line.link.ordinal}`}>its story there</Place>;
  if (line.kind === 'undoes' || line.kind === 'undone') {
    const { link } = line;
    return (
      <>
        <Place href={`/batches/${link.batchId}/receipts/${link.chunk}.${link.seq}`}>
          receipt {link.chunk}.{link.seq} of {link.batchName}
        </Place>
        <Place href={`/batches/${link.batchId}/items/${link.ordinal}`}>its story there</Place>
      </>
    );
  }
  if (line.kind === 'read')
    return sees && line.deleted === null ? (
      <>
        <Place href={`/datasets/${line.dataset.id}`}>dataset</Place>
        <Place href={`/datasets/${line.dataset.id}/reading`}>how it was read</Place>
      </>
    ) : null;
  if (!line.receipt) return null;
  const { chunk, seq } = line.receipt;
  return (
    <Place href={`/batches/${batchId}/receipts/${chunk}.${seq}`}>
      receipt {chunk}.{seq}
      {line.kind === 'acted' && line.row.kind === 'intent' ? ', with its request' : ''}
    </Place>
  );
}

function Place({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className="underline underline-offset-2 hover:text-text">
      {children}
    </Link>
  );
}
