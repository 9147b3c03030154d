/** What a checkpoint page is given, and what it asks for. Everything is JSON. */

import type { CheckpointView as Checkpoint, CorrectionMade, GivenAnswers, Sample } from '#lib/shapes/checkpoints.ts';
import type { Rights } from '#lib/shapes/people.ts';

/** With what this person may do, whatever the state: which of it the state allows, the page knows. */
export type CheckpointView = Omit<Checkpoint, 'may'> & { may: Omit<Rights, 'start' | 'see'> };

/** A correction that was made while somebody looked: `by` is the account, `name` the person. */
export type ChangeMeanwhile = Omit<CorrectionMade, 'note' | 'revision'> & { name: string };

export type CorrectionInput = { ordinal: number; category: string };

/** `override` is why it was approved without seeing a sample of each acting category. */
export type DecisionInput = GivenAnswers & { digest: string | null; seen: number[] };

export type ItemQuery = { category: string; search: string; cursor: string | null };
export type ItemPage = { items: Sample[]; next: string | null };

/** Who else waits to be moved the same way: "Same sender: 38 more?" */
export type Alike = { what: string; ordinals: number[] };
