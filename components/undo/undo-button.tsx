'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { actionPhrase } from '#components/checkpoints/words.ts';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { UndoPreview } from '#lib/shapes/undo.ts';

type Props = {
  /** "Undo…" */
  label: string;
  /** what would be undone: "Mail 2026", "chunk 2024", "item 17" */
  what: string;
  size?: 'small';
  onPreview: () => Promise<Outcome<UndoPreview>>;
  /** makes the undo, and goes to its page, where its approval is asked for */
  onStart: () => Promise<Outcome>;
};

/** Asks what an undo would restore and what it can't, and starts it. */
export function UndoButton({ label, what, size, onPreview, onStart }: Props) {
  const [open, setOpen] = useState(false);
  const preview = useMutation(writing(['undo', 'preview', what], onPreview));
  const start = useMutation(writing(['undo', 'start', what], onStart));
  const view = preview.data ?? null;
  // Once it is made the page leaves for it.
  const starting = start.isPending || start.isSuccess;

  const ask = () => {
    start.reset();
    setOpen(true);
    preview.mutate();
  };

  return (
    <>
      <Button {...(size ? { size } : {})} onClick={ask}>
        {label}
      </Button>
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={`Undo ${what}?`}
        description="Nothing is changed yet. The undo becomes a batch of its own with one approval over all of it, which comes next."
        confirm={starting ? 'Starting…' : 'Start the undo'}
        disabled={view === null || view.restorable === 0}
        pending={starting}
        error={preview.error?.message ?? start.error?.message ?? null}
        onConfirm={() => start.mutate()}
      >
        {view ? <Previewed view={view} /> : preview.error ? null : <p role="status">Looking at what can be undone…</p>}
      </ConfirmDialog>
    </>
  );
}

/** "Restore 1,902 mails", and what can't be restored with its reasons. */
function Previewed({ view }: { view: UndoPreview }) {
  const { noun, categories, cannot } = view;
  const acting = categories.flatMap(({ action, ...category }) => (action ? [{ ...category, action }] : []));
  return (
    <div role="status" className="flex flex-col gap-3">
      {acting.length > 0 ? (
        <ul className="flex flex-col gap-1 text-14">
          {acting.map(({ name, restorable, action }) => (
            <li key={name}>
              <span className="font-medium">{actionPhrase(action, restorable, noun)}</span>{' '}
              <span className="text-muted">
                {name} · will {action.will}
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-14 font-medium">Nothing here can be undone.</p>
      )}
      <CannotUndo cannot={cannot} />
    </div>
  );
}

/** What stays as it is, and why. */
export function CannotUndo({ cannot }: Pick<UndoPreview, 'cannot'>) {
  const left = cannot.reduce((sum, { count }) => sum + count, 0);
  if (left === 0) return null;
  return (
    <div className="text-14">
      <p>{formatNoun(left, 'actions')} can't be undone:</p>
      <ul className="mt-1 flex flex-col gap-1 text-muted">
        {cannot.map(({ why, count, ordinals }) => (
          <li key={why}>
            {formatCount(count)}: {why}
            {count <= NAMED_MAX ? ` (item ${ordinals.map(formatCount).join(', ')})` : ''}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** So few are named one by one. */
const NAMED_MAX = 5;
