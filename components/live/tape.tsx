import type { ReactNode } from 'react';
import { StoryLink } from '#components/items/story-link.tsx';
import { receiptLook } from '#components/receipts/look.ts';
import { classes } from '#components/ui/classes.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import { Instant, Zoned } from '#components/ui/relative-time.tsx';
import { type StateLook, TONE_TEXT } from '#components/ui/state-badge.tsx';
import type { TapeLine } from '#lib/shapes/live.ts';

const FRAME = 'relative overflow-auto rounded-md border border-hairline bg-surface py-1 font-mono text-12 leading-[18px]';
const ROW = 'flex items-start gap-3 px-3 py-0.5';

/** What happened to the batch itself, which stays in sight however fast receipts come, and the newest receipts; newest first, one line each. */
export function Tape({ batchId, lines }: { batchId: string; lines: TapeLine[] }) {
  const told = lines.filter(({ seq }) => seq === null);
  const receipts = lines.filter(({ seq }) => seq !== null);
  return (
    <>
      {told.length > 0 ? (
        <ol
          aria-label="What else happened"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard
          tabIndex={0}
          className={classes(FRAME, 'max-h-24 shrink-0')}
        >
          {told.map((line) => (
            <li key={line.id} className={ROW}>
              <LineOf line={line} look={TOLD[line.kind] ?? BY_A_PERSON} />
            </li>
          ))}
        </ol>
      ) : null}
      {receipts.length > 0 ? (
        <ol aria-label="Newest receipts" className={classes(FRAME, 'max-h-96')}>
          {receipts.map((line) => (
            <li key={line.id} className="flex items-start hover:bg-sunken">
              <Link
                href={`/batches/${batchId}/receipts/${line.chunk}.${line.seq}`}
                className={classes(ROW, 'min-w-0 flex-1 focus-visible:-outline-offset-2')}
              >
                <LineOf line={line} look={receiptLook(line)} />
              </Link>
              {line.ordinal === null ? null : <StoryLink batchId={batchId} ordinal={line.ordinal} className="px-3 py-0.5" />}
            </li>
          ))}
        </ol>
      ) : (
        <p className="py-2 text-muted">Nothing sent yet. Receipts appear here.</p>
      )}
    </>
  );
}

function LineOf({ line, look }: { line: TapeLine; look: StateLook }): ReactNode {
  return (
    <>
      <span className="shrink-0 text-muted">
        <Instant iso={line.at} clock />
      </span>
      <span className={classes('mt-[3px] shrink-0', TONE_TEXT[look.tone])}>
        <Glyph name={look.glyph} />
        <span className="sr-only">{look.word}</span>
      </span>
      <span className="min-w-0 break-words">
        {line.seq !== null && line.ordinal === null ? <Zoned text={line.line} /> : line.line}
      </span>
    </>
  );
}

const BY_A_PERSON: StateLook = { tone: 'neutral', glyph: '●', word: 'Note' };
const TOLD: Record<string, StateLook> = {
  takeover: { tone: 'amber', glyph: '!', word: 'Takeover' },
  incident: { tone: 'red', glyph: '!', word: 'Stopped' },
  pause_target: { tone: 'neutral', glyph: '‖', word: 'Paused' },
  pause: { tone: 'neutral', glyph: '‖', word: 'Paused' },
  resume: { tone: 'neutral', glyph: '▶', word: 'Resumed' },
  cancel: { tone: 'neutral', glyph: '×', word: 'Stopped' },
  refuse_rest: { tone: 'neutral', glyph: '–', word: 'Left unsent' },
  accept_rest: { tone: 'neutral', glyph: '–', word: 'Left unsent' },
};
