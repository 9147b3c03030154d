'use client';

import { useQuery } from '@tanstack/react-query';
import { refusalOf } from '#components/api-client.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { formatBytes } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { ORIGINAL_SHOWN_BYTES } from '#lib/core/limits.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import { originalOf } from './dataset-pages.ts';
import { FieldName, FieldValue } from './field-labels.tsx';

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
  const cut = data && data.rawBytes > ORIGINAL_SHOWN_BYTES;
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
          <dl className="grid grid-cols-[minmax(4.5rem,auto)_1fr] gap-x-4 gap-y-1">
            {Object.entries(data.fields).map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="max-w-48 break-words text-muted">
                  <FieldName name={name} />
                </dt>
                <dd className="min-w-0 break-words whitespace-pre-wrap">
                  {value === '' ? (
                    <span className="text-muted">empty</span>
                  ) : (
                    <FieldValue name={name} value={value.length > LONG ? `${beginOf(value, LONG)}…` : value} copy />
                  )}
                  {value.length <= FILTER_CHARS_MAX ? (
                    <>
                      {' '}
                      <Link
                        href={hrefOf(name, value)}
                        scroll={false}
                        prefetch={false}
                        onClick={onClose}
                        aria-label={`Only rows with this value of ${name}`}
                        className="text-12 whitespace-nowrap text-muted underline underline-offset-2 hover:text-text"
                      >
                        only these
                      </Link>
                    </>
                  ) : null}
                </dd>
              </div>
            ))}
          </dl>
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
            <pre
              // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
              tabIndex={0}
              className="max-h-72 overflow-auto rounded-md bg-sunken p-3 font-mono text-12 leading-[18px] break-all whitespace-pre-wrap"
            >
              {data.raw}
            </pre>
            <p className="text-12 text-muted">
              {formatBytes(data.rawBytes)}, shown as {data.charset}
              {cut ? `; these are the first ${formatBytes(ORIGINAL_SHOWN_BYTES)}` : ''}.
            </p>
          </section>
        </div>
      ) : error ? null : (
        <p className="text-muted">Loading…</p>
      )}
    </Dialog>
  );
}

/** A cell can hold a megabyte; a person reads its beginning. */
const LONG = 2_000;
/** What is longer is a text, and no row shares it. */
const FILTER_CHARS_MAX = 200;
