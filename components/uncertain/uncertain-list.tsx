'use client';

import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { StoryHere } from '#components/items/story-link.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { classes } from '#components/ui/classes.ts';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Field, Input, Tick } from '#components/ui/field.tsx';
import { formatCount, formatInstant } from '#components/ui/format.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant, Zoned } from '#components/ui/relative-time.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { writing } from '#components/ui/writing.ts';
import type { Answered, UncertainAnswer, UncertainGroup, UncertainItem } from '#lib/shapes/uncertain.ts';
import { answeredWords, CANNOT_ASK, groupTitle, inspectedWords } from './words.ts';

type UncertainNamed = { ordinals: number[] } | { group: string };

type Props = {
  batchId: string;
  items: UncertainItem[];
  groups: UncertainGroup[];
  mayAnswer: boolean;
  onAnswer: (given: { named: UncertainNamed; answer: UncertainAnswer; note: string }) => Promise<Outcome<Answered>>;
  /** sends again what didn't happen; absent where this person may not */
  onRetry?: () => Promise<Outcome>;
};

/** Requests that went out and were never answered. A person says what became of each; nothing is resent from here. */
export function UncertainList({ batchId, items, groups, mayAnswer, onAnswer, onRetry }: Props) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [groupId, setGroupId] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const [told, setTold] = useState<{ text: string; retry: boolean } | null>(null);
  const answer = useMutation(writing(['uncertain', batchId, 'answer'], onAnswer));
  const retry = useMutation(writing(['batches', batchId, 'retry'], onRetry));
  const open = items.filter((item) => item.state === 'uncertain');
  // A group is named by what was seen of it: once that changed, it has another name and nothing is chosen.
  const group = groups.find(({ id }) => id === groupId) ?? null;
  const picked = open.filter(({ ordinal }) => chosen.has(ordinal));
  const count = group ? group.count : picked.length;
  const canAsk = group ? group.canAsk : picked.some((item) => item.canAsk);
  // On a phone the answers would hide what is to be answered: they come once something is chosen.
  const nothing = count === 0 && 'max-sm:hidden';
  const unanswered = groups.reduce((sum, each) => sum + each.count, 0);

  const give = (word: UncertainAnswer) => {
    const named = group ? { group: group.id } : { ordinals: picked.map(({ ordinal }) => ordinal) };
    setTold(null);
    answer.mutate(
      { named, answer: word, note },
      {
        onSuccess: (answered) => {
          setTold({ text: answeredWords(word, answered), retry: word === 'did_not' && answered.answered > 0 });
          // Whoever asked the target goes on to answer for the same ones.
          if (word === 'ask') return;
          setChosen(new Set());
          setGroupId(null);
          setNote('');
        },
      },
    );
  };
  const sendAgain = () =>
    retry.mutate(undefined, {
      onSuccess: () => setTold({ text: 'The actions are being sent again, each as a new attempt.', retry: false }),
    });
  const toggle = (ordinal: number) => {
    const next = new Set(group ? [] : chosen);
    if (!next.delete(ordinal)) next.add(ordinal);
    setGroupId(null);
    setChosen(next);
  };

  return (
    <section className="flex flex-col gap-3" aria-label="Uncertain">
      {told ? (
        <Banner
          kind="info"
          actions={
            told.retry && onRetry && unanswered === 0 ? (
              <Button pending={retry.isPending} onClick={sendAgain}>
                Send again what didn’t happen
              </Button>
            ) : null
          }
        >
          {told.text} {retry.error?.message}
        </Banner>
      ) : null}
      {items.length === 0 ? (
        <EmptyState
          title="Nothing is uncertain"
          text="A request that went out without an answer is listed here until a person says what became of it."
          level={3}
        />
      ) : (
        <>
          <p className="max-w-prose text-14">We sent this and heard nothing. It may have happened.</p>
          <Groups
            groups={groups}
            chosen={mayAnswer ? group : null}
            onChoose={
              mayAnswer
                ? (id) => {
                    setGroupId(id);
                    setChosen(new Set());
                  }
                : null
            }
          />
          <ul className="rounded-md border border-hairline">
            {items.map((item) => (
              <Row
                key={item.ordinal}
                item={item}
                checked={group === null && chosen.has(item.ordinal)}
                disabled={!mayAnswer || item.state === 'abandoned'}
                onToggle={() => toggle(item.ordinal)}
              />
            ))}
          </ul>
        </>
      )}
      {mayAnswer && open.length > 0 ? (
        <div className="sticky bottom-2 flex flex-col gap-3 rounded-md border border-control bg-surface p-3 max-sm:bottom-14">
          {group ? <p className="font-medium">{groupTitle(group)}</p> : null}
          <div className="flex flex-wrap items-end gap-3">
            <Button
              size="small"
              kind="ghost"
              onClick={() => {
                setGroupId(null);
                setChosen(new Set(picked.length === open.length ? [] : open.map(({ ordinal }) => ordinal)));
              }}
            >
              {picked.length === open.length ? 'Choose none' : `Choose all ${formatCount(open.length)} shown`}
            </Button>
            <Field label="How do you know? (kept in the receipt)" className={classes('max-w-md flex-1 basis-60', nothing)}>
              <Input value={note} onChange={(event) => setNote(event.target.value)} />
            </Field>
          </div>
          <div className={classes('flex flex-wrap gap-2', nothing)}>
            <Button disabled={count === 0 || !canAsk} pending={answer.isPending} onClick={() => give('ask')}>
              Ask the target again{of(count)}
            </Button>
            <Button disabled={count === 0} pending={answer.isPending} onClick={() => give('happened')}>
              It happened{of(count)}
            </Button>
            <Button disabled={count === 0} pending={answer.isPending} onClick={() => give('did_not')}>
              It didn't{of(count)}
            </Button>
            <Button kind="ghost" disabled={count === 0} pending={answer.isPending} onClick={() => give('later')}>
              Decide later
            </Button>
            <Button kind="ghost" disabled={count === 0} pending={answer.isPending} onClick={() => give('abandon')}>
              Nobody can know
            </Button>
          </div>
          <p className={classes('text-12 text-muted', nothing)}>
            “It didn't” records your answer; it does not resend.{count > 0 && !canAsk ? ` ${CANNOT_ASK}` : ''}
          </p>
          {answer.error ? (
            <p role="alert" className="text-red">
              {answer.error.message}
            </p>
          ) : null}
        </div>
      ) : null}
    </section>
  );
}

const of = (count: number): string => (count > 1 ? ` (${formatCount(count)})` : '');

/** The causes that have more than one uncertain action; choosing one chooses all of it, shown on this page or not. */
function Groups({
  groups,
  chosen,
  onChoose,
}: {
  groups: UncertainGroup[];
  chosen: UncertainGroup | null;
  onChoose: ((id: string | null) => void) | null;
}) {
  const several = groups.filter(({ count }) => count > 1);
  if (several.length === 0) return null;
  return (
    <ul aria-label="By cause" className="flex flex-wrap gap-2">
      {several.map((group) => (
        <li key={group.id} className="max-w-full">
          {onChoose ? (
            <button
              type="button"
              aria-pressed={group.id === chosen?.id}
              onClick={() => onChoose(group.id === chosen?.id ? null : group.id)}
              className={classes(
                'row-item max-w-full rounded-md border px-3 py-1 text-left break-words hover:bg-surface',
                group.id === chosen?.id ? 'border-accent bg-surface text-accent' : 'border-control',
              )}
            >
              {group.id === chosen?.id ? '✓ ' : ''}
              <Zoned text={groupTitle(group)} />
            </button>
          ) : (
            <span className="text-muted">
              <Zoned text={groupTitle(group)} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Row({
  item,
  checked,
  disabled,
  onToggle,
}: {
  item: UncertainItem;
  checked: boolean;
  disabled: boolean;
  onToggle: () => void;
}) {
  const facts: [string, ReactNode][] = [
    ['Action', item.action],
    ['Request', item.request],
    ['Body', item.body === null ? null : `${item.body}${item.bodyCut ? '…' : ''}`],
    ['Intent stored', <Zoned key="at" text={`${formatInstant(item.intentAt)}, by worker ${item.worker}`} />],
    ['Attempt', formatCount(item.attempt)],
    ['Idempotency key', item.idempotencyKey],
    ['Said too late', item.late],
  ];
  return (
    <li className="border-b border-hairline px-3 last:border-b-0">
      <label className="row-item flex items-start gap-3 py-1.5">
        <Tick className="mt-0.5 size-4" checked={checked} disabled={disabled} onChange={onToggle} />
        <span className="min-w-0 flex-1">
          <span className="block break-words">{item.line}</span>
          <span className="block text-12 text-muted">
            {item.why} {item.inspection ? inspectedWords(item.inspection) : ''} {item.late ? `Too late: ${item.late}` : ''}
          </span>
        </span>
        <StateBadge
          tone="magenta"
          glyph="?"
          word={item.state === 'abandoned' ? 'Accepted as unknown' : 'Uncertain'}
          className="max-sm:hidden"
        />
      </label>
      <details className="pb-1.5 pl-7">
        <summary className="w-fit cursor-pointer text-12 text-muted hover:text-text">
          What is known<span className="sr-only"> of {item.line}</span>
        </summary>
        <dl className="grid gap-x-4 gap-y-1 py-2 text-12 sm:grid-cols-[max-content_minmax(0,1fr)]">
          {facts.map(([name, value]) =>
            value === null ? null : (
              <div key={name} className="contents">
                <dt className="text-muted">{name}</dt>
                <dd className="font-mono break-all whitespace-pre-wrap">{value}</dd>
              </div>
            ),
          )}
          <dt className="text-muted">The target now</dt>
          <dd>
            {item.inspection ? (
              <>
                {inspectedWords(item.inspection)} Asked <Instant iso={item.inspection.at} /> by {item.inspection.by}.
              </>
            ) : item.canAsk ? (
              'Not asked yet.'
            ) : (
              CANNOT_ASK
            )}
          </dd>
          <dt className="text-muted">Item</dt>
          <dd>
            {formatCount(item.ordinal)} <StoryHere ordinal={item.ordinal} />
          </dd>
        </dl>
      </details>
    </li>
  );
}
