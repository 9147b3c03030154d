'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { api, asOutcome } from '#components/api-client.ts';
import { type ConnectionDraft, writtenOf } from '#components/connections/connection-draft.ts';
import { ConnectionForm } from '#components/connections/connection-form.tsx';
import { ConnectionTest } from '#components/connections/connection-test.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { writing } from '#components/ui/writing.ts';
import type { Connection } from '#lib/shapes/connections.ts';
import type { ConnectableKind } from '#lib/steps/connections/read-connections.ts';

type Props = {
  connection: Connection | null;
  /** what a new one may be; the connection's own kind */
  kinds: readonly ConnectableKind[];
};

/** A connection's form, its test and its end; null for a new one. */
export function ConnectionDesk({ connection, kinds }: Props) {
  const router = useRouter();
  const [asked, setAsked] = useState(false);
  const id = connection?.id ?? 'new';
  const kindOf = (draft: ConnectionDraft) =>
    kinds.find(({ connector }) => connector === draft.connector) ?? { place: 'address' as const, mailbox: false };
  const save = useMutation({
    ...writing(['connections', id, 'save'], (draft: ConnectionDraft) =>
      asOutcome(
        connection === null
          ? api.connections.make({
              body: { name: draft.name, connector: draft.connector, ...writtenOf(draft, null, kindOf(draft)) },
            })
          : api.connections.change({
              params: { id },
              body: { revision: connection.revision, ...writtenOf(draft, connection, kindOf(draft)) },
            }),
      ),
    ),
    onSuccess: ({ name }) => {
      if (connection === null) router.push(`/connections/${name}`);
      router.refresh();
    },
  });
  const remove = useMutation({
    ...writing(['connections', id, 'delete'], () => asOutcome(api.connections.delete({ params: { id } }))),
    onSuccess: () => {
      router.push('/connections');
      router.refresh();
    },
  });
  return (
    <div className="flex flex-col gap-8">
      {connection && connection.state !== 'ok' ? (
        <Banner kind="warning">
          {connection.state === 'open'
            ? 'Nothing is sent over it now: it failed for everybody, or somebody paused it. Change what is wrong, then resume it where it stopped.'
            : 'One chunk tries it now.'}
        </Banner>
      ) : null}
      <ConnectionForm
        connection={connection}
        kinds={kinds}
        pending={save.isPending}
        error={save.error?.message ?? null}
        problems={save.error?.refusal.problems ?? []}
        onSave={(draft) => save.mutate(draft)}
      />
      {connection === null ? null : (
        <>
          <ConnectionTest
            connection={connection}
            does={kinds[0]?.test ?? null}
            onPrepare={async () => {
              const outcome = await asOutcome(api.connections.prepare({ params: { id } }));
              router.refresh();
              return outcome;
            }}
            onTest={async (body) => {
              const outcome = await asOutcome(api.connections.test({ params: { id }, body }));
              router.refresh();
              return outcome;
            }}
          />
          <section aria-labelledby="delete" className="flex flex-col items-start gap-3">
            <h2 id="delete" className="text-16 font-medium">
              Delete
            </h2>
            <p className="text-muted">Its secret ends with it. It stays while a batch that is not finished uses it.</p>
            <Button onClick={() => setAsked(true)}>Delete…</Button>
          </section>
          <ConfirmDialog
            open={asked}
            onClose={() => setAsked(false)}
            title={`Delete the connection “${connection.name}”?`}
            description="Receipts keep its name. What failed over it can’t be attempted again."
            confirm="Delete"
            kind="danger"
            pending={remove.isPending}
            error={remove.error?.message ?? null}
            onConfirm={() => remove.mutate()}
          />
        </>
      )}
    </div>
  );
}
