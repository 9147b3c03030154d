import Link from 'next/link';
import { receiptLook } from '../receipt/look.ts';
import { classes } from '../ui/classes.ts';
import { formatClock } from '../ui/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { TONE_TEXT } from '../ui/state-badge.tsx';

export type TapeLine = { chunk: number; seq: number; at: string; line: string; kind: string; result: string | null };

/** The newest receipts, newest first, one line each. */
export function Tape({ batchId, lines }: { batchId: string; lines: TapeLine[] }) {
  if (lines.length === 0) return <p className="py-2 text-muted">Nothing sent yet. Receipts appear here.</p>;
  return (
    <ol
      aria-label="Newest receipts"
      className="relative max-h-96 overflow-auto rounded-md border border-hairline bg-surface py-1 font-mono text-12 leading-[18px]"
    >
      {lines.map((line) => {
        const look = receiptLook(line);
        return (
          <li key={`${line.chunk}.${line.seq}`} className="hover:bg-sunken">
            <Link
              href={`/batches/${batchId}/receipts/${line.chunk}.${line.seq}`}
              className="flex items-start gap-3 px-3 py-0.5 focus-visible:-outline-offset-2"
            >
              <time dateTime={line.at} className="shrink-0 text-muted">
                {formatClock(line.at)}
              </time>
              <span className={classes('mt-[3px] shrink-0', TONE_TEXT[look.tone])}>
                <Glyph name={look.glyph} />
                <span className="sr-only">{look.word}</span>
              </span>
              <span className="min-w-0 break-words">{line.line}</span>
            </Link>
          </li>
        );
      })}
    </ol>
  );
}
