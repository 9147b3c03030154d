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
  /** it says nothing of how sending goes, so no error budget counts it */
  blameless?: true;
};

/** The executor's own reason: it was to be sent, and the sending was stopped before. It is due again without a person, and counts as no attempt. */
export const NOT_SENT = 'not_sent';

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
