'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { api, asOutcome, queries, refusalOf } from '#components/api-client.ts';
import { Button } from '#components/ui/button.tsx';
import { useSettled } from '#components/ui/use-settled.ts';
import { writing } from '#components/ui/writing.ts';
import type { Looked } from '#lib/shapes/requests.ts';
import { ExactText, RequestView } from './request-view.tsx';

/** So long the same item is looked at before its request is asked for: whoever walks down a list asks for none. */
const LOOKED_AT_MS = 150;
/** So long it may take without a word. */
const LATE_MS = 600;

type Props = {
  /** the batch and the number of its chunk */
  of: { id: string; n: number };
  ordinal: number;
  /** as it stands on the screen, saved or not */
  category: string;
  /** the number of its last receipt: with each one there may be more to show */
  receipt?: number | null;
};

/** What would be sent for one item, or was approved to be; and, when somebody asks, what is there now. */
export function ItemEffect({ of, ordinal, category, receipt = null }: Props) {
  const item = `${ordinal} ${category}`;
  const asked = useSettled(item, LOOKED_AT_MS);
  const late = useSettled(item, LATE_MS);
  const input = { ...of, ordinal, category };
  const options = queries.chunks.request.queryOptions({ input, retry: false, refetchOnWindowFocus: false });
  const { data, error } = useQuery({
    ...options,
    queryKey: [...options.queryKey, receipt] as unknown as typeof options.queryKey,
    enabled: asked === item,
  });
  return (
    <section aria-label="What is sent" className="flex min-w-0 flex-col gap-3 border-t border-hairline pt-3">
      {data || error || late !== item ? null : <p className="text-muted">Reading the request…</p>}
      {data?.problem ? (
        <p role="alert" className="text-red">
          {data.problem}
        </p>
      ) : null}
      {data?.request ? <RequestView key={data.digest} request={data.request} /> : null}
      {data && !data.action ? <p className="text-muted">Nothing is sent.</p> : null}
      {error ? <p className="text-muted">{refusalOf(error).message}</p> : null}
      {data?.canLook ? <ThereNow key={`${ordinal} ${category}`} {...input} /> : null}
    </section>
  );
}

function ThereNow({ id, n, ordinal, category }: Props['of'] & Omit<Props, 'of'>) {
  const look = useMutation(
    writing(['chunks', id, n, 'look', ordinal, category], () =>
      asOutcome(api.chunks.look({ params: { id, n, ordinal }, body: { category } })),
    ),
  );
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <Button size="small" className="self-start" onClick={() => look.mutate()} pending={look.isPending}>
        What is there now?
      </Button>
      {look.data ? <Found looked={look.data} /> : null}
      {look.error ? (
        <p role="alert" className="text-red">
          {look.error.message}
        </p>
      ) : null}
    </div>
  );
}

function Found({ looked }: { looked: Looked }) {
  if (looked.says === 'words') return <p role="status">{looked.text}</p>;
  if (looked.says === 'cannot') return <p role="status">Nobody can say what is there now. {looked.why}</p>;
  const { status, about, body, differs } = looked;
  return (
    <div role="status" className="flex min-w-0 flex-col gap-2">
      <p className="text-12 text-muted">
        There now: {status}
        {about.map((line) => `, ${line}`)}
      </p>
      {differs === null ? null : differs.length === 0 ? (
        <p>Everything that would be sent is there already.</p>
      ) : (
        <table className="w-full text-12">
          <caption className="sr-only">What would be otherwise</caption>
          <thead>
            <tr className="text-left text-muted">
              <th className="pr-3 font-normal">Member</th>
              <th className="pr-3 font-normal">There now</th>
              <th className="font-normal">Will be</th>
            </tr>
          </thead>
          <tbody className="font-mono leading-[18px]">
            {differs.map(({ at, now, will }) => (
              <tr key={at} className="align-top">
                <td className="pr-3 break-all">
                  <bdi>{at === '' ? 'the whole' : at}</bdi>
                </td>
                <td className="pr-3 break-all">
                  {now === null ? <span className="text-muted">not there</span> : <bdi>{now}</bdi>}
                </td>
                <td className="break-all">
                  <bdi>{will}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {body === '' ? null : <ExactText label="The answer" text={body} />}
    </div>
  );
}
