/** What a checkpoint page is given, and what it asks for. Everything is JSON. */

import type { CheckpointView as Checkpoint, CorrectionMade, GivenAnswers } from '#lib/shapes/checkpoints.ts';
import type { Rights } from '#lib/shapes/people.ts';

/** With what this person may do, whatever the state: which of it the state allows, the page knows. */
export type CheckpointView = Omit<Checkpoint, 'may'> & { may: Omit<Rights, 'start' | 'see'> & { mark: boolean; plan: boolean } };

/** A chunk as the API names it: the id of its batch and its number. */
export type OfChunk = { id: string; n: number };

/** A correction that was made while somebody looked: `by` is the account, `name` the person. */
export type ChangeMeanwhile = Omit<CorrectionMade, 'note' | 'revision'> & { name: string };

/** `override` is why it was approved without seeing a sample of each acting category. */
export type DecisionInput = GivenAnswers & { digest: string; revision: number; seen: number[] };
