'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { ConfirmDialog, Dialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { writing } from '#components/ui/writing.ts';
import { SAVED_PLAN_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import type { SavedPlanRow } from '#lib/shapes/saved-plans.ts';

type Props = {
  plans: SavedPlanRow[];
  /** on which they are to be used; null where none was chosen */
  dataset: { id: string } | null;
  onRename: (plan: SavedPlanRow, name: string) => Promise<Outcome>;
  onDelete: (plan: SavedPlanRow) => Promise<Outcome>;
};

/** Saved plans by name, with who changed each last and when. */
export function SavedPlanList({ plans, dataset, onRename, onDelete }: Props) {
  if (plans.length === 0) return <p className="text-muted">No saved plan has such a name.</p>;
  return (
    <ul aria-label="Saved plans" className="flex max-w-4xl flex-col divide-y divide-hairline">
      {plans.map((plan) => (
        <SavedPlanLine
          key={plan.id}
          {...{ plan, dataset }}
          onRename={(name) => onRename(plan, name)}
          onDelete={() => onDelete(plan)}
        />
      ))}
    </ul>
  );
}

type LineProps = {
  plan: SavedPlanRow;
  dataset: Props['dataset'];
  onRename: (name: string) => Promise<Outcome>;
  onDelete: () => Promise<Outcome>;
};

function SavedPlanLine({ plan, dataset, onRename, onDelete }: LineProps) {
  const { id, name, createdBy, updatedBy, updatedAt, revision } = plan;
  const [asked, setAsked] = useState<'rename' | 'delete' | null>(null);
  const [typed, setTyped] = useState(name);
  const close = () => setAsked(null);
  const rename = useMutation({ ...writing(['plans', id, 'rename'], onRename), onSuccess: close });
  const remove = useMutation({ ...writing(['plans', id, 'delete'], onDelete), onSuccess: close });
  const wanted = typed.trim();
  const press = () => (wanted === name ? close() : rename.mutate(wanted));
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2">
      <span className="min-w-0 flex-1 basis-60">
        <span className="block font-medium wrap-anywhere">{name}</span>
        <span className="text-12 text-muted">
          {revision === 1 ? 'saved' : 'changed'} by {updatedBy} <RelativeTime iso={updatedAt} />
          {createdBy === updatedBy ? '' : `, saved first by ${createdBy}`}
        </span>
      </span>
      <span className="flex flex-wrap gap-2">
        {dataset ? (
          <ButtonLink kind="primary" href={`/batches/new?dataset=${dataset.id}&plan=${id}`} aria-label={`Use “${name}”`}>
            Use it
          </ButtonLink>
        ) : null}
        <Button
          kind="ghost"
          aria-label={`Rename “${name}”`}
          onClick={() => {
            setTyped(name);
            setAsked('rename');
          }}
        >
          Rename…
        </Button>
        <Button kind="ghost" aria-label={`Delete “${name}”`} onClick={() => setAsked('delete')}>
          Delete…
        </Button>
      </span>
      <Dialog
        open={asked === 'rename'}
        onClose={close}
        title={`Rename “${name}”`}
        footer={
          <>
            <Button kind="primary" pending={rename.isPending} disabled={wanted === ''} onClick={press}>
              Rename
            </Button>
            <Button onClick={close}>Cancel</Button>
          </>
        }
      >
        <Field label="Name of the plan" error={rename.error?.message}>
          <Input
            value={typed}
            maxLength={SAVED_PLAN_NAME_CHARS_MAX}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={({ key, repeat }) => {
              if (key === 'Enter' && !repeat && wanted !== '' && !rename.isPending) press();
            }}
          />
        </Field>
      </Dialog>
      <ConfirmDialog
        open={asked === 'delete'}
        onClose={close}
        title={`Delete the plan “${name}”?`}
        description="Batches that were made of it keep their plans."
        confirm="Delete"
        kind="danger"
        pending={remove.isPending}
        error={remove.error?.message ?? null}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}
