import Link from 'next/link';
import { Banner } from '../ui/banner.tsx';

type ReceiptLink = { batchId: string; batchName: string; chunk: number; seq: number };

/** That this action was undone, by which receipt; and which receipt it undid itself. Nothing where there is neither. */
export function UndoneReceipt({
  links: { undoes, undoneBy },
}: {
  links: { undoes: ReceiptLink | null; undoneBy: ReceiptLink | null };
}) {
  if (!undoes && !undoneBy) return null;
  return (
    <div className="mb-4 flex flex-col gap-2">
      {undoneBy ? (
        <Banner>
          Undone by <To link={undoneBy} />.
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
