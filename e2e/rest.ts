/** The API as a script calls it: for what a story needs before it begins, and for asking what became of it. */
import { expect } from '@playwright/test';
import { type ApiClient, createApiClient } from '#components/api-client.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';

export type Sum = Awaited<ReturnType<ApiClient['batches']['read']>>['sum'];
type Chunk = Awaited<ReturnType<ApiClient['chunks']['read']>>;

/** How long after one look the next one is; the last for all that follow. */
const LOOKS_MS = [100, 200];

export type Rest = ReturnType<typeof openRest>;

/** A client with the key of the environment. */
export function openRest(origin: string, key: string) {
  const headers = { authorization: `Bearer ${key}` };
  const api = createApiClient(origin, (request) => {
    request.headers.set('authorization', headers.authorization);
    return fetch(request);
  });

  /** Uploads a file; throws what the server says when it refuses it. */
  const upload = async (name: string, bytes: string | Buffer) => {
    const body = typeof bytes === 'string' ? bytes : new Uint8Array(bytes);
    const answer = await fetch(`${origin}/api/v1/datasets?name=${encodeURIComponent(name)}`, { method: 'POST', headers, body });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Awaited<ReturnType<ApiClient['datasets']['read']>>;
  };

  /** A running batch over rows of its own. */
  const startBatch = async ({ name, rows, plan }: { name: string; rows: number; plan: PlanInput }): Promise<string> => {
    const dataset = await upload(`${name}.csv`, rowsOf(rows));
    const { id } = await api.batches.create({ body: { datasetId: dataset.id, name, plan: plan as never, start: true } });
    return id;
  };

  /** Waits until the chunk is in one of the states. */
  const untilChunk = async (id: string, n: number, ...states: Chunk['state'][]): Promise<Chunk> => {
    let chunk: Chunk | undefined;
    const look = async () => {
      chunk = await api.chunks.read({ id, n });
      return chunk.state;
    };
    await expect
      .poll(look, { message: `chunk ${n} of ${id}`, intervals: LOOKS_MS })
      .toMatch(new RegExp(`^(${states.join('|')})$`));
    if (!chunk) throw new Error(`Chunk ${n} of ${id} was never read.`);
    return chunk;
  };

  /** Approves a chunk as a script does that has looked at its samples. */
  const approve = async (id: string, n: number): Promise<void> => {
    const { digest, revision, samples, evidence } = await untilChunk(id, n, 'awaiting_review');
    if (digest === null) throw new Error(`Chunk ${n} of ${id} has no digest.`);
    const seen = samples.map(({ ordinal }) => ordinal);
    // What can't be undone wants a mark, or somebody who says why not.
    const override = evidence && evidence.unmarked.length > 0 ? 'a script marks nothing' : null;
    await api.chunks.decide({ params: { id, n }, body: { digest, revision, seen, next: true, execute: true, override } });
  };

  return { api, upload, startBatch, untilChunk, approve };
}

/** `count` rows of mail, the subject telling one from another. */
export function rowsOf(count: number): string {
  const lines = Array.from(
    { length: count },
    (_, index) => `mail ${index + 1},sender${index % 5}@example.org,2026-0${(index % 6) + 1}-10`,
  );
  return `subject,from,date\n${lines.join('\n')}\n`;
}

/** Four of five rows are archived; nothing leaves Countersign. */
export const SHELF_PLAN: PlanInput = {
  classifier: {
    kind: 'rules',
    rules: [{ when: "item.from == 'sender1@example.org'", category: 'keep', why: 'from a friend' }],
    otherwise: 'noise',
  },
  categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
  chunking: { by: 'size', maxItems: 500 },
  receiptLine: '{{verb}}: {{date}} | {{from}} | {{subject}}',
  receiptFields: ['date', 'from', 'subject'],
};

/** Every row is sent to `url`, all in one chunk, and none waits for a release. A busy machine alone makes no request time out. */
export function httpPlan(url: string, execution: PlanInput['execution'], more: Record<string, unknown> = {}): PlanInput {
  const to = { url: `${url}/rows`, body: { subject: '{{subject}}' }, timeoutMs: 20_000, ...more };
  return {
    classifier: { kind: 'rules', rules: [], otherwise: 'send' },
    categories: [{ name: 'send', action: { connector: 'http', do: 'POST', with: to } }],
    chunking: { by: 'size', maxItems: 500 },
    execution: { first: 0, haltAfter: { consecutive: 100, share: 1 }, ...execution },
    receiptFields: ['subject'],
  };
}
