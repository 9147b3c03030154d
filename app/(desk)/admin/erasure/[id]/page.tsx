import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { chooseFindsAction, confirmErasureAction, withdrawErasureAction } from '#app/(desk)/admin/erasure/actions.ts';
import { requireActor } from '#app/actor.ts';
import { ErasureDesk } from '#components/erasure/erasure-desk.tsx';
import { KIND_WORDS, STATE_WORDS } from '#components/erasure/words.ts';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readErasure, readErasureFinds } from '#lib/steps/erasure/read-erasure.ts';

export const metadata: Metadata = { title: 'An erasure' };

type Props = { params: Promise<{ id: string }>; searchParams: Promise<{ place?: string | string[] }> };

export default async function OneErasurePage({ params, searchParams }: Props) {
  const [{ id }, { place }] = await Promise.all([params, searchParams]);
  const actor = await requireActor(`/admin/erasure/${id}`);
  if (!may(actor, 'erase'))
    return <EmptyState level={1} title="Only an admin erases data" text="Ask an admin to erase what has to go." />;
  const erasure = await readErasure(actor, { id });
  if (!erasure) notFound();
  const finds = typeof place === 'string' ? await readErasureFinds(actor, { id, place }) : null;
  const { kind, about, state, reason, confirmedBy, confirmedAt, digest, salt } = erasure;
  return (
    <>
      <PageHeader
        above={
          <Link href="/admin/erasure" className="underline underline-offset-2">
            Erasure
          </Link>
        }
        title={about ? `${KIND_WORDS[kind]}: ${about.name}` : KIND_WORDS[kind]}
        meta={STATE_WORDS[state]}
      />
      {confirmedBy && confirmedAt ? (
        <p className="mb-4 max-w-prose">
          {confirmedBy.name} confirmed it <Instant iso={confirmedAt} />: {reason}
        </p>
      ) : null}
      <ErasureDesk
        erasure={erasure}
        opened={finds && typeof place === 'string' ? { place, finds: finds.items, more: finds.next !== null } : null}
        onChoose={chooseFindsAction}
        onConfirm={confirmErasureAction}
        onWithdraw={withdrawErasureAction}
      />
      {state === 'done' && kind === 'value' ? (
        <p className="mt-4 max-w-prose text-12 break-all text-muted">
          SHA-256 of the salt {salt} and the value: {digest}
        </p>
      ) : null}
    </>
  );
}
