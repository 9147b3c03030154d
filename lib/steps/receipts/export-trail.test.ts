import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { leastAtMost } from '#lib/core/evidence/bound.ts';
import { likeWords } from '#lib/core/examples/likeness.ts';
import type { Plan, PlanInput } from '#lib/core/plans/plan.ts';
import { startDownloadThread } from '#lib/engine/download-thread.ts';
import { canonicalBytes, leafHash } from '#lib/ledger/canonical.ts';
import { type DecisionBody, seenDigest } from '#lib/ledger/receipt.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readBatchLooks } from '#lib/steps/checkpoints/read-batch-looks.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { readChunks } from '#lib/steps/chunks/read-chunks.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { instructionDigest } from '#lib/steps/models/call.ts';
import { reviseRules } from '#lib/steps/plans/revise-rules.ts';
import { markItems } from '#lib/steps/reviews/mark-items.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { verifyTrail } from '#lib/trail/verify/checks.mjs';
import { hashing, inflate } from '#lib/trail/verify/node.mjs';
import { inWords } from '#lib/trail/verify/words.mjs';
import { openZip } from '#lib/trail/verify/zip.mjs';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { sealedBatch } from '#test/fixtures/sealed-batch.ts';
import { chunkStates, ADA as STARTER, startedBatch, workUntil } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { exportTrail } from './export-trail.ts';

const { pool } = await testDatabase();
const BO: Actor = { id: `user:${randomUUID()}`, role: 'reviewer', name: 'Bo', via: 'page' };
const ADA: Actor = { id: `user:${randomUUID()}`, role: 'auditor', name: 'Ada', via: 'page' };

const item = (subject: string, more: Partial<SeedItem> = {}): SeedItem => ({
  fields: { date: '2020-11-03', from: 'deals@shop.x', subject },
  category: 'noise',
  receipts: ['intent', 'outcome:succeeded'],
  ...more,
});

/** One for all who only read it. */
let whole: ReturnType<typeof sealedBatch> | undefined;
const sealed = () => {
  whole ??= sealedBatch(pool);
  return whole;
};
let running: ReturnType<typeof sealedBatch> | undefined;
const unclosed = () => {
  running ??= sealedBatch(pool, { closed: false });
  return running;
};

type Files = Map<string, Uint8Array>;

async function download(actor: Actor, batchId: string): Promise<{ fileName: string; bytes: Buffer; files: Files }> {
  const { fileName, body } = await exportTrail(actor, { batchId });
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  const bytes = Buffer.concat(parts);
  return { fileName, bytes, files: await unpacked(bytes) };
}

const opened = (bytes: Buffer) =>
  openZip({ size: bytes.length, read: async (at: number, length: number) => bytes.subarray(at, at + length) }, inflate);

async function unpacked(bytes: Buffer): Promise<Files> {
  const { names, read } = await opened(bytes);
  const files: Files = new Map();
  for (const name of names) {
    const parts: Uint8Array[] = [];
    for await (const part of read(name)) parts.push(part as Uint8Array);
    files.set(name, Buffer.concat(parts));
  }
  return files;
}

const verify = (files: Files) =>
  verifyTrail(
    {
      names: [...files.keys()],
      async *read(name: string) {
        yield files.get(name) as Uint8Array;
      },
    },
    hashing,
  );

/** Whoever alters a file can put its hash right in the list, too. */
function withSums(files: Files): Files {
  const names = [...files.keys()].filter((name) => name !== 'SHA256SUMS');
  const sums = names.map(
    (name) =>
      `${createHash('sha256')
        .update(files.get(name) as Uint8Array)
        .digest('hex')}  ${name}\n`,
  );
  return new Map(files).set('SHA256SUMS', Buffer.from(sums.join('')));
}

const textOf = (files: Files, name: string): string => Buffer.from(files.get(name) as Uint8Array).toString('utf8');
const linesOf = (files: Files, name: string): string[] => textOf(files, name).trimEnd().split('\n');

describe('a trail', () => {
  test('of a batch with receipts of every kind holds', async () => {
    const { batchId } = await sealed();
    const { fileName, files } = await download(BO, batchId);
    const report = await verify(files);
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ verdict: 'holds', notGiven: [], notes: [], erased: 0, facts: { counted: { drawn: 2 } } });
    expect(fileName).toBe('Sealed-trail.zip');
    expect(report.facts).toMatchObject({ chunks: 2, receipts: 38, sum: { approved: 10, done: 6, skipped: 2, uncertain: 2 } });
    expect(inWords(report).headline).toBe(
      'The trail of “Sealed” holds. 38 receipts of 2 chunks are what was written, in the order in which it was written.',
    );
    const { rows } = await pool.query('SELECT body FROM receipt WHERE batch_id = $1 ORDER BY chunk, seq', [batchId]);
    expect(
      Buffer.concat(rows.flatMap(({ body }) => [body, Buffer.from('\n')])).equals(
        Buffer.from(files.get('receipts.jsonl') as Uint8Array),
      ),
    ).toBe(true);
  });

  test('of a batch from before it had receipts of its own holds, and says what is not there', async () => {
    const { batchId } = await seedBatch(pool, {
      name: 'Mail 2020',
      state: 'finished',
      chunks: [
        {
          state: 'done',
          items: [
            item('line\nbreaks "quoted" \\ 🎉'),
            item('who knows', { receipts: ['intent', 'outcome:uncertain', 'resolution:succeeded'] }),
            item('kept', { category: 'keep', receipts: [] }),
            item('skipped', { receipts: ['outcome:skipped'] }),
          ],
        },
        { state: 'closed', items: [item('later', { receipts: [] })] },
      ],
    });
    const { files } = await download(BO, batchId);
    const report = await verify(files);
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('holds');
    expect(inWords(report).facts.join('\n')).toContain('It began before batches had a first and a closing receipt');
  });

  test('of a batch that is not over is called PARTIAL, and holds as far as it goes', async () => {
    const { batchId } = await unclosed();
    const { fileName, files } = await download(BO, batchId);
    const report = await verify(files);
    expect(report.findings).toEqual([]);
    expect([fileName, report.verdict]).toEqual(['Sealed-trail-PARTIAL.zip', 'holds']);
    expect(inWords(report).facts.join('\n')).toContain('The batch was not over at ');
    // The seed is secret for as long as somebody may still be drawn a sample.
    const { rows } = await pool.query(`SELECT encode(seed, 'hex') AS seed FROM batch WHERE id = $1`, [batchId]);
    for (const [name] of files) expect(textOf(files, name)).not.toContain(rows[0].seed);
  });

  test('of erased values holds, and says so', async () => {
    const { batchId } = await sealedBatch(pool, { erased: true });
    const report = await verify((await download(BO, batchId)).files);
    expect(report).toMatchObject({ verdict: 'erased', erased: 4, findings: [] });
    expect(inWords(report).headline).toBe(
      'The trail of “Sealed” holds. 4 values of people were erased on purpose; the receipts still stand.',
    );
  });

  test('gives an auditor digests in place of requests, answers and values, and says that they were not given', async () => {
    const { batchId } = await sealed();
    const { files } = await download(ADA, batchId);
    const report = await verify(files);
    expect(report).toMatchObject({
      verdict: 'holds',
      findings: [],
      notGiven: ['frozen requests', 'answers of targets', 'values and notes'],
    });
    expect(inWords(report).facts.join('\n')).toContain(
      'Not given to your role (auditor): frozen requests, answers of targets, values and notes.',
    );
    for (const [name] of files)
      for (const secret of ['deals@shop.x', 'Offer', 'crm.example/mails/m1', '"ok"', 'they are all alike', 'not this one'])
        if (!name.startsWith('plan')) expect(`${name}: ${textOf(files, name)}`).not.toContain(secret);
    expect(textOf(files, 'receipts.csv')).toContain('[not given]');
  });

  test('is checked by the program in it, which says how it ended by its exit code', async () => {
    const { batchId } = await sealed();
    const { bytes, files } = await download(BO, batchId);
    const folder = mkdtempSync(join(tmpdir(), 'trail-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const program = join(folder, 'verify.mjs');
    writeFileSync(program, files.get('verify.mjs') as Uint8Array);
    const run = (trail: Uint8Array) => {
      writeFileSync(join(folder, 'trail.zip'), trail);
      try {
        return {
          code: 0,
          said: execFileSync(process.execPath, [program, join(folder, 'trail.zip')], { encoding: 'utf8', stdio: 'pipe' }),
        };
      } catch (error) {
        const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
        return { code: status, said: stdout + stderr };
      }
    };
    expect(run(bytes)).toMatchObject({ code: 0, said: expect.stringContaining('The trail of “Sealed” holds.') });
    expect(run(bytes.subarray(0, bytes.length - 100))).toMatchObject({
      code: 2,
      said: expect.stringContaining('The zip ends early'),
    });
    expect(run(Buffer.from('no zip'))).toMatchObject({ code: 2 });
  });

  test('of a batch that people and workers really made holds, and so does that of its undo', async () => {
    const plan: PlanInput = {
      classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
      categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
      chunking: { by: 'size' },
      execution: { first: 0 },
      receiptFields: ['subject', 'from'],
    };
    const batch = await startedBatch(pool, { items: 8, chunks: 2, plan });
    await reviewed(batch.batchId);
    await correct(BO, {
      batchId: batch.batchId,
      chunk: 1,
      corrections: [{ ordinal: 2, category: 'keep', note: 'not this one' }],
    });
    await carriedOut(batch.batchId);
    const { id: undo } = await undoBatch(STARTER, { batchId: batch.batchId });
    await reviewed(undo);
    await carriedOut(undo);
    for (const id of [batch.batchId, undo]) {
      const { files } = await download(BO, id);
      const report = await verify(files);
      expect(report.findings).toEqual([]);
      expect(report).toMatchObject({ verdict: 'holds', facts: { sum: { approved: 7, done: 7 } } });
    }
  });

  describe('says what classified each item, and is told where that is not so', () => {
    const send = { connector: 'shelf', do: 'archive' } as const;
    const AGENT = `agent:${randomUUID()}`;
    /** One chunk in review of a plan with this classifier, and what is stored of who classified it. */
    async function classifiedBy(
      classifier: PlanInput['classifier'],
      store: (of: { batchId: string; chunkId: string; plan: Plan }) => Promise<void>,
    ) {
      const { batchId, chunks, plan } = await seedBatch(pool, {
        plan: {
          classifier,
          categories: [{ name: 'noise', action: send }, { name: 'keep' }],
          instruction: 'Offers are noise.',
          version: 2,
        },
        chunks: [
          {
            state: 'awaiting_review',
            items: ['a', 'b', 'c', 'd'].map((subject, at) =>
              item(subject, { category: at < 2 ? 'noise' : 'keep', receipts: [] }),
            ),
          },
        ],
      });
      const chunkId = chunks[0]?.id as string;
      await pool.query(
        'UPDATE classification SET "by" = $2, part = CASE WHEN category = $3 THEN 0 ELSE -1 END WHERE chunk_id = $1',
        [chunkId, classifier.kind, 'noise'],
      );
      await store({ batchId, chunkId, plan });
      const { files: own } = await download(ADA, batchId);
      expect((await verify(own)).findings).toEqual([]);
      return own;
    }
    const origins = (own: Files) => linesOf(own, 'origins.jsonl').map((line) => JSON.parse(line));
    const told = async (own: Files, from: string, to: string) => {
      const made = withSums(withLines(own, 'origins.jsonl', (lines) => lines.map((line) => line.replace(from, to))));
      return (await verify(made)).findings.map(({ kind, says }) => `${kind}: ${says}`).join(' ');
    };

    test('a rule', async () => {
      const rules = { kind: 'rules', rules: [{ when: 'true', category: 'noise' }], otherwise: 'keep' };
      const own = await classifiedBy(rules, async () => {});
      expect(origins(own)).toEqual([
        { chunk: 1, category: 'noise', by: 'rules', plan: 1, rule: 1, items: [[1, 2]] },
        { chunk: 1, category: 'keep', by: 'rules', plan: 1, rule: 0, items: [[3, 4]] },
      ]);
      expect(await told(own, '"rule":1', '"rule":0')).toBe(
        'altered: Rule 0 of revision 1 of the plan gives “keep”, and not “noise”.',
      );
      expect(await told(own, '"rule":1', '"rule":7')).toContain('There is no rule 7');
      expect(await told(own, '"plan":1', '"plan":2')).toContain('goes by revision 2');
      expect(await told(own, '[1,2]', '[1,3]')).toContain('more items than the chunk has, or of one twice');
      expect(await told(own, '[1,2]', '[1,2000000000]')).toContain('more items than the chunk has');
      expect(await told(own, '"by":"rules","plan":1,"rule":1', `"by":"person","person":"${BO.id}"`)).toContain(
        'nobody moved item 1',
      );
      const before = withSums(new Map([...own].filter(([name]) => name !== 'origins.jsonl')));
      expect(await verify(before)).toMatchObject({ verdict: 'holds', findings: [] });
    });

    test('a call to a model, and nobody where it gave no usable answer', async () => {
      const model = { kind: 'model', connection: 'llm', otherwise: 'keep', atMost: 1 };
      const own = await classifiedBy(model, async ({ batchId, chunkId, plan }) => {
        await pool.query(
          `INSERT INTO model_call (id, batch_id, dataset_id, chunk_id, epoch, revision, plan_revision, connection_id, connection, provider, model, instruction, asked, answered, reserved, currency, "by")
           VALUES ($1, $2, $1, $3, 1, 1, 1, $1, 'llm', 'openai', 'gpt-x', $4, '{1,2,3,4}', '{1,2,3}', 1, 'USD', 'worker:x')`,
          [randomUUID(), batchId, chunkId, instructionDigest(plan)],
        );
      });
      expect(origins(own)).toMatchObject([
        { by: 'model', connection: 'llm', provider: 'openai', model: 'gpt-x', category: 'noise', items: [[1, 2]] },
        { by: 'model', connection: 'llm', category: 'keep', items: [[3, 3]] },
        { chunk: 1, category: 'keep', by: 'model', plan: 1, items: [[4, 4]] },
      ]);
      const { instruction } = origins(own)[0];
      expect(await told(own, instruction, '0'.repeat(64))).toContain('another instruction than that of revision 1');
      expect(await told(own, '"connection":"llm"', '"connection":"other"')).toContain('asks over “llm”');
    });

    test('an agent, by its key and claim', async () => {
      const own = await classifiedBy({ kind: 'agent', otherwise: 'keep' }, async ({ chunkId }) => {
        await pool.query('UPDATE classification SET "by" = $2 WHERE chunk_id = $1', [chunkId, AGENT]);
        const report =
          'INSERT INTO agent_report (id, chunk_id, epoch, plan_revision, "by", ordinals) VALUES (gen_random_uuid(), $1, $2, 1, $3, $4)';
        await pool.query(report, [chunkId, 3, AGENT, [1, 2, 3]]);
        await pool.query(report, [chunkId, 5, AGENT, [3, 4]]);
      });
      expect(origins(own)).toEqual([
        { chunk: 1, category: 'noise', by: 'agent', plan: 1, agent: AGENT, key: null, epoch: 3, items: [[1, 2]] },
        { chunk: 1, category: 'keep', by: 'agent', plan: 1, agent: AGENT, key: null, epoch: 5, items: [[3, 4]] },
      ]);
      expect(await told(own, '"by":"agent","plan":1', '"by":"manual","plan":1')).toContain('not written as a trail writes');
    });

    test('the examples that are nearest, and what was learned', async () => {
      const learned = 'ab'.repeat(32);
      const taught = [{ dataset: randomUUID(), items: { noise: [14, 902], keep: [7] } }];
      const own = await classifiedBy({ kind: 'examples', otherwise: 'keep', taught, learned }, async ({ chunkId }) => {
        await pool.query('UPDATE classification SET why = $2 WHERE chunk_id = $1 AND ordinal = 1', [
          chunkId,
          likeWords([14, 902], 'noise'),
        ]);
        await pool.query('UPDATE classification SET why = $2 WHERE chunk_id = $1 AND ordinal = 3', [
          chunkId,
          likeWords([7], 'keep'),
        ]);
      });
      expect(origins(own)).toMatchObject([
        { by: 'examples', category: 'noise', learned, like: [14, 902], items: [[1, 1]] },
        { like: null, items: [[2, 2]] },
        { category: 'keep', like: [7], items: [[3, 3]] },
        { category: 'keep', like: null },
      ]);
      expect(await told(own, '[14,902]', '[14,903]')).toContain('names item 903 as an example of “noise”');
      expect(await told(own, learned, 'cd'.repeat(32))).toContain('something else that was learned');
    });
  });

  test('is made in the thread for downloads, where there is one, as it is made here', async () => {
    const { batchId } = await sealed();
    const here = (await download(BO, batchId)).files;
    const thread = startDownloadThread(join(process.cwd(), 'bin/download-thread.ts'));
    onTestFinished(() => thread.end());
    const [one, two] = await Promise.all([download(BO, batchId), download(ADA, batchId)]);
    // The clock goes on.
    for (const name of one.files.keys())
      if (!['batch.json', 'task-body.md', 'SHA256SUMS'].includes(name))
        expect(textOf(one.files, name), name).toBe(textOf(here, name));
    expect((await verify(two.files)).verdict).toBe('holds');
    await expect(exportTrail(ADA, { batchId: randomUUID() })).rejects.toMatchObject({ code: 'not_found' });
    // Whoever leaves early holds nobody up.
    for await (const _ of (await exportTrail(BO, { batchId })).body) break;
    expect((await download(BO, batchId)).fileName).toBe('Sealed-trail.zip');
  });

  test('is refused to nobody who may see receipts, and not found where there is none', async () => {
    await expect(exportTrail(ADA, { batchId: randomUUID() })).rejects.toMatchObject({ code: 'not_found' });
    await expect(exportTrail(ADA, { batchId: 'x' })).rejects.toMatchObject({ code: 'invalid' });
  });
});

async function reviewed(batchId: string): Promise<void> {
  await workUntil(pool, async () => (await chunkStates(pool, batchId)).every((state) => state === 'awaiting_review'));
}

/** Approves all that waits for it, and has a worker carry it out. */
async function carriedOut(batchId: string): Promise<void> {
  const { rows } = await pool.query(
    'SELECT c.id, c.number, b.plan, b.dataset_id FROM chunk c JOIN batch b ON b.id = c.batch_id WHERE b.id = $1',
    [batchId],
  );
  const chunks = [];
  for (const { id, number, plan, dataset_id: datasetId } of rows)
    chunks.push({
      number,
      digest: (await buildManifest(pool, { batchId, datasetId, plan, chunkId: id }, requestBuilder)).digest,
    });
  await decide(BO, { batchId, chunks, next: true, execute: true, override: 'a test looks at nothing' });
  await workUntil(
    pool,
    async () => (await pool.query('SELECT state FROM batch WHERE id = $1', [batchId])).rows[0].state === 'finished',
  );
}

describe('change one letter and verify', () => {
  let files: Files;
  let other: Files;
  let partial: Files | undefined;
  beforeAll(async () => {
    files = (await download(BO, (await sealed()).batchId)).files;
    other = (await download(BO, (await sealedBatch(pool)).batchId)).files;
  });

  const changed = (name: string, change: (lines: string[]) => string[]): Files =>
    withSums(
      new Map(files).set(
        name,
        Buffer.from(
          change(linesOf(files, name))
            .map((line) => `${line}\n`)
            .join(''),
        ),
      ),
    );

  test('the line that was altered is named', async () => {
    const report = await verify(
      changed('receipts.jsonl', (lines) => lines.with(16, lines[16]?.replace('worker:sealed', 'worker:sealer') as string)),
    );
    expect(inWords(report).headline).toBe('The trail of “Sealed” was altered: line 17 of receipts.jsonl.');
    expect(report.findings).toHaveLength(1);
  });

  test.each<[string, string, 'altered' | 'incomplete', (lines: string[]) => string[]]>([
    ['a receipt is left out', 'receipts.jsonl', 'incomplete', (lines) => lines.toSpliced(7, 1)],
    ['a receipt is there twice', 'receipts.jsonl', 'altered', (lines) => lines.toSpliced(7, 0, lines[7] as string)],
    [
      'two receipts change places',
      'receipts.jsonl',
      'altered',
      (lines) => lines.with(7, lines[8] as string).with(8, lines[7] as string),
    ],
    ['the last receipts are left out', 'receipts.jsonl', 'incomplete', (lines) => lines.slice(0, -3)],
    ['a hash is left out', 'leaves.jsonl', 'altered', (lines) => lines.toSpliced(7, 1)],
    ['a value is left out', 'values.jsonl', 'incomplete', (lines) => lines.toSpliced(3, 1)],
    [
      'a value is another',
      'values.jsonl',
      'altered',
      (lines) => lines.with(3, lines[3]?.replace(/"value":"./, '"value":"x') as string),
    ],
    [
      'an approved row is another',
      'manifests.jsonl',
      'altered',
      (lines) => lines.with(2, lines[2]?.replace('send', 'keep') as string),
    ],
    ['an approved row is left out', 'manifests.jsonl', 'altered', (lines) => lines.toSpliced(2, 1)],
    [
      'a request is another',
      'requests.jsonl',
      'altered',
      (lines) => lines.with(2, lines[2]?.replace('Offer', 'offer') as string),
    ],
    ['a request is left out', 'requests.jsonl', 'incomplete', (lines) => lines.toSpliced(2, 1)],
    ['a mark is left out', 'reviews.jsonl', 'altered', (lines) => lines.toSpliced(0, 1)],
    ['a mark is another', 'reviews.jsonl', 'altered', (lines) => lines.with(0, lines[0]?.replace('right', 'wrong') as string)],
    [
      'a mark says two things',
      'reviews.jsonl',
      'altered',
      (lines) => lines.with(0, lines[0]?.replace('{', '{"verdict":"wrong",') as string),
    ],
    [
      'a mark says more than marks do',
      'reviews.jsonl',
      'altered',
      (lines) => lines.with(0, lines[0]?.replace('}', ',"note":"forged"}') as string),
    ],
    [
      'a hash says two things',
      'leaves.jsonl',
      'altered',
      (lines) => lines.with(7, lines[7]?.replace('{', '{"seq":1,') as string),
    ],
    [
      'a chunk has another number of items',
      'chunks.jsonl',
      'altered',
      (lines) => lines.with(1, lines[1]?.replace('"items":6', '"items":5') as string),
    ],
    ['a correction is left out', 'corrections.jsonl', 'incomplete', (lines) => lines.toSpliced(0, 1)],
    [
      'a decision is another',
      'decisions.jsonl',
      'altered',
      (lines) => lines.with(0, lines[0]?.replace('"via":"page"', '"via":"api"') as string),
    ],
    ['a decision is left out', 'decisions.jsonl', 'incomplete', (lines) => lines.toSpliced(0, 1)],
    [
      'the plan is another',
      'plans.jsonl',
      'altered',
      (lines) => lines.with(0, lines[0]?.replace('crm.example', 'evil.example') as string),
    ],
    ['a chunk is left out', 'chunks.jsonl', 'altered', (lines) => lines.slice(0, -1)],
    ['the sum is another', 'batch.json', 'altered', (lines) => lines.map((line) => line.replace('"done": 6', '"done": 7'))],
  ])('%s', async (_, name, verdict, change) => {
    const report = await verify(changed(name, change));
    expect(report.verdict, JSON.stringify(report.findings)).toBe(verdict);
  });

  test.each<[string, (body: Decision2) => Partial<Decision2>]>([
    ['a reason that it does not commit to', () => ({ override: null })],
    ['a demand that was not met, and no override of it', () => ({ evidence: { over: 'batch', demanded: 0.02, met: false } })],
    ['an override of a demand that was met', ({ overrides }) => ({ overrides: [...overrides, 'evidence'] })],
    [
      'a demand that was met, and numbers that do not meet it',
      () => ({ evidence: { over: 'batch', demanded: 0.02, met: true } }),
    ],
    [
      'a first signature that nobody gave',
      ({ decision, by, seenCount, marks }) => ({ first: { decision, by, seenCount, marks } }),
    ],
  ])('a decision’s receipt says %s, and its hash is put right', async (_, change) => {
    const report = await verify(withReceipt(files, 'decision', change));
    expect(report.findings.filter(({ file }) => file === 'receipts.jsonl')).toMatchObject([{ kind: 'altered' }]);
  });

  test('a bound that its looks do not prove is told, by the draw and by the numbers alone', async () => {
    const said = (
      change: (own: Decision2['reviews'][string]) => Partial<Decision2['reviews'][string]>,
      over: 'batch' | 'chunk',
    ) =>
      withReceipt(files, 'decision', ({ reviews, evidence }) => ({
        evidence: { ...evidence, over },
        reviews: Object.fromEntries(Object.entries(reviews).map(([name, own]) => [name, { ...own, ...change(own) }])),
      }));
    const found = async (all: Files) => (await verify(all)).findings.filter(({ file }) => file === 'receipts.jsonl').length;
    for (const over of ['batch', 'chunk'] as const) {
      expect(await found(said(({ atMost }) => ({ atMost: atMost - 1 }), over))).toBe(2);
      // What more looks would prove: nothing in the numbers says that there were fewer.
      const more = ({ population }: { population: number }) => ({
        looks: 2,
        atMost: leastAtMost({ population, looks: 2, wrongAt: [] }),
      });
      expect(await found(said(more, over))).toBeGreaterThan(0);
    }
  });

  test('the draw is done again after a revision of the rules, and marks of keys are no looks in it', async () => {
    const plan: PlanInput = {
      classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
      categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
      chunking: { by: 'size', maxItems: 50 },
      gates: { evidence: { atMost: 0.9, over: 'chunk' } },
      execution: { first: 0 },
      receiptFields: ['subject'],
    };
    async function* csv() {
      yield Buffer.from(`subject\n${Array.from({ length: 12 }, (_, index) => `mail ${index}`).join('\n')}\n`);
    }
    const { id: datasetId } = await uploadDataset(STARTER, { name: 'rows.csv', source: csv() });
    const { id: batchId } = await createBatch(STARTER, { datasetId, name: 'Rows', plan: plan as never, start: true });
    await reviewed(batchId);
    const KEY: Actor = { ...BO, id: 'key:env', role: 'admin', via: 'api' };
    const give = (actor: Actor, ordinals: number[]) =>
      markItems(actor, { batchId, chunk: 1, reviews: ordinals.map((ordinal) => ({ ordinal, right: true })) });
    const next = async () => (await readCheckpoint(BO, { batchId, chunk: 1 }))?.evidence?.next ?? [];
    await give(BO, (await next()).slice(0, 3));
    await correct(BO, { batchId, chunk: 1, corrections: [{ ordinal: (await next())[0] ?? 0, category: 'keep' }] });
    const rules = [{ when: "item.subject == 'none'", category: 'keep', why: 'a test' }];
    await reviseRules(BO, { batchId, change: { revision: 1, rules, chunks: [1] } });
    await reviewed(batchId);
    await give(KEY, await next());
    await give(BO, (await next()).slice(0, 4));
    await carriedOut(batchId);
    const { files: revised } = await download(BO, batchId);
    const report = await verify(revised);
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ verdict: 'holds', notes: [], facts: { counted: { drawn: 1, looksOfKeys: 0 } } });
    const told = await verify(
      withReceipt(revised, 'decision', ({ reviews }) => ({
        reviews: { noise: { ...reviews.noise, looks: 5 } } as Decision2['reviews'],
      })),
    );
    expect(told.findings.map(({ says }) => says)).toContainEqual(
      expect.stringContaining('“looks: 5” of “noise”, and by the seed and the marks it is 4'),
    );
    // A trail from before the moment of a revision's marks was in it holds, and nothing is drawn again.
    const before = withSums(
      withLines(revised, 'plans.jsonl', (lines) => lines.map((line) => line.replace(/,"reviews":"\d+"/, ''))),
    );
    expect(await verify(before)).toMatchObject({ verdict: 'holds', facts: { counted: { drawn: 0 } } });
  });

  test('the draws over several chunks are done again: over what was decided by then, and over all that waited', async () => {
    const plan: PlanInput = {
      classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
      categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
      ...{ chunking: { by: 'category', field: 'part', of: 'value' }, gates: { next: 'parallel' }, execution: { first: 0 } },
      receiptFields: ['subject'],
    };
    async function* csv() {
      yield Buffer.from(`part,subject\n${Array.from({ length: 72 }, (_, index) => `p${index % 6},mail ${index}`).join('\n')}\n`);
    }
    const { id: datasetId } = await uploadDataset(STARTER, { name: 'rows.csv', source: csv() });
    const { id: batchId } = await createBatch(STARTER, { datasetId, name: 'Rows', plan: plan as never, start: true });
    await reviewed(batchId);
    const looks = async () => (await readBatchLooks(BO, { batchId }))?.items ?? [];
    const mark = async (count: number) => {
      for (const [chunk, own] of Map.groupBy((await looks()).slice(0, count), (look) => look.chunk))
        await markItems(BO, { batchId, chunk, reviews: own.map(({ ordinal }) => ({ ordinal, right: true })) });
    };
    const move = async (chunk: number) => {
      const one = (await looks()).find((look) => look.chunk === chunk);
      if (one) await correct(BO, { batchId, chunk, corrections: [{ ordinal: one.ordinal, category: 'keep' }] });
    };
    const approve = async (numbers: number[], ground: { seen: 'all' } | { atMost: number }) => {
      const listed = (await readChunks(BO, { batchId }))?.items ?? [];
      const chunks = [];
      for (const { number, digest, revision } of listed.filter((one) => numbers.includes(one.number))) {
        const { rows } = await pool.query(
          'SELECT array_agg(m.ordinal) AS seen FROM chunk_item m JOIN chunk c ON c.id = m.chunk_id WHERE c.batch_id = $1 AND c.number = $2',
          [batchId, number],
        );
        chunks.push({ number, digest: digest ?? '', revision, ...('seen' in ground ? { seen: rows[0].seen } : {}) });
      }
      const { atMost } = { atMost: undefined, ...ground };
      await decide(BO, { batchId, chunks, next: true, execute: true, ...(atMost === undefined ? {} : { atMost }) });
    };
    const close = async (number: number) => {
      const { digest, revision } = (await readChunks(BO, { batchId }))?.items.find((one) => one.number === number) ?? {};
      await decide(BO, { batchId, chunks: [{ number, digest: digest ?? '', revision: revision ?? 0 }], close: true });
    };
    await mark(12);
    await move(2);
    await approve([1], { seen: 'all' });
    await mark(6);
    const [decided] = (await looks()).filter(({ chunk }) => chunk === 1);
    if (decided) await markItems(BO, { batchId, chunk: 1, reviews: [{ ordinal: decided.ordinal, right: false }] });
    await move(3);
    await approve([2], { seen: 'all' });
    const rules = [{ when: "item.subject == 'mail 7'", category: 'keep', why: 'a test' }];
    await reviseRules(BO, { batchId, change: { revision: 1, rules, chunks: [4] } });
    await workUntil(pool, async () => (await chunkStates(pool, batchId))[3] === 'awaiting_review');
    await mark(5);
    await move(4);
    await approve([4], { seen: 'all' });
    for (let left = 99; left > 0; left = (await looks()).length) await mark(99);
    // What chunk 5 was when the others were approved under the bound is found again behind what was moved since.
    await approve([3], { atMost: 0.05 });
    // As long as the seed is secret nothing is drawn again, and what decisions pool is of the trail all the same.
    const early = await verify((await download(BO, batchId)).files);
    expect(early.findings).toEqual([]);
    expect(early).toMatchObject({ verdict: 'holds', facts: { complete: false, counted: { drawn: 0 } } });
    // Chunk 6 waited then, and is never approved.
    await close(6);
    const moveFirst = async (count: number) => {
      const { rows: first } = await pool.query(
        "SELECT a.ordinal FROM classification a JOIN chunk c ON c.id = a.chunk_id WHERE a.batch_id = $1 AND c.number = 5 AND a.category = 'noise' ORDER BY 1 LIMIT $2",
        [batchId, count],
      );
      for (const { ordinal } of first) await correct(BO, { batchId, chunk: 5, corrections: [{ ordinal, category: 'keep' }] });
    };
    // Chunk 5 is moved in, classified again by other rules, and then sent back: how it was before is kept, and draws over it are done again.
    await moveFirst(1);
    const others5 = [{ when: "item.subject < 'mail 4'", category: 'keep', why: 'a test' }];
    await reviseRules(BO, { batchId, change: { revision: 2, rules: others5, chunks: [5] } });
    await workUntil(pool, async () => (await chunkStates(pool, batchId))[4] === 'awaiting_review');
    const { digest = '', revision = 0 } = (await readChunks(BO, { batchId }))?.items.find((one) => one.number === 5) ?? {};
    await decide(BO, { batchId, chunks: [{ number: 5, digest: digest ?? '', revision }], sendBack: true, note: 'again' });
    await workUntil(pool, async () => (await chunkStates(pool, batchId))[4] === 'awaiting_review');
    await moveFirst(2);
    await approve([5], { seen: 'all' });
    await workUntil(
      pool,
      async () => (await pool.query('SELECT state FROM batch WHERE id = $1', [batchId])).rows[0].state === 'finished',
    );
    const { files: drawn } = await download(BO, batchId);
    const report = await verify(drawn);
    expect(report.findings).toEqual([]);
    // Of what was sent back or closed no manifest was kept.
    const UNFROZEN = expect.stringMatching(/^2 decisions executed nothing, so their manifests were not kept/);
    expect(report).toMatchObject({ verdict: 'holds', notes: [UNFROZEN], facts: { counted: { drawn: 7, notDrawn: 0 } } });
    const lines = linesOf(drawn, 'decisions.jsonl').map((line) => JSON.parse(line));
    expect(lines.map(({ pool }) => pool.decided)).toEqual([
      [],
      [[1, 1]],
      [
        [1, 2],
        [4, 4],
      ],
      [[1, 2]],
      [
        [1, 4],
        [6, 6],
      ],
      [
        [1, 4],
        [6, 6],
      ],
      [[1, 4]],
    ]);
    expect(lines[2].pool.review).toMatchObject([
      [5, 1],
      [6, 1],
    ]);
    // So they are by another classification of what was classified again since, that of a marked item first. Half of one is missing, and none is one of a version that kept none.
    const kept5 = linesOf(drawn, 'classified.jsonl').findIndex((line) => line.includes('"chunk":5'));
    expect(linesOf(drawn, 'classified.jsonl').filter((line) => line.includes('"chunk":5'))).toEqual([
      '{"chunk":5,"revision":2,"plan":1,"kept":true}',
      '{"chunk":5,"revision":3,"plan":3,"kept":true}',
    ]);
    const withKept = (change: (own: string[]) => string[]) =>
      withSums(
        withLines(drawn, 'classified.jsonl', (all) => [
          ...all.slice(0, kept5),
          ...change(all.slice(kept5, kept5 + 26)),
          ...all.slice(kept5 + 26),
        ]),
      );
    const swapped = (line: string) =>
      line.includes('"noise"') ? line.replace('"noise"', '"keep"') : line.replace('"keep"', '"noise"');
    for (const [change, verdict] of [
      [(own) => own.map((line, at) => (at > 0 && at < 13 ? swapped(line) : line)), 'altered'],
      [(own) => own.filter((_, at) => at !== 3), 'incomplete'],
      [(own) => [...own.slice(13), ...own.slice(0, 13)], 'altered'],
      [(own) => own.map((line, at) => (at === 0 ? line.replace('"revision":2', '"revision":1') : line)), 'altered'],
      [(own) => own.map((line) => line.replace(',"kept":true', '')), 'altered'],
    ] as [(own: string[]) => string[], string][])
      expect((await verify(withKept(change))).verdict, `${change}`).toBe(verdict);
    const before5 = await verify(withKept(() => []));
    expect(before5).toMatchObject({ verdict: 'holds', facts: { counted: { notDrawn: 2 } } });
    // By another classification of what was never approved the draws are others; without any they are not done again.
    const others = withLines(drawn, 'classified.jsonl', (all) => all.map((line) => line.replace('"noise"', '"keep"')));
    expect((await verify(withSums(others))).verdict).toBe('altered');
    const none = await verify(withSums(withLines(drawn, 'classified.jsonl', () => [])));
    expect(none).toMatchObject({ verdict: 'holds', facts: { counted: { drawn: 3, notDrawn: 4 } } });
    // Whoever says other looks, or other things that they come from, is told so.
    const says = async (all: Files) => (await verify(all)).findings.map((one) => one.says).join(' ');
    for (const chunk of [2, 3, 4, 5])
      expect(
        await says(
          withReceipt(
            drawn,
            'decision',
            ({ reviews: { noise } }) => ({
              reviews: { noise: { ...noise, looks: (noise?.looks ?? 0) - 1 } } as Decision2['reviews'],
            }),
            (body) => body.chunk === chunk,
          ),
        ),
        `chunk ${chunk}`,
      ).toContain('by the seed and the marks of all chunks it is');
    const withPool = (at: number, change: (own: (typeof lines)[number]['pool']) => object | undefined) =>
      withSums(
        withLines(drawn, 'decisions.jsonl', (all) =>
          all.map((line, index) => (index === at ? JSON.stringify({ ...lines[at], pool: change(lines[at].pool) }) : line)),
        ),
      );
    for (const [at, change] of [
      [1, (own) => ({ ...own, decided: [] })],
      [
        1,
        (own) => ({
          ...own,
          decided: [
            [1, 1],
            [3, 3],
          ],
        }),
      ],
      [4, (own) => ({ ...own, marks: own.marks.slice(1) })],
      [4, (own) => ({ ...own, marks: [...own.marks.slice(0, -1), [5, (own.marks.at(-1)?.[1] ?? 0) - 1]] })],
      [2, (own) => ({ ...own, review: [[6, 1]] })],
      [2, (own) => ({ ...own, review: null })],
      [2, (own) => ({ ...own, more: 1 })],
    ] as [number, (own: { marks: [number, number][] }) => object][])
      expect((await verify(withPool(at, change))).verdict, `${at} ${change}`).toBe('altered');
    // A trail from before it was kept holds, and says that nothing was done again.
    const before = lines.reduce((all: Files, _, at) => {
      const without = (text: string[]) => text.map((line, index) => (index === at ? line.replace(/,"pool":.*\}$/, '}') : line));
      return withLines(all, 'decisions.jsonl', without);
    }, drawn);
    expect(await verify(withSums(before))).toMatchObject({
      verdict: 'holds',
      notes: [expect.stringMatching(/^Not redone: the draws that 6 receipts of decisions tell of\./), UNFROZEN],
    });
  }, 60_000);

  test('that nobody looked can’t be left out of a decision', async () => {
    const unseen = (all: Files) =>
      withReceipt(
        withLines(all, 'decisions.jsonl', (lines) => lines.map((line) => line.replace(/"seen":\[[^\]]*\]/, '"seen":[]'))),
        'decision',
        ({ overrides }) => ({ overrides, seen: seenDigest([]), seenCount: 0 }),
      );
    expect((await verify(unseen(files))).findings.filter(({ says }) => says.includes('Nobody looked'))).toEqual([]);
    const silent = withReceipt(unseen(files), 'decision', () => ({ overrides: [] }));
    expect((await verify(silent)).findings.filter(({ says }) => says.includes('Nobody looked'))).toHaveLength(1);
  });

  test('a proof that the plan asks for can’t be left out of a decision', async () => {
    const { files: asked } = await download(BO, (await sealedBatch(pool, { stepUp: true })).batchId);
    const report = await verify(asked);
    expect(report).toMatchObject({ verdict: 'holds', findings: [] });
    expect(inWords(report).facts).toContain(
      'Receipts of approvals and releases, by how it was proved who decided: 2 with a password.',
    );
    const without = await verify(withReceipt(asked, 'decision', () => ({ factor: null })));
    expect(without.findings.map(({ says }) => says)).toContain('The plan asks whoever decides for a proof, and it names none.');
    const quiet = await verify(withReceipt(files, 'decision', () => ({ factor: null })));
    expect(quiet.findings.filter(({ says }) => says.includes('for a proof'))).toEqual([]);
  });

  test('two signatures are two people’s, and the second names the first', async () => {
    const plan: PlanInput = {
      classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
      categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }],
      chunking: { by: 'size', maxItems: 50 },
      gates: { approvals: 2 },
    };
    const seeded = await seedBatch(pool, {
      plan,
      chunks: [{ state: 'awaiting_review', items: [item('one', { receipts: [] }), item('two', { receipts: [] })] }],
    });
    const { batchId, datasetId } = seeded;
    const chunkId = seeded.chunks[0]?.id as string;
    const { digest } = await buildManifest(pool, { batchId, datasetId, plan: seeded.plan, chunkId }, requestBuilder);
    const CY: Actor = { ...BO, id: `user:${randomUUID()}`, name: 'Cy' };
    for (const who of [BO, CY])
      await decide(who, { batchId, chunks: [{ number: 1, digest, seen: [1] }], next: true, execute: true });
    const { files: signed } = await download(BO, batchId);
    expect(await verify(signed)).toMatchObject({ verdict: 'holds', findings: [] });
    const second = (change: (body: Decision2) => Partial<Decision2>) =>
      verify(withReceipt(signed, 'decision', change, ({ first }) => first !== null));
    const other = `user:${randomUUID()}`;
    for (const change of [
      () => ({ first: null }),
      ({ first }: Decision2) => ({ first: first && { ...first, by: other } }),
      ({ first }: Decision2) => ({ by: first?.by as string }),
    ])
      expect((await second(change)).findings.map(({ file }) => file)).toContain('receipts.jsonl');
  });

  // What nothing in the receipts vouches for: whoever changes it and the list of hashes with it is told by nobody but a head (below, and docs/trail.md).

  const ONLY_BY_A_HEAD = [
    ...['START-HERE.html', 'verify.mjs', 'receipts.csv', 'task-body.md'],
    ...['reading.json', 'batch.json', 'chunks.jsonl', 'classified.jsonl', 'origins.jsonl'],
    ...['reviews.jsonl', 'SHA256SUMS'],
  ];

  const CHANGED = atSize(40, 300);

  test(`${CHANGED} random changes are each told`, async () => {
    const random = numbers(20261126);
    const names = [...files.keys()].filter((name) => name !== 'reading.json');
    const missed: string[] = [];
    for (let changes = 0; changes < CHANGED; ) {
      const name = names[random(names.length)] as string;
      const [what, made] = CHANGES[random(CHANGES.length)]?.({ files, other, name, random }) ?? ['nothing', null];
      if (made === null) continue;
      changes += 1;
      const careful = !ONLY_BY_A_HEAD.includes(name) && random(2) === 0;
      const report = await verify(careful ? withSums(made) : made);
      if (report.verdict !== 'altered' && report.verdict !== 'incomplete')
        missed.push(`${what} in ${name}${careful ? ', with its hash' : ''}: ${report.verdict}`);
    }
    expect(missed).toEqual([]);
  });

  test.each<[string, (files: Files) => Files]>([
    ['a table for people and its hash are changed', (all) => new Map(all).set('receipts.csv', Buffer.from('chunk,seq\r\n'))],
    [
      'the program that checks and its hash are changed',
      (all) => new Map(all).set('verify.mjs', Buffer.from('console.log("It holds.")')),
    ],
    [
      'the name of the batch and its hash are changed',
      (all) => new Map(all).set('batch.json', Buffer.from(textOf(all, 'batch.json').replace('Sealed', 'Seated'))),
    ],
    [
      'marks that came after the last decision are left out',
      (all) => withLines(all, 'reviews.jsonl', (lines) => lines.filter((line) => !/"category":"keep"/.test(line))),
    ],
    [
      'a value is called erased that was not',
      (all) =>
        withLines(all, 'values.jsonl', (lines) => lines.with(3, lines[3]?.replace(/"salt".*/, '"erased":true}') as string)),
    ],
    ['a batch that is not over loses its last receipts, with everything that tells of them', withoutTheLast],
  ])('only a hash that somebody else kept would tell that %s', async (_, change) => {
    partial ??= (await download(BO, (await unclosed()).batchId)).files;
    const unfinished = partial;
    expect(await verify(withSums(change(unfinished)))).toMatchObject({ findings: [] });
  });
});

function withLines(files: Files, name: string, change: (lines: string[]) => string[]): Files {
  return new Map(files).set(
    name,
    Buffer.from(
      change(linesOf(files, name))
        .map((line) => `${line}\n`)
        .join(''),
    ),
  );
}

type Decision2 = Extract<DecisionBody, { v: 2 }>;

/** The first such receipt says something else, and whoever altered it put its hash right. */
function withReceipt(
  files: Files,
  kind: string,
  change: (body: Decision2) => Partial<Decision2>,
  which: (body: Decision2) => boolean = () => true,
): Files {
  const bodies = linesOf(files, 'receipts.jsonl').map((line) => JSON.parse(line));
  const at = bodies.findIndex((body) => body.kind === kind && which(body));
  const body = canonicalBytes({ ...bodies[at], ...change(bodies[at]) });
  const receipts = withLines(files, 'receipts.jsonl', (lines) => lines.with(at, body.toString()));
  return withSums(
    withLines(receipts, 'leaves.jsonl', (lines) =>
      lines.with(at, JSON.stringify({ ...JSON.parse(lines[at] as string), leaf: leafHash(body).toString('hex') })),
    ),
  );
}

type Changing = { files: Files; other: Files; name: string; random: (below: number) => number };

/** What may befall a file. Null: it is too short for that. */
const CHANGES: ((changing: Changing) => [string, Files | null])[] = [
  ({ files, name, random }) => {
    const bytes = Buffer.from(files.get(name) as Uint8Array);
    if (bytes.length === 0) return ['a byte', null];
    const at = random(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << random(8));
    return [`byte ${at}`, new Map(files).set(name, bytes)];
  },
  (changing) => ofLines(changing, 'a line left out', (lines, at) => lines.toSpliced(at, 1)),
  (changing) => ofLines(changing, 'a line twice', (lines, at) => lines.toSpliced(at, 0, lines[at] as string)),
  (changing) =>
    ofLines(changing, 'two lines change places', (lines, at) => {
      const to = (at + 1 + changing.random(lines.length - 1)) % lines.length;
      return lines.with(at, lines[to] as string).with(to, lines[at] as string);
    }),
  ({ files, name, random }) => {
    const bytes = files.get(name) as Uint8Array;
    return ['cut off', bytes.length === 0 ? null : new Map(files).set(name, bytes.subarray(0, random(bytes.length)))];
  },
  ({ files, name }) => {
    const without = new Map(files);
    without.delete(name);
    return ['the file left out', without];
  },
  ({ files, other, name }) => {
    const theirs = other.get(name) as Uint8Array;
    return [
      'the file of another batch',
      Buffer.from(theirs).equals(Buffer.from(files.get(name) as Uint8Array)) ? null : new Map(files).set(name, theirs),
    ];
  },
];

function ofLines(
  { files, name, random }: Changing,
  what: string,
  change: (lines: string[], at: number) => string[],
): [string, Files | null] {
  const lines = linesOf(files, name);
  if (lines.length < 2) return [what, null];
  const made = Buffer.from(
    change(lines, random(lines.length))
      .map((line) => `${line}\n`)
      .join(''),
  );
  return [what, made.equals(Buffer.from(files.get(name) as Uint8Array)) ? null : new Map(files).set(name, made)];
}

/** Numbers that are the same each time (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The last receipt of the last chunk is gone, and every file says so. */
function withoutTheLast(files: Files): Files {
  const seqs = linesOf(files, 'chunks.jsonl').map((line) => JSON.parse(line) as { chunk: number; seq: number; state?: string });
  const last = seqs.at(-1) as { chunk: number; seq: number; state?: string };
  const cut = last.seq - 1;
  const kept = (name: string) =>
    linesOf(files, name).filter((line) => {
      const { chunk, seq } = JSON.parse(line);
      return chunk !== last.chunk || seq <= cut;
    });
  const bodies = linesOf(files, 'receipts.jsonl').slice(0, -1);
  const text = (lines: string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const chunks = [...seqs.slice(0, -1), { ...last, seq: cut, state: 'executing' }].map((line) => JSON.stringify(line));
  return new Map(files)
    .set('receipts.jsonl', text(bodies))
    .set('leaves.jsonl', text(kept('leaves.jsonl')))
    .set('values.jsonl', text(kept('values.jsonl')))
    .set('chunks.jsonl', text(chunks))
    .set(
      'batch.json',
      Buffer.from(textOf(files, 'batch.json').replace('"skipped": 2', '"skipped": 1').replace('"waiting": 0', '"waiting": 1')),
    );
}
