/** Workers killed and lines cut while mails are moved in a real Dovecot: the receipts say what the mailbox itself says, or that nobody knows. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { makeConnection } from '#lib/steps/connections/make-connection.ts';
import { readDataset } from '#lib/steps/datasets/read-datasets.ts';
import { uploadSource } from '#lib/steps/datasets/upload-source.ts';
import { testDatabase } from '#test/database.ts';
import { approve, until } from '#test/fixtures/connected.ts';
import { ADA, leasesCount } from '#test/fixtures/started-batch.ts';
import { type Dovecot, dovecotFolder, startDovecot } from '#test/mailbox/dovecot.ts';
import { mailbox } from '#test/mailbox/reader.ts';
import { atSize } from '#test/size.ts';
import { seeded } from '#test/soak/random.ts';
import { settled } from './approved.ts';
import { killWorkers, startWorker, startWorkers, type WorkerProcess } from './workers.ts';

const { pool, url } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ALLOW_PRIVATE_TARGETS = '1';

const found = dovecotFolder();
if ('missing' in found) console.warn(`The chaos run against Dovecot is skipped: ${found.missing}.`);
const [USER, PASSWORD] = ['ada', 'canary~mail~chaos'];
const MAILS = atSize(200, 2_000);
const STRIKES = atSize(8, 40);
/** Of a busy machine. */
const PATIENT_MS = 30 * 60_000;

let dovecot: Dovecot;
beforeAll(async () => {
  if ('missing' in found) return;
  await leasesCount(pool);
  dovecot = await startDovecot(found.root, { user: USER, password: PASSWORD, latencyMs: 10 });
});
afterEach(killWorkers);
afterAll(stopRinging);
afterAll(() => dovecot?.stop());

test.skipIf('missing' in found)(
  'workers killed and lines cut: no move without intent, none told falsely, none twice',
  async () => {
    const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
    console.log(`CRASH_SEED=${seed}`);
    const random = seeded(seed);
    const box = await mailbox(dovecot.port, { user: USER, password: PASSWORD });
    for (let mail = 1; mail <= MAILS; mail += 1) await box.append('INBOX', `mail-${mail}@x`, 'hello\r\n');
    await box.end();

    const { id } = await makeConnection(ADA, {
      ...{ name: 'mail', connector: 'imap', address: `imap+plain://127.0.0.1:${dovecot.port}` },
      ...{ auth: { kind: 'basic', username: USER }, secrets: { password: PASSWORD } },
    });
    const { id: datasetId } = await uploadSource(ADA, { connection: id, place: 'INBOX' }, { answerMs: PATIENT_MS });
    expect((await readDataset(ADA, { id: datasetId }))?.itemCount).toBe(MAILS);
    const plan: PlanInput = {
      classifier: { kind: 'rules', rules: [], otherwise: 'away' },
      categories: [
        { name: 'away', action: { connector: 'imap', connection: 'mail', do: 'archive', with: { timeoutMs: 10_000 } } },
      ],
      chunking: { by: 'size', maxItems: Math.ceil(MAILS / 4) },
      gates: { next: 'parallel' },
      // This is about uncertain actions, and not about a server that is to be left alone.
      execution: { first: 0, concurrency: 3, haltAfter: { consecutive: 100_000, share: 1 }, retry: { attempts: 10 } },
      receiptFields: ['subject'],
    };
    const { id: batchId } = await createBatch(ADA, { datasetId, name: 'Chaos', plan: plan as never, start: true });
    await until(pool, batchId, 'awaiting_review');
    await approve(pool, batchId);

    const workers = await startWorkers(url, 2);
    let strikes = 0;
    while (strikes < STRIKES && !(await settled(pool, batchId))) {
      await sleep(100 + random.below(700));
      strikes += 1;
      if (random.below(2) === 0) {
        dovecot.cut();
        continue;
      }
      const at = random.below(workers.length);
      (workers[at] as WorkerProcess).send('SIGKILL');
      workers[at] = await startWorker(url);
    }
    await expect.poll(() => settled(pool, batchId), { timeout: 600_000, interval: 200 }).toBe(true);
    await killWorkers();
    await dovecot.quiet();

    const judged = await judge(pool, batchId, datasetId, dovecot);
    console.log(
      `${strikes} strikes, ${judged.uncertain} uncertain of ${MAILS}, ${judged.resolved} looked up, ${judged.failed} failed`,
    );
    expect(judged.findings).toEqual([]);
  },
  PATIENT_MS,
);

type Row = { ordinal: number; step: number; kind: string; result: string | null; committedMs: number };

/** What the receipts say against the mailbox itself, and against the commands that reached the server. Every finding names a mail. */
async function judge(
  db: Pool,
  batchId: string,
  datasetId: string,
  server: Dovecot,
): Promise<{ findings: string[]; uncertain: number; resolved: number; failed: number }> {
  const box = await mailbox(server.port, { user: USER, password: PASSWORD });
  const [inbox, archive] = [await box.ids('INBOX'), await box.ids('Archive')];
  await box.end();
  const { rows: items } = await db.query(
    "SELECT ordinal, fields ->> 'messageId' AS id, fields ->> 'uid' AS uid FROM item WHERE dataset_id = $1",
    [datasetId],
  );
  const { rows } = await db.query<Row>(
    `SELECT ordinal, step, kind, result, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::float8 AS "committedMs"
     FROM receipt WHERE batch_id = $1 AND ordinal IS NOT NULL ORDER BY ordinal, step`,
    [batchId],
  );
  const findings: string[] = [];
  const counted = { uncertain: 0, resolved: 0, failed: 0 };
  for (const { ordinal, id, uid } of items as { ordinal: number; id: string; uid: string }[]) {
    const own = rows.filter((row) => row.ordinal === ordinal);
    const intents = own.filter(({ kind }) => kind === 'intent');
    const last = own.at(-1);
    const moved = archive.filter((one) => one === id).length;
    const left = inbox.filter((one) => one === id).length;
    const sent = server.commands.filter(({ command }) => command.startsWith(`UID MOVE ${uid} `));
    if (moved + left !== 1) findings.push(`${id} is there ${moved + left} times`);
    if (moved > 0 && intents.length === 0) findings.push(`${id} was moved without an intent`);
    if (sent.length > intents.length) findings.push(`${id} was sent ${sent.length} times under ${intents.length} intents`);
    // The server's clock is this machine's; times here end at the millisecond.
    for (const [index, { at }] of sent.entries())
      if (at < Math.floor(intents[index]?.committedMs ?? Number.POSITIVE_INFINITY))
        findings.push(`${id} was sent before its intent`);
    if (last?.result === 'succeeded' && moved !== 1) findings.push(`${id} is told to be moved, and is not`);
    if ((last?.result === 'failed' || last?.result === 'not_executed') && moved !== 0)
      findings.push(`${id} is told not to be moved, and is`);
    if (last?.kind === 'intent' || last === undefined) findings.push(`${id} is open`);
    if (last?.result === 'uncertain') counted.uncertain += 1;
    if (last?.kind === 'resolution') counted.resolved += 1;
    if (last?.result === 'failed') counted.failed += 1;
  }
  return { findings, ...counted };
}
