import { Digest } from '#components/ui/digest.tsx';
import type { ReceiptInFull } from '#lib/shapes/requests.ts';
import { RequestView } from './request-view.tsx';

/** What was sent under the intent of a receipt; nothing where it is no step of an action. */
export function SentRequest({ receipt: { request, requestDigest, withheld } }: { receipt: ReceiptInFull }) {
  if (requestDigest === null) return null;
  return (
    <section aria-label="What was sent" className="mb-6 flex min-w-0 flex-col gap-2 rounded-md border border-hairline p-4">
      <h2 className="flex flex-wrap items-center gap-x-3 text-14 font-medium">
        The approved request <Digest hex={requestDigest} label="Digest" />
      </h2>
      {request ? <RequestView request={request} /> : null}
      {withheld ? (
        <p className="text-muted">
          Your role sees the receipt fields. The request and the target’s answer may hold what items hold, and are not shown.
        </p>
      ) : null}
      {request === null && !withheld ? <p className="text-muted">Its bytes are not there any more.</p> : null}
    </section>
  );
}
