'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { Field, Input, Tick } from '#components/ui/field.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { writing } from '#components/ui/writing.ts';
import type { ErasureChoiceInput, ErasureConfirmInput, ErasureFindView, ErasureView } from '#lib/shapes/erasure.ts';

type Props = {
  erasure: ErasureView;
  /** of the place that is opened, by its name */
  opened: { place: string; finds: ErasureFindView[]; more: boolean } | null;
  onChoose: (choice: { id: string } & ErasureChoiceInput) => Promise<Outcome<{ count: number }>>;
  onConfirm: (confirmed: { id: string } & ErasureConfirmInput) => Promise<Outcome>;
  onWithdraw: (erasure: { id: string }) => Promise<Outcome>;
};

const AGAIN_MS = 1_500;

/** An erasure before it is confirmed: where the value stands, what of it goes, who is in the way. And what became of it. */
export function ErasureDesk({ erasure, opened, onChoose, onConfirm, onWithdraw }: Props) {
  const router = useRouter();
  const { id, kind, state, count, places, refusedBy, movedOn, openTasks, full, looked } = erasure;
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const choose = useMutation({ ...writing(['erasure', id, 'choose'], onChoose), onSuccess: () => router.refresh() });
  const confirm = useMutation(writing(['erasure', id, 'confirm'], onConfirm));
  const withdraw = useMutation({ ...writing(['erasure', id, 'withdraw'], onWithdraw), onSuccess: () => router.refresh() });
  useEffect(() => {
    if (state !== 'looking' && state !== 'erasing') return;
    const timer = setInterval(() => router.refresh(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [state, router]);
  const choosing = state === 'found' && kind === 'value';
  const begun = state === 'erasing' || state === 'done';
  const blocked = refusedBy.length > 0 || movedOn !== null || openTasks > 0 || full;
  return (
    <div className="flex flex-col gap-4">
      {state === 'looking' ? <Banner>{formatCount(looked)} rows were looked at. The page follows.</Banner> : null}
      {state === 'erasing' ? <Banner>It is being erased, page by page. The page follows.</Banner> : null}
      {state === 'done' ? (
        <Banner kind="done">
          Erased. Receipts and trails still verify, and print [erased]. Backups from before still have it.
        </Banner>
      ) : null}
      {refusedBy.map((batch) => (
        <Banner key={batch.id} kind="warning">
          <Link href={`/batches/${batch.id}`} className="underline underline-offset-2">
            “{batch.name}”
          </Link>{' '}
          is {batch.state} and would send or ask with it. Finish or cancel it first.
        </Banner>
      ))}
      {movedOn && refusedBy.length === 0 ? (
        <Banner kind="warning">
          <Link href={`/batches/${movedOn.id}`} className="underline underline-offset-2">
            “{movedOn.name}”
          </Link>{' '}
          went on after it was looked for. Withdraw this, and look again.
        </Banner>
      ) : null}
      {openTasks > 0 ? (
        <Banner kind="warning">Finish first what is open of it: {formatNoun(openTasks, 'follow-up tasks')}.</Banner>
      ) : null}
      {full ? <Banner kind="warning">It stands in too many rows to be one person’s. Look for more of the value.</Banner> : null}
      {places.length === 0 && state === 'found' ? <p>It stands nowhere. Nothing has to be erased.</p> : null}
      {places.length > 0 ? (
        <Table
          caption="Where it stands"
          head={
            <>
              <HeadCell>Where</HeadCell>
              {kind === 'value' && state !== 'done' ? <HeadCell align="end">Found</HeadCell> : null}
              {choosing ? <HeadCell align="end">To be erased</HeadCell> : null}
              {begun ? <HeadCell align="end">Erased</HeadCell> : null}
              <HeadCell>Note</HeadCell>
            </>
          }
        >
          {places.map(({ place, says, found, chosen, erased, stays }) => (
            <Row key={place}>
              <Cell className="font-medium">
                {choosing ? (
                  <label className="flex items-center gap-2">
                    <Tick
                      checked={chosen > 0}
                      disabled={stays !== null || choose.isPending}
                      onChange={(event) => choose.mutate({ id, place, chosen: event.target.checked })}
                    />
                    {says}
                  </label>
                ) : (
                  says
                )}
              </Cell>
              {kind === 'value' && state !== 'done' ? (
                <Cell align="end">
                  {choosing ? (
                    <Link
                      href={`/admin/erasure/${id}?place=${place}`}
                      className="underline underline-offset-2"
                      aria-label={`${formatCount(found)} rows of: ${says}`}
                    >
                      {formatCount(found)}
                    </Link>
                  ) : (
                    formatCount(found)
                  )}
                </Cell>
              ) : null}
              {choosing ? <Cell align="end">{formatCount(chosen)}</Cell> : null}
              {begun ? <Cell align="end">{formatCount(erased)}</Cell> : null}
              <Cell className="text-muted">{stays ?? ''}</Cell>
            </Row>
          ))}
        </Table>
      ) : null}
      {choosing && opened ? <Finds id={id} opened={opened} pending={choose.isPending} onChoose={choose.mutate} /> : null}
      {(choose.error ?? withdraw.error) ? (
        <p role="alert" className="text-red">
          {(choose.error ?? withdraw.error)?.message}
        </p>
      ) : null}
      {state === 'found' || state === 'looking' ? (
        <div className="flex flex-wrap gap-2">
          {state === 'found' ? (
            <Button kind="danger" disabled={blocked || count === 0} onClick={() => setAsking(true)}>
              Erase {formatNoun(count, kind === 'value' ? 'rows' : kind === 'original' ? 'files' : 'items')}…
            </Button>
          ) : null}
          <Button pending={withdraw.isPending} onClick={() => withdraw.mutate({ id })}>
            Withdraw
          </Button>
        </div>
      ) : null}
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Erase this for good?"
        description="What is erased does not come back. Receipts keep their bytes and digests. An undo or a retry that needs it is refused from then on."
        confirm="Erase for good"
        kind="danger"
        typed={String(count)}
        disabled={reason.trim().length < 3}
        pending={confirm.isPending}
        error={confirm.error?.message ?? null}
        onConfirm={() =>
          confirm.mutate(
            { id, count, reason },
            {
              onSuccess: () => {
                setAsking(false);
                router.refresh();
              },
            },
          )
        }
      >
        <Field label="Why" hint="Three characters at least. It is kept with the erasure, so do not write the value here.">
          <Input autoComplete="off" value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
      </ConfirmDialog>
    </div>
  );
}

type FindsProps = {
  id: string;
  opened: NonNullable<Props['opened']>;
  pending: boolean;
  onChoose: (choice: { id: string } & ErasureChoiceInput) => void;
};

function Finds({ id, opened: { place, finds, more }, pending, onChoose }: FindsProps) {
  return (
    <section aria-label="Rows" className="flex flex-col gap-2">
      <Table
        caption="Rows"
        head={
          <>
            <HeadCell>Erase</HeadCell>
            <HeadCell>Dataset</HeadCell>
            <HeadCell>Item</HeadCell>
            <HeadCell>What it says</HeadCell>
          </>
        }
      >
        {finds.map(({ key, dataset, ordinal, chosen, linked, excerpt }, index) => (
          <Row key={key}>
            <Cell>
              <Tick
                aria-label={`Erase row ${index + 1}`}
                checked={chosen}
                disabled={pending}
                onChange={(event) => onChoose({ id, finds: [{ place, key }], chosen: event.target.checked })}
              />
            </Cell>
            <Cell>{dataset?.name ?? '–'}</Cell>
            <Cell className="whitespace-nowrap">{ordinal ?? '–'}</Cell>
            <Cell className="max-w-[60ch] truncate text-muted" title={excerpt ?? ''}>
              {linked ? 'belongs to an item that has it: ' : ''}
              {excerpt}
            </Cell>
          </Row>
        ))}
      </Table>
      {more ? (
        <p className="text-12 text-muted">The first {formatCount(finds.length)} are shown. The rest goes with its place.</p>
      ) : null}
    </section>
  );
}
