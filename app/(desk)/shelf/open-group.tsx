import Form from 'next/form';
import { notFound } from 'next/navigation';
import { Follow } from '#app/(desk)/follow.tsx';
import { FieldLabelsOf } from '#components/datasets/field-labels.tsx';
import { DownloadLink } from '#components/shelf/download-link.tsx';
import { lyingWords, Undoing } from '#components/shelf/shelf-list.tsx';
import { TakenBack } from '#components/shelf/taken-back.tsx';
import { Button } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import { Link } from '#components/ui/link.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import type { Actor } from '#lib/auth/actor.ts';
import { listShelf } from '#lib/steps/shelf/list-shelf.ts';
import { readShelfItems } from '#lib/steps/shelf/read-shelf-items.ts';
import { readTakenBack } from '#lib/steps/shelf/read-taken-back.ts';
import { Restore } from './restore.tsx';
import { ShelfItems } from './shelf-items.tsx';

type Key = { batchId: string; category: string; shelf: string };
type Props = {
  actor: Actor;
  group: Key;
  search: string | undefined;
  mayRestore: boolean;
};

/** One category of a batch: the items of it that lie on the shelf. */
export async function OpenGroup({ actor, group: key, search, mayRestore }: Props) {
  const [{ items: groups }, page, taken] = await Promise.all([
    listShelf(actor, key),
    readShelfItems(actor, { ...key, search }),
    readTakenBack(actor, key),
  ]);
  if (page === null || taken === null) notFound();
  const [group] = groups;
  return (
    <>
      <Follow shows={{ topics: ['batches'] }} />
      <PageHeader
        above={
          <>
            <Link href="/shelf" className="underline-offset-2 hover:underline">
              Shelf
            </Link>{' '}
            ·{' '}
            <Link href={`/batches/${key.batchId}`} className="underline-offset-2 hover:underline">
              {taken.batchName}
            </Link>
          </>
        }
        title={group ? `${key.category} · ${lyingWords(group)}` : key.category}
        meta={
          <>
            <span>
              on the {key.shelf} shelf
              {group ? (
                <>
                  {' '}
                  since <RelativeTime iso={group.since} />
                </>
              ) : null}
            </span>
            {group ? <Undoing undos={group.undoing} /> : null}
          </>
        }
        actions={
          group ? (
            <>
              <DownloadLink group={group} size="normal" />
              {mayRestore ? <Restore group={group} /> : null}
            </>
          ) : null
        }
      />
      {group ? (
        <div className="flex flex-col gap-3">
          {taken.by.length > 0 ? (
            <p>
              <TakenBack by={taken.by} />
            </p>
          ) : null}
          <Search group={key} search={search} />
          <FieldLabelsOf labels={page.labels}>
            <ShelfItems
              key={search}
              group={key}
              search={search ?? ''}
              columns={page.columns}
              first={{ items: page.items, next: page.next }}
            />
          </FieldLabelsOf>
        </div>
      ) : (
        <EmptyState
          title={`Nothing of ${key.category} is on the ${key.shelf} shelf any more.`}
          text={<TakenBack by={taken.by} />}
        />
      )}
    </>
  );
}

function Search({ group: { batchId, category, shelf }, search }: { group: Key; search: string | undefined }) {
  return (
    <Form action="/shelf" className="flex max-w-md items-end gap-2">
      <input type="hidden" name="batch" value={batchId} />
      <input type="hidden" name="category" value={category} />
      <input type="hidden" name="shelf" value={shelf} />
      <Field label="Search these items" hideLabel className="flex-1">
        <Input type="search" name="search" defaultValue={search} placeholder="Search these items" maxLength={200} />
      </Field>
      <Button type="submit" early>
        Find
      </Button>
    </Form>
  );
}
