'use client';

import { useQuery } from '@tanstack/react-query';
import { refusalOf } from '#components/api-client.ts';
import { ItemView } from '#components/items/views/item-view.tsx';
import { originalOf } from '#components/items/views/items-of.tsx';
import { SourceView } from '#components/items/views/source-view.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Link } from '#components/ui/link.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';

type Props = {
  datasetId: string;
  /** the row that is looked at; null for none */
  ordinal: number | null;
  /** where the rows are that have the same value in a field */
  hrefOf: (field: string, value: string) => string;
  /** the latest batches of the dataset */
  batches: { id: string; name: string }[];
  onClose: () => void;
};

/** One row in full, and as it stands in the file: its own bytes, as text. */
export function RowDialog({ datasetId, ordinal, hrefOf, batches, onClose }: Props) {
  const { data, error } = useQuery({ ...originalOf(datasetId, ordinal ?? 1), enabled: ordinal !== null });
  return (
    <Dialog
      wide
      open={ordinal !== null}
      onClose={onClose}
      title={`Row ${ordinal ?? ''}`}
      footer={<Button onClick={onClose}>Close</Button>}
    >
      {error ? (
        <p role="alert" className="text-red">
          {refusalOf(error).message}
        </p>
      ) : null}
      {data ? (
        <div className="flex flex-col gap-4">
          <ItemView
            item={{ ordinal: data.ordinal, fields: data.fields }}
            beside={(name, value) => <OnlyThese name={name} value={value} href={hrefOf(name, value)} onFollow={onClose} />}
            sourceElsewhere
          />
          {batches.length > 0 ? (
            <section className="flex flex-wrap items-baseline gap-x-4 gap-y-1 border-t border-hairline pt-3">
              <h3 className="text-12 font-medium">Its story in</h3>
              {batches.map(({ id, name }) => (
                <Link
                  key={id}
                  href={`/batches/${id}/items/${ordinal}`}
                  className="underline underline-offset-2 hover:text-accent"
                >
                  {name}
                </Link>
              ))}
            </section>
          ) : null}
          <section className="flex flex-col gap-1 border-t border-hairline pt-3">
            <h3 className="text-12 font-medium">As it stands in the file</h3>
            <SourceView datasetId={datasetId} ordinal={data.ordinal} />
          </section>
        </div>
      ) : error ? null : (
        <Skeleton rows={8} label="Loading the row" />
      )}
    </Dialog>
  );
}

/** The rows that have the same value, where it is one that rows share. */
function OnlyThese({ name, value, href, onFollow }: { name: string; value: string; href: string; onFollow: () => void }) {
  if (value.length > FILTER_CHARS_MAX) return null;
  return (
    <>
      {' '}
      <Link
        href={href}
        scroll={false}
        prefetch={false}
        onClick={onFollow}
        aria-label={`Only rows with this value of ${name}`}
        className="text-12 whitespace-nowrap text-muted underline underline-offset-2 hover:text-text"
      >
        only these
      </Link>
    </>
  );
}

/** What is longer is a text, and no row shares it. */
const FILTER_CHARS_MAX = 200;
