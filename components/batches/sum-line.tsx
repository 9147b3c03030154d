import { classes } from '#components/ui/classes.ts';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Zoned } from '#components/ui/relative-time.tsx';
import type { Sum } from '#lib/core/receipts/sum.ts';
import { verdictOf } from './words.ts';

const PARTS: { key: Exclude<keyof Sum, 'approved' | 'addsUp' | 'difference' | 'checked'>; word: string }[] = [
  { key: 'done', word: 'done' },
  { key: 'skipped', word: 'skipped' },
  { key: 'failed', word: 'failed' },
  { key: 'uncertain', word: 'uncertain' },
  { key: 'notExecuted', word: 'not executed' },
  { key: 'inFlight', word: 'in flight' },
  { key: 'waiting', word: 'waiting' },
];

/** The sum that must add up: approved actions on the left, and what became of each on the right. */
export function SumLine({ sum }: { sum: Sum }) {
  if (sum.approved === 0 && sum.addsUp)
    return <p className="text-muted">No action has been approved yet. Nothing has been sent.</p>;
  return (
    <p className="flex flex-wrap items-baseline gap-x-1.5 gap-y-1 text-14">
      <Term count={sum.approved} word="approved" strong /> <span className="text-muted">=</span>
      {PARTS.map(({ key, word }, index) => (
        <span key={key} className="inline-flex items-baseline gap-x-1.5">
          {index === 0 ? null : <span className="text-muted">+</span>}
          <Term
            count={sum[key]}
            word={word}
            loud={sum[key] > 0 && key === 'failed' ? 'text-red' : sum[key] > 0 && key === 'uncertain' ? 'text-magenta' : ''}
          />
        </span>
      ))}
      <Verdict sum={sum} />
    </p>
  );
}

function Term({ count, word, strong = false, loud = '' }: { count: number; word: string; strong?: boolean; loud?: string }) {
  return (
    <span className={classes('whitespace-nowrap', loud)}>
      <span className={strong || loud ? 'font-medium' : count === 0 ? 'text-muted' : ''}>{formatCount(count)}</span>{' '}
      <span className={loud || 'text-muted'}>{word}</span>
    </span>
  );
}

function Verdict({ sum }: { sum: Sum }) {
  const { says, words, more } = verdictOf(sum);
  if (says === 'differs')
    return (
      <span role="alert" className="ml-2 inline-flex items-center gap-1 font-medium text-red">
        <Glyph name="!" /> <Zoned text={words} />
      </span>
    );
  if (says === 'unknown')
    return (
      <span title={more ?? undefined} className="ml-2 whitespace-nowrap text-muted">
        <Zoned text={words} />
      </span>
    );
  return (
    <span title={more ?? undefined} className="ml-2 inline-flex items-center gap-1 font-medium whitespace-nowrap text-green">
      <Glyph name="✓" />{' '}
      <span>
        <Zoned text={words} />
      </span>
    </span>
  );
}
