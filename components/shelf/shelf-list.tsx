import type { ReactNode } from 'react';
import { formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import type { ShelfGroup } from '#lib/shapes/shelf.ts';
import { DownloadLink } from './download-link.tsx';
import { groupHref, type RestoreOf } from './group.ts';

/** What lies on the shelves, batch by batch: a line for each category, with what can be done with it. */
export function ShelfList({ groups, restore }: { groups: ShelfGroup[]; restore: RestoreOf }) {
  return (
    <ul className="flex flex-col gap-6">
      {[...Map.groupBy(groups, ({ batchId }) => batchId)].map(([batchId, own]) => (
        <li key={batchId}>
          <h2 className="mb-2 text-14 font-medium break-words">
            <Link href={`/batches/${batchId}`} className="underline-offset-2 hover:underline">
              {own[0]?.batchName}
            </Link>
            <span className="ml-2 text-13 font-normal text-muted">{own[0]?.datasetName}</span>
          </h2>
          <ul className="rounded-md border border-hairline">
            {own.map((group) => (
              <GroupLine key={`${group.category}\n${group.shelf}`} group={group} restore={restore(group)} />
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

function GroupLine({ group, restore }: { group: ShelfGroup; restore: ReactNode }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-hairline px-3 py-2 last:border-b-0">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <Link href={groupHref(group)} className="font-medium break-words underline-offset-2 hover:underline">
            {group.category}
          </Link>
          <span>{lyingWords(group)}</span>
        </p>
        <p className="text-12 text-muted">
          on the {group.shelf} shelf · since <RelativeTime iso={group.since} />
        </p>
        <Undoing undos={group.undoing} />
      </div>
      <div className="flex flex-wrap gap-2">
        <DownloadLink group={group} />
        {restore}
      </div>
    </li>
  );
}

/** "16 rows", "more than 100,000 mails". */
export function lyingWords({ count, more, noun }: Pick<ShelfGroup, 'count' | 'more' | 'noun'>): string {
  return more ? `more than ${formatNoun(count, noun)}` : formatNoun(count, noun);
}

/** The undos that are about to take something of it back. */
export function Undoing({ undos }: { undos: ShelfGroup['undoing'] }) {
  if (undos.length === 0) return null;
  return (
    <p className="text-12 text-amber">
      {undos.map(({ id, name }, index) => (
        <span key={id}>
          {index > 0 ? ', ' : ''}
          <Link href={`/batches/${id}`} className="underline underline-offset-2">
            {name}
          </Link>
        </span>
      ))}{' '}
      {undos.length === 1 ? 'is' : 'are'} not finished
    </p>
  );
}
