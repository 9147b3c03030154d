'use client';

import { useQuery } from '@tanstack/react-query';
import { useTheme } from 'next-themes';
import { type ReactNode, useState } from 'react';
import { refusalOf } from '#components/api-client.ts';
import { FieldName, FieldValue } from '#components/datasets/field-labels.tsx';
import { Button } from '#components/ui/button.tsx';
import { formatBytes, formatCount, formatNoun } from '#components/ui/format.ts';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { useSettled } from '#components/ui/use-settled.ts';
import type { OpenedMail } from '#lib/shapes/datasets.ts';
import { Again } from './again.tsx';
import { Choice } from './choice.tsx';
import { Fold } from './fold.tsx';
import { FormView } from './form-view.tsx';
import type { ShownItem } from './item-view.tsx';
import { type ItemsFrom, openedOf, originalOf } from './items-of.tsx';
import { frameDocument } from './mail-frame.ts';
import { MailText } from './mail-text.tsx';
import { SourceView } from './source-view.tsx';

type Props = {
  item: ShownItem;
  from: ItemsFrom;
  beside?: ((name: string, value: string) => ReactNode) | undefined;
  sourceElsewhere: boolean;
};

/** A mail as a mail: who, to whom, when, about what; its text, its HTML or its source; what hangs on it; and all else behind a press. */
export function MailView({ item, from, beside, sourceElsewhere }: Props) {
  const { datasetId, drawn } = from;
  const [view, setView] = useState<'text' | 'html' | 'source'>('text');
  // A mail that is only walked past is not taken apart.
  const settled = useSettled(item.ordinal, SETTLED_MS);
  const still = settled === item.ordinal;
  const { data, error, refetch } = useQuery({ ...openedOf(datasetId, item.ordinal), enabled: still });
  const mail = data?.kind === 'mail' ? data : null;
  const { head, rest, text, hits } = inParts(item, drawn);
  const none = mail && mail.html === null ? 'This mail has no HTML.' : undefined;
  const shown = view === 'html' && none !== undefined ? 'text' : view;
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <dl className="grid grid-cols-[minmax(4.5rem,auto)_1fr] gap-x-4 gap-y-1">
        {head.map((name) => (
          <div key={name} className="contents">
            <dt className="max-w-40 break-words text-muted">
              <FieldName name={name} />
            </dt>
            <dd className="min-w-0 break-words whitespace-pre-wrap">
              <FieldValue name={name} value={item.fields[name] ?? ''} hits={item.matched?.[name]} copy />
              {beside?.(name, item.fields[name] ?? '')}
            </dd>
          </div>
        ))}
      </dl>
      <Choice
        label="How the mail is shown"
        choices={[
          { id: 'text', label: 'Text' },
          { id: 'html', label: 'HTML', none },
          ...(sourceElsewhere ? [] : [{ id: 'source', label: 'Source' } as const]),
        ]}
        chosen={shown}
        onChoose={setView}
      />
      {shown === 'text' ? (
        <WholeText key={`text ${item.ordinal}`} ordinal={item.ordinal} text={text} hits={hits} from={from} />
      ) : null}
      {shown === 'source' ? <SourceView datasetId={datasetId} ordinal={item.ordinal} /> : null}
      {shown === 'html' && mail ? <Html mail={mail} /> : null}
      {shown === 'html' && !mail && !error ? <Skeleton rows={8} label="Loading the HTML" /> : null}
      {error ? <Again words={refusalOf(error).message} onAgain={refetch} /> : null}
      {mail ? <Attachments mail={mail} /> : null}
      <div key={`more ${item.ordinal}`} className="flex flex-col">
        {rest.length > 0 ? (
          <Fold words={formatNoun(rest.length, 'more fields')}>
            <div className="pb-2">
              <FormView item={item} only={rest} beside={beside} />
            </div>
          </Fold>
        ) : null}
        <Fold words={mail ? `All ${formatNoun(mail.headers.length + mail.moreHeaders, 'headers')}` : 'All headers'}>
          {mail ? <Headers mail={mail} /> : error ? null : <Skeleton rows={4} label="Loading the headers" />}
        </Fold>
      </div>
    </div>
  );
}

const SETTLED_MS = 300;

/** What stands at the head of a mail, with what the rule went by; what else there is of fields; and its text. */
function inParts({ fields, text, matched = {} }: ShownItem, { first, text: textField }: ItemsFrom['drawn']) {
  const filled = Object.keys(fields).filter((name) => name !== textField);
  const head = [
    ...first.filter((name) => (fields[name] ?? '') !== ''),
    ...filled.filter((name) => Object.hasOwn(matched, name) && !first.includes(name)),
  ];
  return {
    head,
    rest: filled.filter((name) => !head.includes(name)),
    text: text ?? (textField === null ? '' : (fields[textField] ?? '')),
    hits: textField === null ? undefined : matched[textField],
  };
}

/** The text, and the rest of one that came cut where it is asked for. */
function WholeText({
  ordinal,
  text,
  hits,
  from: { datasetId, drawn },
}: {
  ordinal: number;
  text: string;
  from: ItemsFrom;
  hits: Hits;
}) {
  const [all, setAll] = useState(false);
  const { data, error, refetch } = useQuery({ ...originalOf(datasetId, ordinal), enabled: all });
  const whole = data && drawn.text !== null ? data.fields[drawn.text] : undefined;
  const cut = text.length > CUT_CHARS_MIN && text.endsWith('…');
  return (
    <>
      <MailText text={whole ?? text} hits={hits} />
      {cut && whole === undefined ? (
        <Button size="small" className="w-fit" pending={all && !error} onClick={() => setAll(true)}>
          Show the rest of the text
        </Button>
      ) : null}
      {error ? <Again words={refusalOf(error).message} onAgain={refetch} /> : null}
    </>
  );
}

type Hits = ReturnType<typeof inParts>['hits'];
/** A shorter text that ends in … was written so. */
const CUT_CHARS_MIN = 2_000;

function Html({ mail: { html, remote, cut } }: { mail: OpenedMail }) {
  const dark = useTheme().resolvedTheme === 'dark';
  return (
    <>
      <p className="text-12 text-muted">
        Without its styles. Links are not followed: the address stands behind each.
        {remote > 0 ? ` ${formatNoun(remote, 'remote pictures')} ${remote === 1 ? 'was' : 'were'} not loaded.` : ''}
        {cut ? ' Only its beginning is drawn: the source has all of it.' : ''}
      </p>
      <iframe
        title="The mail’s HTML"
        sandbox=""
        referrerPolicy="no-referrer"
        srcDoc={frameDocument(html ?? '', dark)}
        className="h-[60dvh] min-h-48 w-full resize-y rounded-md border border-hairline"
      />
    </>
  );
}

function Attachments({ mail: { attachments, moreAttachments, whole } }: { mail: OpenedMail }) {
  if (attachments.length === 0 && whole) return null;
  return (
    <section aria-label="Attachments" className="border-t border-hairline pt-2">
      <h3 className="text-12 font-medium">
        {formatNoun(attachments.length + moreAttachments, 'attachments')}{' '}
        <span className="font-normal text-muted">· not opened here</span>
      </h3>
      <ul>
        {attachments.map(({ name, type, bytes }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an attachment is what stands at its place
          <li key={index} className="flex flex-wrap items-baseline gap-x-3 break-all">
            <span className="min-w-0">{name === '' ? <span className="text-muted">without a name</span> : name}</span>
            <span className="text-12 text-muted">
              {type} · {formatBytes(bytes)}
            </span>
          </li>
        ))}
        {moreAttachments > 0 ? <li className="text-muted">and {formatCount(moreAttachments)} more</li> : null}
      </ul>
      {whole ? null : <p className="text-12 text-muted">The mail is too large to be looked through to its end.</p>}
    </section>
  );
}

function Headers({ mail: { headers, moreHeaders } }: { mail: OpenedMail }) {
  return (
    <dl className="flex flex-col gap-1 border-l-2 border-hairline pl-3 font-mono text-12 leading-[18px]">
      {headers.map(({ name, value }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a header is what stands at its place
        <div key={index} className="break-all">
          <dt className="inline text-muted">{name}: </dt>
          <dd className="inline">{value}</dd>
        </div>
      ))}
      {moreHeaders > 0 ? <div className="text-muted">and {formatCount(moreHeaders)} more, which the source has</div> : null}
    </dl>
  );
}
