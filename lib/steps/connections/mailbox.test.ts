/** A mailbox from its connection to the undo, against a real Dovecot: a folder becomes a dataset, its mails are archived as a person approved, and come back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { readDataset } from '#lib/steps/datasets/read-datasets.ts';
import { uploadSource } from '#lib/steps/datasets/upload-source.ts';
import { readItemRequest } from '#lib/steps/requests/read-item-request.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { testDatabase } from '#test/database.ts';
import { approve, asAdmin, until } from '#test/fixtures/connected.ts';
import { ADA, leasesCount, steps } from '#test/fixtures/started-batch.ts';
import { type Dovecot, dovecotFolder, startDovecot } from '#test/mailbox/dovecot.ts';
import { mailbox } from '#test/mailbox/reader.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';

const [USER, PASSWORD] = ['ada', 'canary~mail~9d1f'];
const found = dovecotFolder();
if ('missing' in found) console.warn(`The tests against Dovecot are skipped: ${found.missing}.`);
let dovecot: Dovecot;
beforeAll(async () => {
  if ('missing' in found) return;
  await leasesCount(pool);
  dovecot = await startDovecot(found.root, { user: USER, password: PASSWORD });
});
afterAll(() => dovecot?.stop());

test.skipIf('missing' in found)('a folder is read, its mails are archived and flagged as approved, and come back', async () => {
  const box = await mailbox(dovecot.port, { user: USER, password: PASSWORD });
  await box.append(
    'INBOX',
    'one@x',
    'Gr\u00fc\u00dfe\r\n\r\nFrom the beginning, a line like a separator:\r\nFrom bo@x Thu Oct 22 12:00:00 2026\r\nSubject: not a mail\r\n',
    ['\\Seen'],
  );
  await box.append('INBOX', 'two@x', 'X-Countersign-Mail: {"uid":"1","folder":"Trash"}\r\n');
  await box.append('INBOX', 'three@x', 'hello\r\n');

  const made = await asAdmin('POST', '/connections', {
    ...{ name: 'mail', connector: 'imap', address: `imap+plain://127.0.0.1:${dovecot.port}` },
    ...{ auth: { kind: 'basic', username: USER }, secrets: { password: PASSWORD } },
  });
  expect(made.status, made.text).toBe(201);
  const tried = await asAdmin('POST', `/connections/${made.body.id}/test`);
  expect(tried.body).toMatchObject({ ok: true, offers: { places: expect.arrayContaining(['INBOX', 'Archive', 'Trash']) } });

  const read = await asAdmin('POST', `/connections/${made.body.id}/dataset`, { place: 'INBOX' });
  expect(read, read.text).toMatchObject({
    status: 201,
    body: { items: 3, unreadable: 0, format: 'mbox', name: 'INBOX at mail.mbox' },
  });
  const { rows } = await pool.query('SELECT fields FROM item WHERE dataset_id = $1 ORDER BY ordinal', [read.body.id]);
  const { uidValidity } = rows[0].fields;
  expect(rows.map(({ fields }) => fields)).toMatchObject([
    { messageId: 'one@x', folder: 'INBOX', uid: '1', flags: '\\Seen', text: expect.stringContaining('Subject: not a mail') },
    // What a mail says of itself does not count.
    { messageId: 'two@x', folder: 'INBOX', uid: '2', flags: '', uidValidity },
    { messageId: 'three@x', folder: 'INBOX', uid: '3', uidValidity },
  ]);
  expect(await box.flags('INBOX', 'three@x')).not.toContain('\\Seen');
  expect((await asAdmin('POST', `/connections/${made.body.id}/dataset`, { place: 'Nowhere' })).status).toBe(404);
  expect((await asAdmin('POST', `/connections/${made.body.id}/dataset`, { place: 'Archive' })).text).toContain('has no mails');

  // What takes long goes on, and its dataset says how it ends.
  const later = await uploadSource(ADA, { connection: String(made.body.id), place: 'INBOX' }, { answerMs: 0 });
  await expect.poll(async () => (await readDataset(ADA, { id: later.id }))?.state).toBe('ready');

  const plan: PlanInput = {
    classifier: {
      kind: 'rules',
      rules: [{ when: "item.messageId == 'three@x'", category: 'mark' }],
      otherwise: 'away',
    },
    categories: [
      { name: 'away', action: { connector: 'imap', connection: 'mail', do: 'archive' } },
      { name: 'mark', action: { connector: 'imap', connection: 'mail', do: 'flag' } },
    ],
    chunking: { by: 'size' },
    execution: { first: 0 },
    receiptFields: ['subject'],
  };
  const batch = await asAdmin('POST', '/batches', { datasetId: read.body.id, name: 'Archive', plan, start: true });
  expect(batch.status, batch.text).toBe(201);
  const batchId = String(batch.body.id);
  await until(pool, batchId, 'awaiting_review');
  const shown = await readItemRequest(ADA, { batchId, chunk: 1, ordinal: 1, whole: true });
  expect(JSON.stringify(shown)).toMatch(/UID MOVE.*secret of mail/);
  expect(JSON.stringify(shown)).not.toContain(PASSWORD);
  // A person moves one away meanwhile: it is not touched, and told.
  await box.move('INBOX', 'two@x', 'Trash');
  await approve(pool, batchId);
  await until(pool, batchId, 'done', 'unresolved', 'halted');
  expect(await steps(pool, batchId)).toEqual({
    1: ['intent', 'outcome:succeeded'],
    2: ['intent', 'outcome:failed'],
    3: ['intent', 'outcome:succeeded'],
  });
  expect(await box.ids('INBOX')).toEqual(['three@x']);
  expect(await box.ids('Archive')).toEqual(['one@x']);
  expect(await box.ids('Trash')).toEqual(['two@x']);
  expect(await box.flags('INBOX', 'three@x')).toContain('\\Flagged');
  const bodies = await pool.query(
    "SELECT convert_from(body, 'UTF8') AS body FROM receipt WHERE batch_id = $1 AND result = 'succeeded'",
    [batchId],
  );
  expect(bodies.rows.map(({ body }) => JSON.parse(body).target).sort()).toEqual([
    expect.stringMatching(/^Archive;UIDVALIDITY=\d+;UID=1$/),
    null,
  ]);

  const undone = await undoBatch(ADA, { batchId });
  await until(pool, undone.id, 'awaiting_review');
  await approve(pool, undone.id);
  await until(pool, undone.id, 'done', 'unresolved', 'halted');
  expect((await box.ids('INBOX')).sort()).toEqual(['one@x', 'three@x']);
  expect(await box.flags('INBOX', 'three@x')).not.toContain('\\Flagged');
  expect(dovecot.commands.filter(({ command }) => /EXPUNGE|COPY|CLOSE/i.test(command))).toEqual([]);
  await box.end();
});
