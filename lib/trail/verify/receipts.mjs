/** What receipts are: their members, and what they make of an action. The same as lib/ledger/receipt.ts and lib/core/lifecycle.ts have it; a test compares them. */

/** What a receipt may make of an action, by what it is then: `kind:result` -> the states that it may find, and the one that it leaves. */
export const ACTION_TRANSITIONS = {
  intent: { from: ['planned', 'failed', 'not_executed'], to: 'intent' },
  'outcome:succeeded': { from: ['intent'], to: 'succeeded' },
  'outcome:failed': { from: ['intent'], to: 'failed' },
  'outcome:uncertain': { from: ['intent'], to: 'uncertain' },
  'outcome:skipped': { from: ['planned'], to: 'skipped' },
  'resolution:succeeded': { from: ['uncertain'], to: 'succeeded' },
  'resolution:not_executed': { from: ['uncertain'], to: 'not_executed' },
  'resolution:abandoned': { from: ['uncertain'], to: 'abandoned' },
};

const COMMON = 'at batch by chunk kind v';
const OF_ACTION = `${COMMON} attempt ordinal step`;
const OUTCOME = `${OF_ACTION} before epoch intent reason result target`;
const DECISION = `${COMMON} answers counts decision manifest override revision root seen seenCount via`;

/** The members of each kind and version of receipt. */
export const MEMBERS = {
  'intent 1': `${OF_ACTION} action decision epoch idempotencyKey item manifest request values`,
  'outcome 1': OUTCOME,
  'outcome 2': `${OUTCOME} answer`,
  'resolution 1': `${OF_ACTION} evidence intent result`,
  'decision 1': DECISION,
  'decision 2': `${DECISION} evidence factor first marks note overrides plan reviews`,
  'correction 1': `${COMMON} count from how note ordinals revision to via`,
  'start 1': `${COMMON} chunks dataset instruction items plan reading revision seedHash unreadable via`,
  'plan 1': `${COMMON} before chunks instruction note plan revision via`,
  'closing 1': `${COMMON} receipts seed seqs state`,
  'attestation 1': `${COMMON} epoch item key text`,
};

/** The members of a line of each file beside the receipts, in the order in which they are written. */
export const LINES = {
  'leaves.jsonl': ['chunk seq leaf'],
  'values.jsonl': ['chunk seq field salt value', 'chunk seq field erased'],
  'decisions.jsonl': [
    'decision chunk revision digest root answers by via seen',
    'decision chunk revision digest root answers by via seen pool',
  ],
  'manifests.jsonl': ['chunk decision'],
  'classified.jsonl': ['chunk revision plan', 'chunk revision plan kept'],
  'origins.jsonl': [
    ...['chunk category by person items', 'chunk category by plan items', 'chunk category by plan rule items'],
    ...['chunk category by plan learned like items', 'chunk category by plan call connection provider model instruction items'],
    ...['chunk category by plan agent key items', 'chunk category by plan agent key epoch items'],
  ],
  'requests.jsonl': ['chunk digest', 'chunk digest text', 'chunk digest base64', 'chunk digest erased'],
  'reviews.jsonl': ['id chunk ordinal category verdict by at'],
  'corrections.jsonl': ['chunk seq ordinal from to revision by', 'chunk seq ordinal from to revision by at'],
  'plans.jsonl': [
    ...['revision digest plan', 'revision digest plan reviews'],
    ...['revision digest plan erased', 'revision digest plan reviews erased'],
  ],
  'chunks.jsonl': ['chunk seq', 'chunk name state items seq acceptedRest'],
};

/** Members that are SHA-256(salt || value) or null; the value lies beside the receipt. */
export const COMMITMENTS = {
  'outcome 2': ['answer'],
  'decision 2': ['override', 'note'],
  'correction 1': ['note'],
  'start 1': ['instruction'],
  'plan 1': ['instruction', 'note'],
  'attestation 1': ['text'],
};

/** A note of these lies beside them and nothing in the receipt vouches for it. */
export const NOTE_WITHOUT_COMMITMENT = ['resolution 1', 'decision 1'];

export const SETTLED_STATES = ['done', 'closed', 'cancelled'];
