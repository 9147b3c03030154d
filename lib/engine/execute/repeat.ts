/**
 * One attempt, sent again under its own key for as long as nobody knows what it did, where its target honours keys: same intent, same bytes, no receipt
 * of its own (docs/protocol.md, Repeats). Everything that touches the world is handed in.
 */

import type { Answer, Pending, Unsuccessful, Withdrawn } from '#lib/core/receipts/answer.ts';

type Attempt = {
  /** its intent was open when this owner came, so that the first send here is a repeat already */
  inherited: boolean;
  /** why a send of this owner may have acted: the reason that goes on record if nothing ends the doubt */
  doubt: string | null;
};

type Sender = {
  send(): Promise<Answer | Pending | Withdrawn>;
  /** Ms until it may be sent again after this answer; null when it is not to be. */
  waitAfter(answer: Unsuccessful, repeats: number): number | null;
  /** Of an answer that is to be followed by a repeat: each counts. */
  count(answer: Unsuccessful): void;
  /** Waits; false when it is not to be sent again after all. */
  wait(ms: number): Promise<boolean>;
  /** Whether what is not to be sent again stays open for the next owner, who repeats it. */
  leavesOpen(): boolean;
};

/**
 * The answer that the attempt comes to, and whether it was counted; null when it stays open for another owner, pending when its answer is still to come, withdrawn when none will. Once a send may have acted, only a success ends the doubt: for
 * that the target's kind is told of it with the next send.
 */
export async function untilKnown(
  attempt: Attempt,
  sender: Sender,
): Promise<{ answer: Answer; counted: boolean } | Pending | Withdrawn | null> {
  for (let repeats = attempt.inherited ? 1 : 0; ; repeats += 1) {
    const answer = await sender.send();
    if (answer.result === 'pending' || answer.result === 'withdrawn') return answer;
    if (answer.result === 'succeeded') return { answer, counted: false };
    if (answer.result === 'uncertain') attempt.doubt ??= answer.reason;
    const ms = answer.repeat === undefined ? null : sender.waitAfter(answer, repeats);
    if (ms === null) return { answer, counted: false };
    const counts = answer.repeat === 'unanswered';
    if (counts) sender.count(answer);
    if (!(await sender.wait(ms))) return sender.leavesOpen() ? null : { answer, counted: counts };
  }
}
