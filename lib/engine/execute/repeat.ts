/**
 * One attempt, sent again under its own key for as long as nobody knows what it did, where its target honours keys: same intent, same bytes, no receipt
 * of its own (docs/protocol.md, Repeats). Everything that touches the world is handed in.
 */

/**
 * Why the very same request may be sent again under its key: nobody knows what became of it, or the target says that it is still at it, which is no
 * sign of trouble.
 */
export type Repeat = 'unanswered' | 'in_progress';

type Answer =
  | { result: 'succeeded' }
  | { result: 'failed' | 'uncertain'; reason: string; retryAfterMs?: number | null; repeat?: Repeat };

type Attempt = {
  /** its intent was open when this owner came, so that the first send here is a repeat already */
  inherited: boolean;
  /** why a send of this owner may have acted: the reason that goes on record if nothing ends the doubt */
  doubt: string | null;
};

type Sender<A extends Answer> = {
  send(): Promise<A>;
  /** Ms until it may be sent again after this answer; null when it is not to be. */
  waitAfter(answer: Exclude<A, { result: 'succeeded' }>, repeats: number): number | null;
  /** Of an answer that is to be followed by a repeat: each counts. */
  count(answer: Exclude<A, { result: 'succeeded' }>): void;
  /** Waits; false when it is not to be sent again after all. */
  wait(ms: number): Promise<boolean>;
  /** Whether what is not to be sent again stays open for the next owner, who repeats it. */
  leavesOpen(): boolean;
};

/**
 * The answer that the attempt comes to, and whether it was counted; null when it stays open. Once a send may have acted, only a success ends the doubt: for
 * that the target's kind is told of it with the next send.
 */
export async function untilKnown<A extends Answer>(
  attempt: Attempt,
  sender: Sender<A>,
): Promise<{ answer: A; counted: boolean } | null> {
  for (let repeats = attempt.inherited ? 1 : 0; ; repeats += 1) {
    const answer = await sender.send();
    if (!hasReason(answer)) return { answer, counted: false };
    if (answer.result === 'uncertain') attempt.doubt ??= answer.reason;
    const ms = answer.repeat === undefined ? null : sender.waitAfter(answer, repeats);
    if (ms === null) return { answer, counted: false };
    const counts = answer.repeat === 'unanswered';
    if (counts) sender.count(answer);
    if (!(await sender.wait(ms))) return sender.leavesOpen() ? null : { answer, counted: counts };
  }
}

function hasReason<A extends Answer>(answer: A): answer is Exclude<A, { result: 'succeeded' }> {
  return answer.result !== 'succeeded';
}
