'use client';

import { useState } from 'react';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { readHeard } from '#lib/core/receipts/heard.ts';
import type { DescribedRequest, SentHeader, ShownText } from '#lib/shapes/requests.ts';

/** A request as it goes out: where to, with what headers, and the body as it is sent. */
export function RequestView({ request }: { request: DescribedRequest }) {
  switch (request.form) {
    case 'message':
      return (
        <div className="flex min-w-0 flex-col gap-2">
          <p className="font-mono text-12 leading-[18px] break-all">
            <span className="font-medium">{request.method}</span> <bdi>{request.address}</bdi>
          </p>
          <Headers headers={request.headers} word={isHttp(request) ? 'headers' : 'particulars'} />
          {request.body ? <Body body={request.body} /> : <p className="text-12 text-muted">It has no body.</p>}
          {request.done ? <p className="text-12 text-muted">Done is: {request.done}.</p> : null}
        </div>
      );
    case 'text':
      return (
        <div className="flex min-w-0 flex-col gap-2">
          <p>
            {request.does}: <bdi className="font-medium break-words">{request.title}</bdi>
          </p>
          {request.text.text === '' ? null : <Exact shown={request.text} label="Text" />}
        </div>
      );
    case 'statement':
      return (
        <div className="flex min-w-0 flex-col gap-2">
          <p className="break-words">
            <bdi>{request.does}</bdi>
          </p>
          <p className="text-12 text-muted">
            <bdi>{request.to}</bdi>
          </p>
          <Exact shown={request.statement} label="Statement" />
          {request.parameters.length > 0 ? (
            <dl className="grid grid-cols-[auto_1fr] gap-x-3 font-mono text-12 leading-[18px]">
              {request.parameters.map((value, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a parameter has no other name than its place
                <div key={index} className="contents">
                  <dt className="text-muted">${index + 1}</dt>
                  <dd className="min-w-0 break-all">
                    {value === null ? <span className="text-muted">NULL</span> : <bdi>{value}</bdi>}
                  </dd>
                </div>
              ))}
            </dl>
          ) : null}
        </div>
      );
    case 'place':
      return (
        <p>
          {request.does} {request.place}.
        </p>
      );
    case 'nothing':
      return <p>Nothing leaves Countersign, and nothing changes.</p>;
    case 'bytes':
      return (
        <div className="flex min-w-0 flex-col gap-2">
          <p>This version of Countersign can’t read the request. These are its bytes.</p>
          <Exact shown={request.text} label="Bytes of the request" />
        </div>
      );
  }
}

/** A change of a file or a mail has no headers: what stands in their place says of what, from where, and as whom. */
function isHttp({ method, address }: { method: string; address: string }): boolean {
  return /^[A-Z]+$/.test(method) && /^https?:/.test(address);
}

function Headers({ headers, word }: { headers: SentHeader[]; word: string }) {
  return (
    <details open>
      <summary className="w-fit text-12 text-muted hover:text-text">{formatNoun(headers.length, word)}</summary>
      <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3 font-mono text-12 leading-[18px]">
        {headers.map(({ name, value, note }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a move names two files
          <div key={index} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 break-all">
              {value === null ? null : <bdi>{value}</bdi>}
              {note ? <span className="font-sans text-muted"> {note}</span> : null}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Exactly as sent, and where it is JSON laid out as well: which of the two is shown is said. */
function Body({ body }: { body: ShownText & { pretty: string | null } }) {
  const [laidOut, setLaidOut] = useState(body.pretty !== null);
  const { pretty } = body;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <p className="flex flex-wrap items-center gap-x-3 text-12 text-muted">
        <span>
          Body, {formatCount(body.bytes)} {body.bytes === 1 ? 'byte' : 'bytes'}
          {pretty === null ? ', as it is sent' : laidOut ? ', laid out for reading' : ', as it is sent'}
        </span>
        {pretty === null ? null : (
          <button type="button" className="underline underline-offset-2 hover:text-text" onClick={() => setLaidOut(!laidOut)}>
            {laidOut ? 'Show it as it is sent' : 'Lay it out'}
          </button>
        )}
      </p>
      <Exact shown={laidOut && pretty !== null ? { ...body, text: pretty } : body} label="Body of the request" />
    </div>
  );
}

function Exact({ shown, label }: { shown: ShownText; label: string }) {
  return (
    <>
      <ExactText label={label} text={shown.text} />
      {shown.cut ? (
        <p className="text-12 text-muted">This is its beginning: all of it has {formatCount(shown.bytes)} bytes.</p>
      ) : null}
    </>
  );
}

/** A text as it is, in a region that scrolls. */
export function ExactText({ label, text }: { label: string; text: string }) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      className="max-h-96 overflow-auto rounded-md bg-sunken p-2"
    >
      <pre className="font-mono text-12 leading-[18px] break-words whitespace-pre-wrap">{text}</pre>
    </section>
  );
}

/** What a target answered, as it is kept: its status, what is known of the answer, and its beginning. */
export function AnswerView({ text }: { text: string }) {
  const { status, about, body } = readHeard(text);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <p className="font-mono text-12 leading-[18px] font-medium">{status}</p>
      {about.map((line) => (
        <p key={line} className="font-mono text-12 leading-[18px] break-all text-muted">
          <bdi>{line}</bdi>
        </p>
      ))}
      {body === '' ? null : <ExactText label="The answer" text={body} />}
    </div>
  );
}
