'use client';

import { useState } from 'react';
import { RequestExamples } from '#components/actions/request-examples.tsx';
import { Button } from '#components/ui/button.tsx';
import { type AskedProps, ConfirmDialog } from '#components/ui/dialog.tsx';
import { Checkbox, Field, Select, Textarea } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import { ActingList } from './acting-list.tsx';
import type { OfChunk } from './checkpoint-view.ts';
import type { Acting, ExecuteWords } from './words.ts';

type Props = AskedProps & {
  of: OfChunk;
  words: ExecuteWords;
  /** how many of each target run before somebody looks; 0: all */
  first: { planned: number; chosen: number; onChoose: (first: number) => void };
  acting: Acting[];
  noun: string;
  /** acting categories of which no sample was on the screen */
  unseen: string[];
  /** what else it lacks, a sentence each */
  lacking: string[];
  nextWaits: boolean;
  /** closes the question and shows the samples of this category */
  onLook: (category: string) => void;
  onConfirm: (choice: { next: boolean; override: string | null }) => void;
};

/** The last question before anything is sent: what, how many, where, and whether it can be taken back. */
export function ExecuteDialog({
  open,
  onClose,
  of,
  words,
  first,
  acting,
  noun,
  unseen,
  lacking,
  nextWaits,
  onLook,
  pending,
  error,
  onConfirm,
}: Props) {
  const [override, setOverride] = useState('');
  const [next, setNext] = useState(true);
  // A reason that was begun before the samples were looked at is no reason any more.
  const blocked = unseen.length > 0 || lacking.length > 0;
  const overridden = blocked && override.trim() !== '';
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={words.title}
      description={words.text}
      confirm={words.confirm}
      kind={words.typed === null ? 'primary' : 'danger'}
      typed={words.typed ?? undefined}
      pending={pending}
      disabled={blocked && !overridden}
      error={error}
      onConfirm={() => onConfirm({ next, override: overridden ? override.trim() : null })}
    >
      <ActingList acting={acting} noun={noun} />
      {acting.length > 0 && open ? <RequestExamples of={of} /> : null}
      {first.planned !== 1 && acting.some(({ count }) => count > 1) ? <FirstChoice {...first} /> : null}
      {blocked ? (
        <div className="flex flex-col gap-3">
          {unseen[0] ? (
            <p className="flex flex-wrap items-center justify-between gap-2">
              <span>
                You have not seen a sample of <span className="font-medium">{unseen.join(', ')}</span> yet.
              </span>
              <Button onClick={() => onLook(unseen[0] ?? '')}>Look at {unseen[0]}</Button>
            </p>
          ) : null}
          {lacking.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
          <Field
            label={unseen.length > 0 ? 'Or approve unseen: why?' : 'Or approve without: why?'}
            hint="Your reason goes into the receipt of this decision."
          >
            <Textarea rows={2} value={override} onChange={(event) => setOverride(event.target.value)} />
          </Field>
        </div>
      ) : null}
      {nextWaits ? (
        <Checkbox
          label="Classify the remaining chunks meanwhile"
          checked={next}
          onChange={(event) => setNext(event.target.checked)}
        />
      ) : null}
    </ConfirmDialog>
  );
}

/** Fewer than the plan runs first, and never more. */
function FirstChoice({ planned, chosen, onChoose }: Props['first']) {
  return (
    <Field label="Run first" hint="Then sending stops, and you are shown what became of them.">
      <Select value={chosen} onChange={(event) => onChoose(Number(event.target.value))}>
        <option value={1}>1 of each target</option>
        <option value={planned}>
          {planned === 0 ? 'all, as planned' : `${formatCount(planned)} of each target, as planned`}
        </option>
      </Select>
    </Field>
  );
}
