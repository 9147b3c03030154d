import { AnswerView } from '#components/actions/request-view.tsx';
import { classes } from '#components/ui/classes.ts';
import { Digest } from '#components/ui/digest.tsx';
import { Glyph } from '#components/ui/glyph.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import { TONE_TEXT } from '#components/ui/state-badge.tsx';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import { receiptLook } from './look.ts';
import { storyWords } from './words.ts';

/** Everything that was recorded about one item, step by step, as sentences with their proof beside them. */
export function ReceiptStory({ receipts, names }: { receipts: ReceiptRow[]; names: Record<string, string> }) {
  return (
    <ol className="flex flex-col">
      {receipts.map((receipt, index) => {
        const look = receiptLook(receipt);
        return (
          <li key={`${receipt.chunk}.${receipt.seq}`} className="grid grid-cols-[12px_1fr] gap-x-4">
            <span className="flex flex-col items-center">
              <span className={classes('mt-1.5', TONE_TEXT[look.tone])}>
                <Glyph name={look.glyph} />
              </span>
              {index < receipts.length - 1 ? <span className="mt-1.5 w-px flex-1 bg-hairline" /> : null}
            </span>
            <div className="pb-5">
              <p className="text-14">
                <span className="sr-only">{look.word}: </span>
                {storyWords(receipt, names)}
              </p>
              <p className="mt-0.5 flex flex-wrap items-center gap-x-3 font-mono text-12 leading-[18px] text-muted">
                <Instant iso={receipt.committedAt} />
                <span>
                  receipt {receipt.chunk}.{receipt.seq}
                </span>
                <Digest hex={receipt.leaf} label="Hash" />
              </p>
              {receipt.answer === null ? null : (
                <section aria-label="What the target answered" className="mt-2">
                  <AnswerView text={receipt.answer} />
                </section>
              )}
              <details className="mt-1">
                <summary className="w-fit text-12 text-muted hover:text-text">Body of the receipt</summary>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
                <pre tabIndex={0} className="mt-2 overflow-x-auto rounded-md bg-sunken p-3 font-mono text-12 leading-[18px]">
                  {JSON.stringify(receipt.body, null, 2)}
                </pre>
              </details>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
