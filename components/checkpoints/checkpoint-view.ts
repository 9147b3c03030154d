/** What a checkpoint page is given, and what it asks for. Everything is JSON. */

import type { ChunkRow } from '#components/chunks/chunk-row.ts';
import type { TargetIncident } from '#components/fleet/target-incidents.tsx';
import type { BatchState, ChunkState } from '#lib/core/lifecycle.ts';
import type { ReceiptResult } from '#lib/ledger/receipt.ts';

type Effect = 'none' | 'undoable' | 'permanent';

/** A category's action as words; `connector`, `connection` and `do` tell targets apart. */
export type ActionWords = {
  connector: string;
  connection: string | null;
  do: string;
  /** imperative: Archive */
  verb: string;
  /** past: Archived */
  past: string;
  /** what happens to one item: "move to the archive shelf" */
  will: string;
  /** where: "the archive shelf" */
  target: string;
  effect: Effect;
};

export type Sample = {
  ordinal: number;
  fields: Record<string, string>;
  /** the reading text, when the item has one */
  text?: string | null;
  category: string;
  why: string;
  /** 0..1 */
  confidence: number;
  /** "rules" or a person's name */
  by: string;
  mark: 'random' | 'unsure' | null;
  /** one line that names the item: the rendered receipt line's fields */
  line: string;
};

export type CheckpointCategory = {
  name: string;
  count: number;
  action: ActionWords | null;
  sampleRandom: Sample[];
  sampleUnsure: Sample[];
};

type CorrectionMade = { ordinal: number; from: string; to: string; by: string; at: string };

/** One that was made while somebody looked: `by` is the account, `name` the person. */
export type ChangeMeanwhile = CorrectionMade & { name: string };

export type FirstReceipt = {
  ordinal: number;
  seq: number;
  line: string;
  result: ReceiptResult | null;
  reason: string | null;
};

export type CheckpointView = {
  batch: { id: string; name: string; state: BatchState; noun: string };
  chunk: ChunkRow;
  /** the manifest's digest; null while it is being made anew after a correction */
  digest: string | null;
  revision: number;
  total: number;
  categories: CheckpointCategory[];
  /** items whose request can't be built */
  problems: { ordinal: number; category: string; message: string }[];
  /** how many run before a person releases the rest, per target; 0 runs all at once */
  first: number;
  corrections: CorrectionMade[];
  /** filled while the chunk awaits release */
  firstReceipts: FirstReceipt[];
  /** where two people sign each chunk: who did, who would not, and why the signature that is due can't be this person's */
  two: {
    first: { by: string; at: string } | null;
    refused: { by: string; at: string } | null;
    notYou: 'started' | 'signed' | null;
  } | null;
  /** a chunk waits behind this one for a person's yes */
  nextWaits: boolean;
  /** the chunk of this batch to look at after this one, and how many stand still; null when none does */
  next: { number: number; name: string; state: ChunkState; waiting: number } | null;
  /** when it halted, ISO 8601 */
  haltedAt: string | null;
  /** targets that failed, as far as this chunk waits for them */
  targets: TargetIncident[];
  may: {
    correct: boolean;
    decide: boolean;
    pause: boolean;
    resume: boolean;
    cancel: boolean;
    acceptRest: boolean;
    retry: boolean;
    undo: boolean;
  };
};

export type CorrectionInput = { ordinal: number; category: string };

export type DecisionInput = {
  digest: string | null;
  next: boolean;
  execute: boolean;
  sendBack: boolean;
  close: boolean;
  release: boolean;
  seen: number[];
  /** why it was approved without seeing a sample of each acting category */
  override: string | null;
  note: string | null;
};

export type ItemQuery = { category: string; search: string; cursor: string | null };
export type ItemPage = { items: Sample[]; next: string | null };

/** Who else waits to be moved the same way: "Same sender: 38 more?" */
export type Alike = { what: string; ordinals: number[] };
