'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, asOutcome } from '#components/api-client.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import { writing } from '#components/ui/writing.ts';
import { SAVED_PLAN_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';

/** A saved plan as it was looked at: whoever replaces it says which revision. */
export type SavedAt = { id: string; name: string; revision: number };

type Props = {
  open: boolean;
  onClose: () => void;
  plan: Plan;
  datasetId: string;
  /** the saved plan that this one was taken from; null where it was none */
  from: SavedAt | null;
  /** what is proposed as its name */
  proposed: string;
  onSaved: (saved: SavedAt) => void;
};

/** Keeps the plan by name for the next file. A name that is taken is told, and the plan that has it is replaced only by a further press. */
export function SavePlanDialog({ open, onClose, plan, datasetId, from, proposed, onSaved }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const name = typed ?? from?.name ?? proposed;
  const done = (saved: SavedAt) => {
    setTyped(null);
    onSaved(saved);
    onClose();
  };
  const save = useMutation({
    ...writing(['plans', 'save', name], (at: { id: string; revision: number } | null) =>
      asOutcome(
        at
          ? api.plans.change({ params: { id: at.id }, body: { revision: at.revision, plan, datasetId } })
          : api.plans.save({ body: { name, plan, datasetId } }),
      ),
    ),
    onSuccess: ({ id, name: as, revision }) => done({ id, name: as, revision }),
  });
  const same = from !== null && name.trim() === from.name;
  const { savedPlan, revision } = save.error?.refusal.facts ?? {};
  const taken = typeof savedPlan === 'string' && typeof revision === 'number' ? { id: savedPlan, revision } : null;
  const press = () => save.mutate(same ? from : null);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Save the plan for the next file"
      description="Everybody who plans finds it by its name. Nothing is started, and a batch that was made of it does not change with it."
      footer={
        <>
          <Button kind="primary" pending={save.isPending} disabled={name.trim() === ''} onClick={press}>
            {same ? `Save the changes to “${from.name}”` : 'Save plan'}
          </Button>
          {taken ? (
            <Button pending={save.isPending} onClick={() => save.mutate(taken)}>
              Replace that plan
            </Button>
          ) : null}
          <Button kind="ghost" onClick={onClose}>
            Cancel
          </Button>
        </>
      }
    >
      <Field label="Name of the plan" error={save.error?.message}>
        <Input
          value={name}
          maxLength={SAVED_PLAN_NAME_CHARS_MAX}
          autoComplete="off"
          onChange={(event) => {
            save.reset();
            setTyped(event.target.value);
          }}
          onKeyDown={({ key, repeat }) => {
            if (key === 'Enter' && !repeat && name.trim() !== '' && !save.isPending) press();
          }}
        />
      </Field>
    </Dialog>
  );
}
