'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import { formatNoun } from '#components/ui/format.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { DeliveryCount, DeliveryView } from '#lib/shapes/delivery.ts';

type Props = {
  batchId: string;
  count: DeliveryCount;
  mayPush: boolean;
  /** every chunk of the batch has come to its end: a push is what comes next */
  over: boolean;
  /** makes the batch of the push, and goes to its page where there is one */
  onPrepare: (to: string | null) => Promise<Outcome<DeliveryView>>;
};

/** What a batch committed here and nobody pushed yet, with the button that prepares the push. */
export function WaitsForPush({ batchId, count, mayPush, over, onPrepare }: Props) {
  const [open, setOpen] = useState(false);
  const [to, setTo] = useState('');
  const prepare = useMutation(writing(['delivery', batchId], (branch: string | null) => onPrepare(branch)));
  const left = prepare.data?.places.every(({ push }) => push === null) ? prepare.data.places : null;
  const going = prepare.isPending || (prepare.isSuccess && left === null);
  return (
    <section
      aria-label="Push"
      className="flex flex-wrap items-center justify-between gap-3 rounded-md border border-border px-4 py-3 text-14"
    >
      <p>
        {count.waiting > 0
          ? `${formatNoun(count.waiting, 'changes')} committed here, and nothing of ${count.waiting === 1 ? 'it' : 'them'} left this machine.`
          : `${formatNoun(count.sent, 'changes')} pushed.`}
        {count.waiting > 0
          ? over
            ? ' The batch is over: a push comes next.'
            : ' Chunks are still open: a push takes along what is done by now.'
          : null}
        {count.waiting > 0 && count.sent > 0 ? ` ${formatNoun(count.sent, 'changes')} pushed before.` : null}
      </p>
      {mayPush && count.waiting > 0 ? (
        <Button
          kind={over ? 'primary' : 'secondary'}
          onClick={() => {
            prepare.reset();
            setOpen(true);
          }}
        >
          Push…
        </Button>
      ) : null}
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={`Push ${formatNoun(count.waiting, 'changes')}?`}
        description="Nothing is sent yet. The commits are made here, and the push becomes a batch of its own with one approval, which comes next."
        confirm={going ? 'Making the commits…' : 'Prepare the push'}
        disabled={left !== null}
        pending={going}
        error={prepare.error?.message ?? null}
        onConfirm={() => prepare.mutate(to.trim() === '' ? null : to.trim())}
      >
        <Field
          label="Branch that they go to"
          hint="Leave it empty to push to the branch that the files were read from. A new name makes a branch, for a pull request."
        >
          <Input value={to} onChange={(event) => setTo(event.target.value)} spellCheck={false} />
        </Field>
        {left ? <LeftOut places={left} /> : null}
      </ConfirmDialog>
    </section>
  );
}

function LeftOut({ places }: { places: DeliveryView['places'] }) {
  return (
    <div role="status" className="mt-3 text-14">
      <p className="font-medium">Nothing of it can be pushed.</p>
      <ul className="mt-1 flex flex-col gap-1 text-muted">
        {places.flatMap(({ connection, left }) =>
          left.map(({ why, count, first }) => (
            <li key={`${connection} ${why}`}>
              {formatNoun(count, 'changes')}: {why} ({first}
              {count > 1 ? ', …' : ''})
            </li>
          )),
        )}
      </ul>
    </div>
  );
}
