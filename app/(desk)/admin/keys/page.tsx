import type { Metadata } from 'next';
import { requireActor } from '#app/actor.ts';
import { KeyList } from '#components/keys/key-list.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { hasKeyOfEnvironment } from '#lib/auth/who.ts';
import { listKeys } from '#lib/steps/keys/list-keys.ts';
import { revokeAnyKeyAction } from './actions.ts';

export const metadata: Metadata = { title: 'API keys' };

type Props = { searchParams: Promise<{ cursor?: string | string[] }> };

export default async function KeysPage({ searchParams }: Props) {
  const { cursor } = await searchParams;
  const actor = await requireActor('/admin/keys');
  if (!may(actor, 'people'))
    return (
      <EmptyState level={1} title="Only an admin sees the keys of others" text="Your own are on the page of your account." />
    );
  const keys = await listKeys(actor, { everybody: true, cursor: typeof cursor === 'string' ? cursor : null });
  return (
    <>
      <PageHeader title="API keys" meta="of all people" actions={<ButtonLink href="/you">Make one of your own</ButtonLink>} />
      <div className="flex flex-col gap-4">
        {hasKeyOfEnvironment() ? (
          <Banner kind="warning">
            ADMIN_API_KEY is set too: whoever knows it is an admin. It is nobody’s, for the first steps; start without it once
            people have keys.
          </Banner>
        ) : null}
        <KeyList keys={keys.items} owners onRevoke={revokeAnyKeyAction} />
        <NextPage href={keys.next && `/admin/keys?cursor=${encodeURIComponent(keys.next)}`} />
      </div>
    </>
  );
}
