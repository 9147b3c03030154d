import type { ReactNode } from 'react';
import { formatBytes, formatCount, formatNoun, formatRate } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { RelativeTime } from '#components/ui/relative-time.tsx';
import { SparkLine } from '#components/ui/spark-line.tsx';
import type { Board } from '#lib/shapes/board.ts';

/** The house at a glance: who works, how fast, who is waited for, and how much room it takes. */
export function BoardFigures({ board }: { board: Board }) {
  const { workers, running, activity, oldestQuestion, database } = board;
  const alive = workers.filter(({ state }) => state !== 'gone');
  const busy = alive.filter(({ state }) => state !== 'idle').length;
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-md border border-hairline bg-hairline md:grid-cols-3 xl:grid-cols-5">
      <Figure name="Workers" value={formatCount(alive.length)}>
        <span className="mb-1 flex h-1.5 gap-px overflow-hidden rounded-full" aria-hidden="true">
          {alive.map(({ id, state }) => (
            <span key={id} className={`flex-1 ${state === 'idle' ? 'bg-control/40' : 'bg-violet'}`} />
          ))}
        </span>
        {workWords(alive.length, busy, running)}
      </Figure>
      <Rate name="Receipts" counts={activity.receipts} slotSeconds={activity.slotSeconds} />
      <Rate name="Classifications" counts={activity.classified} slotSeconds={activity.slotSeconds} />
      <Figure name="Oldest question" value={oldestQuestion ? <RelativeTime iso={oldestQuestion.since} /> : 'none'}>
        {oldestQuestion ? (
          <Link href={`/batches/${oldestQuestion.batchId}`} className="underline underline-offset-2">
            {oldestQuestion.batchName}
          </Link>
        ) : (
          'no question waits for a person'
        )}
      </Figure>
      <Figure name="Database" value={formatBytes(database.bytes)} className="max-md:col-span-2">
        {database.perDay === null ? 'growth is known after an hour' : growthWords(database.perDay)}
      </Figure>
    </dl>
  );
}

function workWords(alive: number, busy: number, running: number): string {
  if (alive === 0) return 'none is running';
  if (busy === 0) return alive === 1 ? 'idle' : 'all idle';
  const idle = alive === busy ? '' : `, ${formatCount(alive - busy)} idle`;
  return `${formatCount(busy)} working on ${formatNoun(running, 'chunks')}${idle}`;
}

function growthWords(perDay: number): string {
  if (Math.abs(perDay) < 1_000_000) return 'does not grow';
  return perDay > 0 ? `+${formatBytes(perDay)} a day` : `−${formatBytes(-perDay)} a day`;
}

type FigureProps = { name: string; value: ReactNode; className?: string; children: ReactNode };

function Figure({ name, value, className = '', children }: FigureProps) {
  return (
    <div className={`flex min-w-0 flex-col bg-background px-3 py-2 ${className}`}>
      <dt className="text-12 text-muted">{name}</dt>
      <dd className="text-20 font-medium">{value}</dd>
      <dd className="mt-auto pt-1 text-12 text-muted">{children}</dd>
    </div>
  );
}

/** Points of the line: each is the mean of so many slots, so that single slots don't make it a comb. */
const SLOTS_A_POINT = 3;

function Rate({ name, counts, slotSeconds }: { name: string; counts: readonly number[]; slotSeconds: number }) {
  const now = (counts.at(-1) ?? 0) / slotSeconds;
  const points = Array.from({ length: Math.floor(counts.length / SLOTS_A_POINT) }, (_, point) => {
    const slots = counts.slice(point * SLOTS_A_POINT, (point + 1) * SLOTS_A_POINT);
    return slots.reduce((all, count) => all + count, 0) / SLOTS_A_POINT / slotSeconds;
  });
  const most = Math.max(0, ...counts) / slotSeconds;
  return (
    <Figure name={name} value={`${formatRate(now)}/s`}>
      <SparkLine
        values={points}
        label={`${name} a second over the last hour: ${formatRate(now)} now, ${formatRate(most)} at most`}
        className="text-accent"
      />
      {most === 0 ? 'none in the last hour' : `at most ${formatRate(most)}/s in the last hour`}
    </Figure>
  );
}
