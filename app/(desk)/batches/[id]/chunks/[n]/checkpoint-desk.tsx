'use client';

import { useRouter } from 'next/navigation';
import { useCallback, useEffect } from 'react';
import { api, asOutcome } from '../../../../../../components/api-client.ts';
import { Checkpoint } from '../../../../../../components/checkpoint/checkpoint.tsx';
import type {
  Alike,
  CheckpointView,
  CorrectionInput,
  DecisionInput,
  ItemQuery,
} from '../../../../../../components/checkpoint/checkpoint-view.ts';
import type { Outcome } from '../../../../../../components/ui/outcome.ts';
import { decideAction, resumeAction, retryAction } from '../../../actions.ts';

const REFRESH_MS = 700;
/** The states that go on by themselves: the page follows them. */
const MOVING = new Set(['queued', 'classifying', 'approved', 'executing']);
/** Fields that name who an item comes from, best first. */
const SENDER_FIELDS = ['from', 'sender', 'email', 'author'];
const ALIKE_MAX = 500;

/** The checkpoint with its data: items and corrections over the API, decisions as server actions. */
export function CheckpointDesk({ view }: { view: CheckpointView }) {
  const router = useRouter();
  const { batch, chunk } = view;
  const which = { batchId: batch.id, chunk: chunk.number };
  const ofChunk = { id: batch.id, n: chunk.number };
  const reload = useCallback(() => router.refresh(), [router]);

  useEffect(() => {
    if (!MOVING.has(chunk.state)) return;
    const timer = setInterval(reload, REFRESH_MS);
    return () => clearInterval(timer);
  }, [chunk.state, reload]);

  const loadItems = ({ category, search, cursor }: ItemQuery) =>
    asOutcome(
      api.chunks.items({ ...ofChunk, category, limit: 100, ...(search ? { search } : {}), ...(cursor ? { cursor } : {}) }),
    );

  const onCorrect = async (corrections: CorrectionInput[]) => {
    const outcome = await asOutcome(api.chunks.correct({ params: ofChunk, body: corrections }));
    // The checkpoint sends no decision before it has been given the revision and the digest that this made.
    if (outcome.ok) reload();
    return outcome;
  };

  const onDecide = async ({ digest, seen, ...answers }: DecisionInput): Promise<Outcome> => {
    if (digest === null)
      return { ok: false, code: 'stale', message: 'The chunk is still being counted anew. Nothing was decided: try again.' };
    const outcome = await decideAction({
      batchId: batch.id,
      chunks: [{ number: chunk.number, digest, revision: view.revision, seen }],
      ...answers,
    });
    // A stale one leaves the screen as it was: the banner says what changed, and shows it when asked.
    if (outcome.ok) reload();
    return outcome;
  };

  const findAlike = async ({ ordinal, from }: { ordinal: number; from: string; to: string }): Promise<Outcome<Alike | null>> => {
    const samples = view.categories.flatMap(({ sampleRandom, sampleUnsure }) => [...sampleRandom, ...sampleUnsure]);
    const item = samples.find((sample) => sample.ordinal === ordinal);
    const field = SENDER_FIELDS.find((name) => item?.fields[name]);
    const sender = field && item?.fields[field];
    if (!field || !sender) return { ok: true, value: null };
    const found = await asOutcome(
      api.chunks.items({ ...ofChunk, category: from, search: sender.slice(0, 200), limit: ALIKE_MAX }),
    );
    if (!found.ok) return found;
    const ordinals = found.value.items
      .filter((other) => other.ordinal !== ordinal && other.fields[field] === sender)
      .map((other) => other.ordinal);
    return { ok: true, value: { what: field === 'from' || field === 'sender' ? 'Same sender' : `Same ${field}`, ordinals } };
  };

  return (
    <Checkpoint
      key={`${batch.id}.${chunk.number}`}
      view={view}
      loadItems={loadItems}
      onCorrect={onCorrect}
      onDecide={onDecide}
      onReload={reload}
      findAlike={findAlike}
      {...(view.may.resume ? { onResume: () => reloaded(resumeAction(which)) } : {})}
      {...(view.may.retry ? { onRetry: () => reloaded(retryAction(which)) } : {})}
    />
  );

  async function reloaded(answer: Promise<Outcome>): Promise<Outcome> {
    const outcome = await answer;
    if (outcome.ok) reload();
    return outcome;
  }
}
