/**
 * Receipt bodies: canonical JSON of exactly these members. Hex is lower case. `v` is the version of the kind; every version there was is read. `seq` is not in
 * the body, for the statement that stores a receipt assigns it; `at` is the writer's clock and only informs, order is seq. Only intent, outcome and
 * resolution are steps of an action. Chunk 0 is the batch itself. A note, or another word of a person, is a commitment; its value lies beside the receipt.
 */
import { canonicalBytes, type Json, leafHash, sha256Hex } from './canonical.ts';

/** The column that holds a body is bytea; a body longer than this is refused before anything is sent. */
const BODY_BYTES_MAX = 65_535;

type Common = { batch: string; chunk: number; by: string; at: string };
type OfAction = Common & { ordinal: number; step: number; attempt: number };
type Via = 'page' | 'api';
/** SHA-256(salt || value), as hex */
type Commitment = string;

export type IntentBody = OfAction & {
  v: 1;
  kind: 'intent';
  decision: string;
  manifest: string;
  item: string;
  action: { connector: string; connection: string | null; do: string; version: number };
  request: string;
  idempotencyKey: string;
  epoch: number;
  /** field -> commitment */
  values: Record<string, Commitment>;
};

export type OutcomeResult = 'succeeded' | 'failed' | 'skipped' | 'uncertain';
type OutcomeMembers = OfAction & {
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
/** Version 2 (http 2, and later remote connectors) keeps the beginning of the target's answer beside it, as its value `answer`; null: there was none. */
export type OutcomeBody = (OutcomeMembers & { v: 1 }) | (OutcomeMembers & { v: 2; answer: Commitment | null });

export type ResolutionResult = 'succeeded' | 'not_executed' | 'abandoned';
export type ResolutionBody = OfAction & {
  v: 1;
  kind: 'resolution';
  intent: string | null;
  result: ResolutionResult;
  /** executor: the worker had not begun it, and nobody can any more */
  evidence: 'inspection' | 'person' | 'executor';
};

export type ReceiptResult = OutcomeResult | ResolutionResult;

export type DecisionAnswers = Record<'next' | 'execute' | 'sendBack' | 'close' | 'release', boolean>;
type DecisionMembers = Common & {
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
  via: Via;
};
/** What the marks up to the batch's common prefix prove of a category's members in what the decision's bound is over (docs/evidence.md). */
export type ReviewedCategory = Record<'population' | 'looks' | 'wrong' | 'atMost', number>;
export type DecisionBody =
  | (DecisionMembers & { v: 1; override: string | null })
  | (DecisionMembers & {
      v: 2;
      /** the revision of the plan */
      plan: number;
      override: Commitment | null;
      note: Commitment | null;
      /** acting categories that have a population */
      reviews: Record<string, ReviewedCategory>;
      /** SHA-256 of the marks on the chunk's items: "ordinal category right|wrong", ascending, one a line */
      marks: string;
      evidence: { over: 'batch' | 'chunk'; demanded: number | null; met: boolean | null };
      /** what the override was for */
      overrides: ('unseen' | 'unmarked' | 'evidence')[];
      factor: null | 'password' | 'totp' | 'passkey';
      /** the first of two signatures, where this is the second; else null */
      first: { decision: string; by: string; seenCount: number; marks: string } | null;
    });

/** A person moved items from one category to another; one receipt per (from, to) of a call, and a further one beyond 2,000 ranges. */
export type CorrectionBody = Common & {
  v: 1;
  kind: 'correction';
  /** the chunk's revision that it made */
  revision: number;
  from: string;
  to: string;
  /** ascending ranges, first and last included */
  ordinals: [number, number][];
  count: number;
  how: 'item' | 'selection' | 'like';
  note: Commitment | null;
  via: Via;
};

/** Chunk 0: the batch was started. */
export type StartBody = Common & {
  v: 1;
  kind: 'start';
  dataset: string;
  /** the digest of the reading that it goes by */
  reading: string | null;
  items: number;
  unreadable: number;
  chunks: number;
  /** the plan's digest */
  plan: string;
  revision: number;
  /** SHA-256 of the 32 bytes of the seed that its samples are drawn with; the closing receipt reveals them */
  seedHash: string | null;
  instruction: Commitment | null;
  via: Via;
};

/** Chunk 0: the rules changed for what is not yet decided. */
export type PlanBody = Common & {
  v: 1;
  kind: 'plan';
  revision: number;
  /** digests of the plan before and now */
  before: string;
  plan: string;
  /** the chunks it holds for: ascending ranges; a further receipt beyond 2,000 */
  chunks: [number, number][];
  instruction: Commitment | null;
  note: Commitment | null;
  via: Via;
};

/** Chunk 0: every chunk is terminal and nothing is in flight. What comes later brings a further one; verification takes the last. */
export type ClosingBody = Common & {
  v: 1;
  kind: 'closing';
  state: 'finished' | 'cancelled';
  /** SHA-256 of lines "chunk seq", ascending, chunk 0 included: how many receipts each has, up to before this one */
  seqs: string;
  receipts: number;
  /** revealed by the first closing; null later, and where there is none */
  seed: string | null;
};

/** What an agent says that it did; counted apart. `key`: unique in the chunk, so that what is said again counts once. */
export type AttestationBody = Common & {
  v: 1;
  kind: 'attestation';
  item: number | null;
  key: string;
  text: Commitment;
  epoch: number;
};

export type ReceiptBody =
  | IntentBody
  | OutcomeBody
  | ResolutionBody
  | DecisionBody
  | CorrectionBody
  | StartBody
  | PlanBody
  | ClosingBody
  | AttestationBody;

/** A receipt ready to be stored: the exact bytes and their leaf hash. */
export type SealedReceipt = { body: Buffer; leaf: Buffer };

/** Freezes a body to its bytes. Throws RangeError above 65,535 bytes and TypeError for what is not JSON: no effect may follow. */
export function sealReceipt(receipt: ReceiptBody): SealedReceipt {
  const body = canonicalBytes(receipt as unknown as Json);
  if (body.length > BODY_BYTES_MAX)
    throw new RangeError(`A receipt of ${body.length} bytes is over the limit of ${BODY_BYTES_MAX}.`);
  return { body, leaf: leafHash(body) };
}

/** Reads stored bytes back. Throws when they are not the canonical bytes of a receipt of a known kind and version, which means they were altered. */
export function readReceipt(body: Uint8Array): ReceiptBody {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  if (typeof value !== 'object' || value === null) throw new Error('Not a receipt.');
  const { kind, v } = value as { kind?: unknown; v?: unknown };
  const members = Object.hasOwn(MEMBERS, `${kind} ${v}`) ? MEMBERS[`${kind} ${v}` as keyof typeof MEMBERS] : null;
  if (members === null) throw new Error('A receipt of no known kind and version.');
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

/** The digest of marks: SHA-256 over lines "ordinal category verdict", in ascending order of ordinals. `wrong` names the category it was moved from. */
export function marksDigest(marks: readonly { ordinal: number; category: string; verdict: 'right' | 'wrong' }[]): string {
  const ascending = [...marks].sort((a, b) => a.ordinal - b.ordinal);
  return sha256Hex(ascending.map(({ ordinal, category, verdict }) => `${ordinal} ${category} ${verdict}\n`).join(''));
}

/** Ascending ranges of distinct ordinals, first and last included. */
export function rangesOf(ordinals: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const ordinal of [...new Set(ordinals)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === ordinal - 1) last[1] = ordinal;
    else ranges.push([ordinal, ordinal]);
  }
  return ranges;
}

/**
 * The key that makes one attempt at one action count once: the first 16 bytes of a SHA-256, as 32 hex digits. A new attempt, which a
 * person or a retry policy asked for, has a new key; a takeover repeats the old one (I4).
 */
export function idempotencyKey(decision: string, ordinal: number, attempt: number): string {
  return sha256Hex(`countersign:${decision}:${ordinal}:${attempt}`).slice(0, 32);
}

const members = (...names: string[]): string => names.sort().join();

const COMMON = ['v', 'kind', 'batch', 'chunk', 'by', 'at'];
const OF_ACTION = [...COMMON, 'ordinal', 'step', 'attempt'];
const OUTCOME = [...OF_ACTION, 'intent', 'result', 'reason', 'target', 'before', 'epoch'];
const DECISION = [
  ...[...COMMON, 'decision', 'root', 'manifest', 'revision', 'answers', 'counts', 'seenCount', 'seen', 'override', 'via'],
];

const MEMBERS = {
  'intent 1': members(...OF_ACTION, 'decision', 'manifest', 'item', 'action', 'request', 'idempotencyKey', 'epoch', 'values'),
  'outcome 1': members(...OUTCOME),
  'outcome 2': members(...OUTCOME, 'answer'),
  'resolution 1': members(...OF_ACTION, 'intent', 'result', 'evidence'),
  'decision 1': members(...DECISION),
  'decision 2': members(...DECISION, 'note', 'plan', 'reviews', 'marks', 'evidence', 'overrides', 'factor', 'first'),
  'correction 1': members(...COMMON, 'revision', 'from', 'to', 'ordinals', 'count', 'how', 'note', 'via'),
  'start 1': members(
    ...[...COMMON, 'dataset', 'reading', 'items', 'unreadable', 'chunks', 'plan', 'revision', 'seedHash', 'instruction', 'via'],
  ),
  'plan 1': members(...COMMON, 'revision', 'before', 'plan', 'chunks', 'instruction', 'note', 'via'),
  'closing 1': members(...COMMON, 'state', 'seqs', 'receipts', 'seed'),
  'attestation 1': members(...COMMON, 'item', 'key', 'text', 'epoch'),
} satisfies Record<`${ReceiptBody['kind']} ${number}`, string>;
