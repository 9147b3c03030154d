/**
 * The lifecycles, one table each. The pages, the API and the SQL guards derive from these; a transition that is not here does
 * not exist. Each transition is named by what causes it.
 */
import type { ReceiptResult } from '#lib/ledger/receipt.ts';

export const DATASET_STATES = ['receiving', 'ready', 'failed'] as const;
export type DatasetState = (typeof DATASET_STATES)[number];

export const BATCH_STATES = ['proposed', 'running', 'paused', 'finished', 'cancelled'] as const;
export type BatchState = (typeof BATCH_STATES)[number];

export const CHUNK_STATES = [
  'proposed',
  'queued',
  'classifying',
  'awaiting_review',
  'awaiting_second',
  'approved',
  'executing',
  'awaiting_release',
  'paused',
  'unresolved',
  'halted',
  'done',
  'closed',
  'cancelled',
] as const;
export type ChunkState = (typeof CHUNK_STATES)[number];

/** What a chunk is being brought to a stop for: a flag beside its state (I3). */
export const STOPPINGS = ['pause', 'cancel', 'accept_rest'] as const;
export type Stopping = (typeof STOPPINGS)[number];

/** What a receipt may say became of an action. */
export const ACTION_RESULTS: readonly ReceiptResult[] = [
  'succeeded',
  'failed',
  'uncertain',
  'skipped',
  'not_executed',
  'abandoned',
];
export type ActionState = 'planned' | 'intent' | ReceiptResult;

type Transition<State extends string> = { from: readonly State[]; to: State };

export const DATASET_TRANSITIONS = {
  complete: { from: ['receiving'], to: 'ready' },
  fail: { from: ['receiving'], to: 'failed' },
} as const satisfies Record<string, Transition<DatasetState>>;

export const BATCH_TRANSITIONS = {
  start: { from: ['proposed'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  finish: { from: ['running'], to: 'finished' },
  cancel: { from: ['proposed', 'running', 'paused'], to: 'cancelled' },
  retry: { from: ['finished'], to: 'running' },
} as const satisfies Record<string, Transition<BatchState>>;

// A transition comes with its code: lib/steps/batches/lifecycle.test.ts walks every one that is here, for real.
export const CHUNK_TRANSITIONS = {
  open_gate: { from: ['proposed'], to: 'queued' },
  claim_classify: { from: ['queued', 'classifying'], to: 'classifying' },
  yield_classify: { from: ['classifying'], to: 'queued' },
  halt_classify: { from: ['classifying'], to: 'halted' },
  classified: { from: ['classifying'], to: 'awaiting_review' },
  approve: { from: ['awaiting_review', 'awaiting_second'], to: 'approved' },
  approve_first_of_two: { from: ['awaiting_review'], to: 'awaiting_second' },
  refuse_second: { from: ['awaiting_second'], to: 'awaiting_review' },
  send_back: { from: ['awaiting_review'], to: 'queued' },
  classify_again: { from: ['classifying', 'awaiting_review'], to: 'queued' },
  close: { from: ['awaiting_review'], to: 'closed' },
  claim_execute: { from: ['approved', 'executing'], to: 'executing' },
  first_done: { from: ['executing'], to: 'awaiting_release' },
  first_done_elsewhere: { from: ['approved'], to: 'awaiting_release' },
  release: { from: ['awaiting_release'], to: 'executing' },
  executed: { from: ['executing'], to: 'done' },
  executed_with_uncertain: { from: ['executing'], to: 'unresolved' },
  answer_last_uncertain: { from: ['unresolved'], to: 'done' },
  pause: { from: ['executing'], to: 'paused' },
  resume: { from: ['paused'], to: 'executing' },
  halt_execute: { from: ['executing'], to: 'halted' },
  resume_halted: { from: ['halted'], to: 'executing' },
  reclassify_halted: { from: ['halted'], to: 'queued' },
  settle_halted: { from: ['halted'], to: 'executing' },
  accept_halted: { from: ['halted'], to: 'done' },
  accept_halted_with_uncertain: { from: ['halted'], to: 'unresolved' },
  retry: { from: ['done'], to: 'executing' },
  cancel_idle: {
    from: [
      'proposed',
      'queued',
      'classifying',
      'awaiting_review',
      'awaiting_second',
      'awaiting_release',
      'approved',
      'paused',
      'halted',
    ],
    to: 'cancelled',
  },
  cancel_executing: { from: ['executing'], to: 'cancelled' },
} as const satisfies Record<string, Transition<ChunkState>>;
export type ChunkTransition = keyof typeof CHUNK_TRANSITIONS;

/** A batch that was started and is not over. */
export const BATCH_UNFINISHED: readonly BatchState[] = ['running', 'paused'];

/** A batch that may still do something, or be started. */
export const BATCH_OPEN: readonly BatchState[] = [...BATCH_TRANSITIONS.start.from, ...BATCH_UNFINISHED];

/** A batch that came to its end, by itself or by a person. */
export const BATCH_OVER: readonly BatchState[] = [BATCH_TRANSITIONS.finish.to, BATCH_TRANSITIONS.cancel.to];

/** A batch in one of these may send again what failed: what is finished is opened by it. */
export const BATCH_RETRIABLE: readonly BatchState[] = ['running', ...BATCH_TRANSITIONS.retry.from];

/** A chunk in one of these needs nothing more; a batch whose chunks all are is finished. */
export const CHUNK_TERMINAL: readonly ChunkState[] = ['done', 'closed', 'cancelled'];

/** It sends nothing more by itself: of one that is unresolved only answers are due. */
export const CHUNK_AT_REST: readonly ChunkState[] = [...CHUNK_TERMINAL, 'unresolved'];

/** At rest, and not closed at its review: what it did can be looked at as a whole, and undone. */
export const CHUNK_SETTLED: readonly ChunkState[] = CHUNK_AT_REST.filter((state) => state !== 'closed');

/** A worker has the chunk under a lease, or may take it over. */
export const CHUNK_OWNED: readonly ChunkState[] = [CHUNK_TRANSITIONS.claim_classify.to, CHUNK_TRANSITIONS.claim_execute.to];

/** Being classified, or waiting for a worker who does it. */
export const CHUNK_CLASSIFYING: readonly ChunkState[] = CHUNK_TRANSITIONS.claim_classify.from;

/** Approved: its actions are being carried out, or wait for a worker who does it. */
export const CHUNK_ACTING: readonly ChunkState[] = CHUNK_TRANSITIONS.claim_execute.from;

/** Being worked on, or waiting for a worker: what a pause holds. */
export const CHUNK_PAUSABLE: readonly ChunkState[] = [...CHUNK_CLASSIFYING, ...CHUNK_ACTING];

/** Waiting for a worker, and owned by none. */
export const CHUNK_UNCLAIMED: readonly ChunkState[] = CHUNK_PAUSABLE.filter((state) => !CHUNK_OWNED.includes(state));

/** Not every item is classified, so there is nothing to decide on. */
export const CHUNK_UNCLASSIFIED: readonly ChunkState[] = [...CHUNK_TRANSITIONS.open_gate.from, ...CHUNK_CLASSIFYING];

/** At its review: nothing of it was approved, and everything of it can be. */
export const CHUNK_IN_REVIEW: readonly ChunkState[] = CHUNK_TRANSITIONS.approve.from;

/** In these its first actions, if it has any, are not done: nobody can have looked at them. */
export const CHUNK_FIRSTS_UNDONE: readonly ChunkState[] = ['approved', 'executing', 'paused', 'halted'];

/** In these it waits for a release: its own first actions are done, or those of another chunk are to be looked at before it begins. */
export const CHUNK_RELEASABLE: readonly ChunkState[] = [
  ...CHUNK_TRANSITIONS.release.from,
  ...CHUNK_TRANSITIONS.first_done_elsewhere.from,
];

/** It stands still in the middle of its actions, and would send more. */
export const CHUNK_HELD: readonly ChunkState[] = ['awaiting_release', 'paused', 'halted'];

/**
 * It stands still until a person says something: but not where it halted at a target, which is told once, as the target's incident. In SQL with that:
 * WAITS_FOR_PEOPLE in lib/store/batches/batch-reads.sql.ts.
 */
export const CHUNK_WAITING_FOR_PEOPLE: readonly ChunkState[] = [...CHUNK_IN_REVIEW, 'awaiting_release', 'halted'];

/** It stands still until a person says something, what is uncertain included. */
export const CHUNK_WANTING_PEOPLE: readonly ChunkState[] = [...CHUNK_WAITING_FOR_PEOPLE, 'unresolved'];

/** Nobody has approved it, and an agent may have it, or have had it: what is appended to its task is a note. Where it halted before its approval too. */
export const CHUNK_NOTABLE: readonly ChunkState[] = ['queued', 'classifying', ...CHUNK_IN_REVIEW];

/** It was approved: what is appended to its task attests. Where it halted or was cancelled after its approval too. */
export const CHUNK_ATTESTABLE: readonly ChunkState[] = [...CHUNK_ACTING, 'awaiting_release', 'paused', 'unresolved', 'done'];

/** It puts a question to whoever may answer: shall these actions run, and after the first, the rest. */
export const CHUNK_ASKING: readonly ChunkState[] = ['awaiting_review', 'awaiting_release'];

/** Before the first action nothing is uncertain, and done means that the last one was answered or accepted. */
export const CHUNK_MAY_BE_UNCERTAIN: readonly ChunkState[] = [
  'executing',
  ...Object.values(CHUNK_TRANSITIONS)
    .filter(({ from, to }) => (from as readonly ChunkState[]).includes('executing') && to !== 'done' && to !== 'executing')
    .map(({ to }) => to),
];

/** What each receipt turns an action into, by what it is now. Keys are `kind:result` (an intent has no result). */
export const ACTION_TRANSITIONS = {
  intent: { from: ['planned', 'failed', 'not_executed'], to: 'intent' },
  'outcome:succeeded': { from: ['intent'], to: 'succeeded' },
  'outcome:failed': { from: ['intent'], to: 'failed' },
  'outcome:uncertain': { from: ['intent'], to: 'uncertain' },
  'outcome:skipped': { from: ['planned'], to: 'skipped' },
  'resolution:succeeded': { from: ['uncertain'], to: 'succeeded' },
  'resolution:not_executed': { from: ['uncertain'], to: 'not_executed' },
  'resolution:abandoned': { from: ['uncertain'], to: 'abandoned' },
} as const satisfies Record<string, Transition<ActionState>>;
export type ActionReceiptKind = keyof typeof ACTION_TRANSITIONS;

/** Quoted for an SQL text of ours: `state IN (${stateList(CHUNK_TERMINAL)})`. */
export function stateList(states: readonly (ChunkState | BatchState)[]): string {
  return [...new Set(states)].map((state) => `'${state}'`).join(', ');
}

/** The states a batch's `name` may start from, for an SQL guard. */
export function batchFrom(name: keyof typeof BATCH_TRANSITIONS): BatchState[] {
  return [...BATCH_TRANSITIONS[name].from];
}

/** Whether a batch's `name` is possible now: for a button, before anyone presses it. */
export function batchMay(name: keyof typeof BATCH_TRANSITIONS, state: BatchState): boolean {
  return (BATCH_TRANSITIONS[name].from as readonly BatchState[]).includes(state);
}

/** The states `name` may start from, for an SQL guard: `state = ANY($)`. */
export function chunkFrom(name: ChunkTransition): ChunkState[] {
  return [...CHUNK_TRANSITIONS[name].from];
}

/** Whether `name` is possible now: for a button, before anyone presses it. */
export function chunkMay(name: ChunkTransition, state: ChunkState): boolean {
  return (CHUNK_TRANSITIONS[name].from as readonly ChunkState[]).includes(state);
}
