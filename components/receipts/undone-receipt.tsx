import { Fragment } from 'react';
import { Banner } from '#components/ui/banner.tsx';
import { Link } from '#components/ui/link.tsx';
import type { ReceiptLink, UndoLinks } from '#lib/shapes/undo.ts';

/** That this action was undone, by which receipt; and which receipt it undid itself. Nothing where there is neither. */
export function UndoneReceipt({ links: { undoes, undoneBy } }: { links: UndoLinks }) {
  if (!undoes && undoneBy.length === 0) return null;
  return (
    <div className="mb-4 flex flex-col gap-2">
      {undoneBy.length > 0 ? (
        <Banner>
          {undoneBy.map((link, index) => (
            <Fragment key={link.batchId}>
              {index === 0 ? 'Undone by ' : ', which was undone by '}
              <To link={link} />
            </Fragment>
          ))}
          {undoneBy.length % 2 === 0 ? ': it stands again.' : '.'}
        </Banner>
      ) : null}
      {undoes ? (
        <Banner>
          Undoes <To link={undoes} />.
        </Banner>
      ) : null}
    </div>
  );
}

function To({ link: { batchId, batchName, chunk, seq } }: { link: ReceiptLink }) {
  return (
    <Link href={`/batches/${batchId}/receipts/${chunk}.${seq}`} className="font-medium underline underline-offset-2">
      receipt {chunk}.{seq} of {batchName}
    </Link>
  );
}
