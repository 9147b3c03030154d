import type { Metadata } from 'next';
import { requireActor } from '#app/actor.ts';
import { batchesAsked } from '#components/batches/batches-address.ts';
import { FindItem } from '#components/items/find-item.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readBatches } from '#lib/steps/batches/read-batches.ts';
import { searchReceipts } from '#lib/steps/items/search-receipts.ts';
import { BatchList } from './batch-list.tsx';
import { Found } from './found.tsx';

export const metadata: Metadata = { title: 'Batches' };

const FIND_CHARS_MAX = 200;

type Query = Record<string, string | string[] | undefined>;

export default async function BatchesPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor('/batches');
  const query = await searchParams;
  const text = [query.find ?? ''].flat()[0]?.replaceAll('\0', '').trim().slice(0, FIND_CHARS_MAX) ?? '';
  if (text)
    return (
      <>
        <PageHeader title="Batches" />
        <FindItem text={text} />
        <Found key={text} text={text} first={await searchReceipts(actor, { text })} />
      </>
    );
  const asked = batchesAsked(query);
  const page = await readBatches(actor, asked);
  const plan = may(actor, 'plan') ? (
    <ButtonLink href="/datasets" kind="primary">
      Plan a batch
    </ButtonLink>
  ) : null;
  return (
    <>
      <PageHeader title="Batches" actions={plan} />
      {page.items.length > 0 ? <FindItem text="" /> : null}
      <BatchList page={page} asked={asked} plan={plan} decides={may(actor, 'decide')} sees={may(actor, 'see')} />
    </>
  );
}
