import type { Metadata } from 'next';
import { requireActor } from '#app/actor.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readBoard } from '#lib/steps/fleet/read-board.ts';
import { BoardDesk } from './board-desk.tsx';

export const metadata: Metadata = { title: 'Admin' };

export default async function AdminPage() {
  const actor = await requireActor('/admin');
  if (!may(actor, 'see_fleet'))
    return (
      <EmptyState level={1} title="Only an operator or an admin sees the board" text="Ask an admin if your role should change." />
    );
  const board = await readBoard(actor);
  return (
    <>
      <PageHeader
        title="Admin"
        actions={
          may(actor, 'people') ? (
            <>
              <ButtonLink href="/admin/people">People</ButtonLink>
              <ButtonLink href="/admin/keys">API keys</ButtonLink>
              <ButtonLink href="/admin/erasure">Erasure</ButtonLink>
              <ButtonLink href="/security">Security log</ButtonLink>
            </>
          ) : null
        }
      />
      <BoardDesk board={board} may={{ fleet: may(actor, 'fleet'), resume: may(actor, 'resume') }} />
    </>
  );
}
