/** What became of one send to a target: what connectors say, and what the executor writes down. */

/**
 * Why the very same request may be sent again under its key: nobody knows what became of it, or the target says that it is still at it, which is no
 * sign of trouble.
 */
type Repeat = 'unanswered' | 'in_progress';

/**
 * `reason` is a short code for grouping (`http_503`, `timeout`). `retryAfterMs` is how long the target asked to wait. `repeat` says that the same request
 * under the same key may end the matter where the target honours keys.
 */
export type Unsuccessful = Heard & {
  result: 'failed' | 'uncertain';
  reason: string;
  retryAfterMs?: number | null;
  repeat?: Repeat;
};

/** The beginning of what the target answered, as `heardText` writes it; null or left out where no answer came. */
type Heard = { heard?: string | null };

/**
 * `target` is the target's own id for what was made; `before` is the SHA-256, in hex, of the target's state that this changed, where the connector knows
 * it; `reason` is what is not known of a success.
 */
export type Answer =
  | (Heard & { result: 'succeeded'; target: string | null; before?: string | null; reason?: string })
  | Unsuccessful;

/**
 * No answer yet: whoever has the request may take minutes or days. Its action stays in flight and holds no slot; the same request under the same key asks again, in
 * `ms` at the latest.
 */
export type Pending = { result: 'pending'; ms: number };

/**
 * Nobody had begun it when its chunk was brought to a stop, and from now on nobody can. So it was certainly not executed, and it was no attempt: it is due again when its
 * chunk goes on, without a person. `reason`: where it is not its target who knows.
 */
export type Withdrawn = { result: 'withdrawn'; reason?: typeof HELD_BACK };
/** The reason in the receipts of an action that was withdrawn. */
export const WITHDRAWN = 'withdrawn';
/** The reason where a worker had not sent it when its chunk was brought to a stop. */
export const HELD_BACK = 'held_back';
/** Reasons of what is not executed and was no attempt. */
export const NO_ATTEMPTS: readonly string[] = [WITHDRAWN, HELD_BACK];

/** Thrown by whoever was told to hold off before anything had left for the target: nothing was begun there, and nothing will be. */
export class HeldOff extends Error {
  constructor() {
    super('Nothing was sent: its worker is to end.');
  }
}
