/**
 * Receipt bodies, version 1: canonical JSON of exactly these members. Hex is lower case. `seq` is not in the body, for the statement
 * that stores a receipt assigns it; `at` is the writer's clock and only informs, order is seq.
 */
import { canonicalBytes, type Json, leafHash, sha256Hex } from './canonical.ts';

/** The column that holds a body is bytea; a body longer than this is refused before anything is sent. */
const BODY_BYTES_MAX = 65_535;

type Common = { v: 1; batch: string; chunk: number; by: string; at: string };
type OfAction = Common & { ordinal: number; step: number; attempt: number };

export type IntentBody = OfAction & {
  kind: 'intent';
  decision: string;
  manifest: string;
  item: string;
  action: { connector: string; connection: string | null; do: string; version: number };
  request: string;
  idempotencyKey: string;
  epoch: number;
  /** field -> SHA-256(salt || value) */
  values: Record<string, string>;
};

export type OutcomeResult = 'succeeded' | 'failed' | 'skipped' | 'uncertain';
/** @internal for its tests */
export type OutcomeBody = OfAction & {
  kind: 'outcome';
  /** the leaf of its intent; null for a skipped action, which has none */
  intent: string | null;
  result: OutcomeResult;
  /** a code, for grouping */
  reason: string | null;
  target: string | null;
  before: string | null;
  epoch: number;
};

export type ResolutionResult = 'succeeded' | 'not_executed' | 'abandoned';
export type ResolutionBody = OfAction & {
  kind: 'resolution';
  intent: string | null;
  result: ResolutionResult;
  evidence: 'inspection' | 'person';
};

export type ReceiptResult = OutcomeResult | ResolutionResult;

export type DecisionAnswers = { next: boolean; execute: boolean; sendBack: boolean; close: boolean; release: boolean };
export type DecisionBody = Common & {
  kind: 'decision';
  decision: string;
  root: string;
  manifest: string;
  revision: number;
  answers: DecisionAnswers;
  /** category -> items */
  counts: Record<string, number>;
  seenCount: number;
  /** SHA-256 of the seen ordinals: ascending, decimal, one a line */
  seen: string;
  override: string | null;
  via: 'page' | 'api';
};

export type ReceiptBody = IntentBody | OutcomeBody | ResolutionBody | DecisionBody;

/** A receipt ready to be stored: the exact bytes and their leaf hash. */
export type SealedReceipt = { body: Buffer; leaf: Buffer };

/** Freezes a body to its bytes. Throws RangeError above 65,535 bytes and TypeError for what is not JSON: no effect may follow. */
export function sealReceipt(receipt: ReceiptBody): SealedReceipt {
  const body = canonicalBytes(receipt as unknown as Json);
  if (body.length > BODY_BYTES_MAX)
    throw new RangeError(`A receipt of ${body.length} bytes is over the limit of ${BODY_BYTES_MAX}.`);
  return { body, leaf: leafHash(body) };
}

/** Reads stored bytes back. Throws when they are not the canonical bytes of a version 1 receipt, which means they were altered. */
export function readReceipt(body: Uint8Array): ReceiptBody {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  if (typeof value !== 'object' || value === null || (value as { v?: unknown }).v !== 1)
    throw new Error('Not a version 1 receipt.');
  const members = MEMBERS[(value as { kind?: string }).kind as ReceiptBody['kind']];
  if (!members) throw new Error('A receipt of no known kind.');
  const has = Object.keys(value).sort().join();
  if (has !== members) throw new Error(`A receipt must have exactly the members ${members}; this one has ${has}.`);
  if (!canonicalBytes(value as Json).equals(body)) throw new Error('The bytes are not canonical JSON.');
  return value as ReceiptBody;
}

/** The digest of the ordinals that were displayed: SHA-256 over them ascending, in decimal, one a line. */
export function seenDigest(ordinals: readonly number[]): string {
  const ascending = [...new Set(ordinals)].sort((a, b) => a - b);
  return sha256Hex(ascending.map((ordinal) => `${ordinal}\n`).join(''));
}

/**
 * The key that makes one attempt at one action count once: the first 16 bytes of a SHA-256, as 32 hex digits. A new attempt, which a
 * person or a retry policy asked for, has a new key; a takeover repeats the old one (I4).
 */
export function idempotencyKey(decision: string, ordinal: number, attempt: number): string {
  return sha256Hex(`countersign:${decision}:${ordinal}:${attempt}`).slice(0, 32);
}

const OF_ACTION = ['v', 'kind', 'batch', 'chunk', 'ordinal', 'step', 'attempt', 'by', 'at'];
const members = (...names: string[]): string => names.sort().join();

const MEMBERS: Record<ReceiptBody['kind'], string> = {
  intent: members(...OF_ACTION, 'decision', 'manifest', 'item', 'action', 'request', 'idempotencyKey', 'epoch', 'values'),
  outcome: members(...OF_ACTION, 'intent', 'result', 'reason', 'target', 'before', 'epoch'),
  resolution: members(...OF_ACTION, 'intent', 'result', 'evidence'),
  decision: members(
    ...['v', 'kind', 'batch', 'chunk', 'decision', 'root', 'manifest', 'revision', 'answers', 'counts'],
    ...['seenCount', 'seen', 'override', 'by', 'via', 'at'],
  ),
};
