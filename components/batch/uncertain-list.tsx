'use client';

import { useState } from 'react';
import { reasonWords } from '../receipt/words.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Field, Input } from '../ui/field.tsx';
import { formatCount, formatInstant } from '../ui/format.ts';
import type { Outcome } from '../ui/outcome.ts';
import { StateBadge } from '../ui/state-badge.tsx';
import { useAct } from '../ui/use-act.ts';

export type UncertainItem = {
  ordinal: number;
  chunk: number;
  line: string;
  /** what was sent, in words: "POST https://…" */
  request: string | null;
  intentAt: string;
  reason: string | null;
  state: 'uncertain' | 'abandoned';
};
export type DoubtAnswer = 'happened' | 'did_not' | 'later' | 'abandon';

type Props = {
  items: UncertainItem[];
  mayAnswer: boolean;
  onAnswer: (answer: { ordinals: number[]; answer: DoubtAnswer; note: string }) => Promise<Outcome>;
};

/** Requests that went out and were never answered. A person says what became of each; nothing is resent from here. */
export function UncertainList({ items, mayAnswer, onAnswer }: Props) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [note, setNote] = useState('');
  const answer = useAct(onAnswer);
  const open = items.filter((item) => item.state === 'uncertain');
  if (items.length === 0)
    return <EmptyState title="Nothing is uncertain" text="Every request that was sent has an outcome." level={3} />;

  const give = async (word: DoubtAnswer) => {
    const outcome = await answer.run({ ordinals: [...chosen], answer: word, note });
    if (!outcome.ok) return;
    setChosen(new Set());
    setNote('');
  };
  const toggle = (ordinal: number) => {
    const next = new Set(chosen);
    if (!next.delete(ordinal)) next.add(ordinal);
    setChosen(next);
  };

  return (
    <section className="flex flex-col gap-3" aria-label="Uncertain">
      <p className="max-w-prose text-14">We sent this and heard nothing. It may have happened.</p>
      <ul className="rounded-md border border-hairline">
        {items.map((item) => (
          <li key={item.ordinal} className="border-b border-hairline last:border-b-0">
            <label className="row-item flex items-start gap-3 px-3 py-1.5 hover:bg-surface">
              <input
                type="checkbox"
                className="mt-0.5 size-4 shrink-0 accent-accent"
                checked={chosen.has(item.ordinal)}
                disabled={!mayAnswer || item.state === 'abandoned'}
                onChange={() => toggle(item.ordinal)}
              />
              <span className="min-w-0 flex-1">
                <span className="block break-words">{item.line}</span>
                <span className="block font-mono text-12 break-all text-muted">
                  {[
                    item.request,
                    `sent ${formatInstant(item.intentAt)}`,
                    item.reason && reasonWords(item.reason),
                    `chunk ${item.chunk}`,
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              </span>
              <StateBadge
                tone="magenta"
                glyph="?"
                word={item.state === 'abandoned' ? 'Accepted as unknown' : 'Uncertain'}
                className="max-sm:hidden"
              />
            </label>
          </li>
        ))}
      </ul>
      {mayAnswer ? (
        <div className="sticky bottom-2 flex flex-col gap-3 rounded-md border border-control bg-surface p-3 max-sm:bottom-14">
          <div className="flex flex-wrap items-end gap-3">
            <Button
              size="small"
              kind="ghost"
              onClick={() => setChosen(new Set(chosen.size === open.length ? [] : open.map(({ ordinal }) => ordinal)))}
            >
              {chosen.size === open.length ? 'Choose none' : `Choose all ${formatCount(open.length)} shown`}
            </Button>
            <Field label="How do you know? (kept in the receipt)" className="max-w-md flex-1 basis-60">
              <Input value={note} onChange={(event) => setNote(event.target.value)} />
            </Field>
          </div>
          <div className="flex flex-wrap gap-2">
            <Button disabled={chosen.size === 0} pending={answer.pending} onClick={() => give('happened')}>
              It happened{chosen.size > 1 ? ` (${formatCount(chosen.size)})` : ''}
            </Button>
            <Button disabled={chosen.size === 0} pending={answer.pending} onClick={() => give('did_not')}>
              It didn't{chosen.size > 1 ? ` (${formatCount(chosen.size)})` : ''}
            </Button>
            <Button disabled={chosen.size === 0} pending={answer.pending} onClick={() => give('abandon')}>
              Nobody can know
            </Button>
            <Button kind="ghost" disabled={chosen.size === 0} pending={answer.pending} onClick={() => give('later')}>
              Decide later
            </Button>
          </div>
          <p className="text-12 text-muted">“It didn't” records your answer; it does not resend.</p>
          {answer.refusal ? (
            <p role="alert" className="text-red">
              {answer.refusal.message}
            </p>
          ) : null}
        </div>
      ) : null}
    </section>
  );
}
