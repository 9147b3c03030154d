import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { ManifestProblem } from '#lib/shapes/checkpoints.ts';
import type { Given, Marks } from './marks.ts';
import type { Move } from './review.ts';

/** Marks that were not taken, and why. */
export function NotMarked({
  refused: { refusal, given },
  noun,
  onRetry,
}: {
  refused: NonNullable<Marks['refused']>;
  noun: string;
  onRetry: (given: readonly Given[]) => void;
}) {
  if (refusal)
    return (
      <Banner kind="danger" actions={<Button onClick={() => onRetry(given)}>Try again</Button>}>
        {formatNoun(given.length, 'marks')} not saved: {refusal.message}
      </Banner>
    );
  return (
    <Banner kind="warning">
      {formatNoun(given.length, noun)} not marked: somebody had moved {given.length === 1 ? 'it' : 'them'} to another category.
    </Banner>
  );
}

type Refused = { refusal: { code: string; message: string }; moves: readonly Move[] };

/** What was taken back, and why. What somebody else decided meanwhile is not tried again. */
export function NotSaved({
  refused: { refusal, moves },
  onRetry,
}: {
  refused: Refused;
  onRetry: (moves: readonly Move[]) => void;
}) {
  return (
    <Banner
      kind="danger"
      actions={refusal.code === 'conflict' ? null : <Button onClick={() => onRetry(moves)}>Try again</Button>}
    >
      {formatNoun(moves.length, 'corrections')} not saved: {refusal.message}
    </Banner>
  );
}

/** Items that can't be sent as planned. */
export function Problems({ problems, noun }: { problems: ManifestProblem[]; noun: string }) {
  const [first, ...rest] = problems;
  if (!first) return null;
  return (
    <Banner kind="danger">
      {formatNoun(problems.length, noun)} can't be sent as planned. Move {problems.length === 1 ? 'it' : 'them'} to another
      category, or send the chunk back. Item {formatCount(first.ordinal)} ({first.category}): {first.message}
      {rest.length > 0 ? ` ${formatCount(rest.length)} more can’t be sent either.` : ''}
    </Banner>
  );
}
