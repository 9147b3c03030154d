/** What people are told, the hostile way first: told twice, told too much, a server that is slow, lies or is not there, and people who were put out. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { claimDue, endClaim } from '#lib/store/notices/outbox.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import { chooseNotices, readNoticeChoices, readNotices } from './choose-notices.ts';
import { countUnreadNotices, listNotices } from './list-notices.ts';
import { sendNotices } from './send.ts';
import { tellNotices } from './tell.ts';

const { pool } = await testDatabase();

type Mail = { to: string[]; raw: string };
const mails: Mail[] = [];
/** What the mail server says to a recipient: a code, or null: it takes it. */
let refusal: number | null = null;
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onRcptTo: (_address, _session, done) =>
    done(refusal === null ? null : Object.assign(new Error('no'), { responseCode: refusal })),
  onData: (stream, session, done) => {
    void text(stream).then((raw) => {
      mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw });
      done();
    });
  },
});
smtp.on('error', () => {});
const smtpPort = await new Promise<number>((resolve) => {
  const server = smtp.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
});

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const calls: { headers: IncomingMessage['headers']; body: string }[] = [];
const hook = createServer((request, response) => {
  void text(request).then((body) => {
    calls.push({ headers: request.headers, body });
    response.end();
  });
});
const hookPort = await new Promise<number>((resolve) => {
  hook.listen(0, '127.0.0.1', () => resolve((hook.address() as AddressInfo).port));
});

afterAll(() => {
  smtp.close(() => {});
  hook.close();
});

/** The settings of this installation from now on. */
function settings(given: Record<string, string>): void {
  for (const name of ['SMTP_URL', 'MAIL_FROM', 'NOTICE_WEBHOOK_URL', 'NOTICE_WEBHOOK_SECRET', 'ALLOW_PRIVATE_TARGETS'])
    delete process.env[name];
  for (const name of ['ANSWER_WITHIN_HOURS', 'ESCALATE_TO', 'PUBLIC_URL']) delete process.env[name];
  Object.assign(process.env, given);
  Object.assign(globalThis, { countersignEnv: undefined });
}
const MAIL = { SMTP_URL: `smtp://127.0.0.1:${smtpPort}`, MAIL_FROM: 'desk@example.org', PUBLIC_URL: 'https://sign.example.org' };
const HOOK = { NOTICE_WEBHOOK_URL: `http://127.0.0.1:${hookPort}/in?a=1`, NOTICE_WEBHOOK_SECRET: SECRET };

const person = async (role: Role, name: string): Promise<Actor & { email: string }> => {
  const { id, email } = await somebody(role, name);
  return { id: `user:${id}`, role, name, via: 'page', email };
};
const [ada, bo, cy, dee] = await Promise.all([
  person('admin', 'Ada'),
  person('reviewer', 'Bo'),
  person('operator', 'Cy'),
  person('auditor', 'Dee'),
]);

beforeEach(() => settings(MAIL));
afterEach(async () => {
  mails.length = 0;
  calls.length = 0;
  refusal = null;
  await pool.query(
    `DELETE FROM notice; DELETE FROM matter; DELETE FROM notice_choice; UPDATE incident SET resolved_at = now() WHERE resolved_at IS NULL;
     UPDATE batch SET state = 'cancelled'; UPDATE "user" SET disabled_at = NULL`,
  );
});

type Waiting = { name?: string; state?: 'awaiting_review' | 'awaiting_second' | 'awaiting_release'; chunks?: number };
const waiting = ({ name = 'Mail', state = 'awaiting_review', chunks = 1 }: Waiting = {}) =>
  seedBatch(pool, {
    name,
    chunks: Array.from({ length: chunks }, () => ({
      state,
      items: [{ fields: { subject: 'SECRET VALUE' }, category: 'noise' }],
    })),
  });
/** All that is due goes out now. */
const gathered = () => pool.query("UPDATE notice SET due_at = now() - interval '1 second' WHERE state = 'due'");
const told = async () => {
  const { rows } = await pool.query<{ recipient: string; kind: string; phase: string; state: string }>(
    'SELECT n.recipient, m.kind, n.phase, n.state FROM notice n JOIN matter m ON m.id = n.matter_id ORDER BY n.id',
  );
  return rows;
};
const toldTo = async (actor: Pick<Actor, 'id'>) =>
  (await told()).filter(({ recipient }) => recipient === actor.id).map(({ kind, phase, state }) => `${kind} ${phase} ${state}`);
const incident = (id: string, kind: string, batchId: string | null = null, chunk: number | null = null) =>
  pool.query('INSERT INTO incident (id, kind, message, batch_id, chunk) VALUES ($1, $2, $3, $4, $5)', [
    ...[id, kind, 'it quotes a SECRET VALUE', batchId, chunk],
  ]);

test('five hundred chunks that wait are one notice for each who may answer, and one mail; nothing is told twice', async () => {
  await waiting({ name: 'Mail\r\nBcc: eve@example.org', chunks: 500 });
  await waiting({ name: 'Tickets', state: 'awaiting_release' });
  await Promise.all([tellNotices(), tellNotices(), tellNotices()]);
  await tellNotices();
  expect((await told()).map(({ recipient, kind }) => `${recipient} ${kind}`).sort()).toEqual(
    [ada, bo, cy].flatMap(({ id }) => [`${id} waits`, `${id} waits`]).sort(),
  );
  await sendNotices('mail');
  expect(mails).toEqual([]);
  await gathered();
  await Promise.all([sendNotices('mail'), sendNotices('mail')]);
  await sendNotices('mail');
  expect(mails.map(({ to }) => to).sort()).toEqual([[ada.email], [bo.email], [cy.email]].sort());
  for (const { raw } of mails) {
    expect(raw).not.toContain('SECRET VALUE');
    expect(raw).not.toMatch(/^Bcc:/m);
    expect(raw).toMatch(/^Subject: 2 notices from Countersign\r$/m);
    const words = raw.replaceAll('=\r\n', '').replace(/(=[0-9A-F]{2})+/g, (all) => decodeURIComponent(all.replaceAll('=', '%')));
    expect(words).toContain('“Mail Bcc: eve@example.org” waits for 500 reviews');
    expect(words).toMatch(/https:\/\/sign\.example\.org\/batches\/[0-9a-f-]{36}\/chunks\/1/);
  }
});

test('what was answered before it was sent is not sent, and what waits again is told again after an hour', async () => {
  const { batchId } = await waiting();
  const answered = () => pool.query("UPDATE chunk SET state = 'done' WHERE batch_id = $1", [batchId]);
  const asked = () => pool.query("UPDATE chunk SET state = 'awaiting_review' WHERE batch_id = $1", [batchId]);
  await tellNotices();
  expect(await countUnreadNotices(bo)).toBe(1);
  await answered();
  await tellNotices();
  expect(await countUnreadNotices(bo)).toBe(0);
  expect((await listNotices(bo)).items).toMatchObject([{ over: true, read: false }]);
  await gathered();
  await sendNotices('mail');
  expect(mails).toEqual([]);
  await asked();
  await tellNotices();
  expect(await toldTo(bo)).toEqual(['waits begun dropped']);
  await pool.query("UPDATE matter SET began_at = began_at - interval '61 minutes'");
  await tellNotices();
  expect(await toldTo(bo)).toEqual(['waits begun dropped', 'waits begun due']);
});

test('what others claimed is told to them; a second signature to whoever may give it', async () => {
  const claimed = await waiting();
  await pool.query('UPDATE chunk SET reviewer = $2, reviewer_since = now() WHERE batch_id = $1', [claimed.batchId, bo.id]);
  const { batchId } = await waiting({ state: 'awaiting_second' });
  await pool.query('UPDATE batch SET started_by = $2 WHERE id = $1', [batchId, cy.id]);
  const signed = JSON.stringify({ answers: { execute: true }, by: ada.id });
  await pool.query(
    `INSERT INTO receipt (batch_id, chunk, seq, kind, body, leaf) VALUES ($1, 1, 1, 'decision', $2, sha256('\\x00'::bytea || $2))`,
    [batchId, Buffer.from(signed)],
  );
  await tellNotices();
  expect(await toldTo(ada)).toEqual([]);
  expect(await toldTo(cy)).toEqual([]);
  expect((await toldTo(bo)).sort()).toEqual(['second begun due', 'waits begun due']);
  // What somebody claimed who was put out is anybody's again.
  await pool.query('UPDATE "user" SET disabled_at = now() WHERE email = $1', [bo.email]);
  await tellNotices();
  expect(await toldTo(ada)).toEqual(['waits begun due']);
});

test('an incident is told once when it opens and once when it is over, without its words; many of one batch are one', async () => {
  const { batchId } = await waiting({ chunks: 40 });
  await pool.query("UPDATE chunk SET state = 'halted' WHERE batch_id = $1", [batchId]);
  for (let chunk = 1; chunk <= 40; chunk += 1) await incident(randomUUID(), 'halted', batchId, chunk);
  await incident(randomUUID(), 'target');
  await tellNotices();
  await tellNotices();
  expect(await toldTo(bo)).toEqual([]);
  expect(await toldTo(cy)).toEqual(['incident begun due', 'incident begun due']);
  await pool.query('UPDATE incident SET resolved_at = now()');
  await tellNotices();
  await tellNotices();
  await gathered();
  await sendNotices('mail');
  expect((await toldTo(cy)).sort()).toEqual([
    ...['incident begun sent', 'incident begun sent', 'incident over sent', 'incident over sent'],
  ]);
  expect(mails).toHaveLength(2);
  expect(mails[0]?.raw).toContain('chunks halted');
  expect(mails[0]?.raw).not.toContain('SECRET');
});

test('what waits for too long goes to the person who is named, else to admins, and approves nothing', async () => {
  settings({ ...MAIL, ANSWER_WITHIN_HOURS: '24', ESCALATE_TO: cy.email });
  const { batchId } = await waiting();
  await tellNotices();
  expect((await told()).map(({ kind }) => kind)).not.toContain('overdue');
  await pool.query("UPDATE chunk SET updated_at = now() - interval '25 hours' WHERE batch_id = $1", [batchId]);
  await tellNotices();
  const late = async () => (await told()).filter(({ kind }) => kind === 'overdue').map(({ recipient }) => recipient);
  expect(await late()).toEqual([cy.id]);
  await pool.query('UPDATE "user" SET disabled_at = now() WHERE email = $1', [cy.email]);
  await tellNotices();
  expect(await late()).toEqual([cy.id, ada.id]);
  const { rows } = await pool.query('SELECT state, revision FROM chunk WHERE batch_id = $1', [batchId]);
  expect(rows).toEqual([{ state: 'awaiting_review', revision: 1 }]);
});

test('a plan has a deadline and names a person of its own; without one it goes by the installation', async () => {
  settings({ ...MAIL, ANSWER_WITHIN_HOURS: '24', ESCALATE_TO: ada.email });
  const late = async () => (await told()).filter(({ kind }) => kind === 'overdue').map(({ recipient }) => recipient);
  const waited = (batchId: string, hours: number) =>
    pool.query("UPDATE chunk SET updated_at = now() - $2 * interval '1 hour' WHERE batch_id = $1", [batchId, hours]);
  const planned = async (deadline: object, hours: number) => {
    const { batchId } = await waiting();
    await pool.query("UPDATE batch SET plan = plan || jsonb_build_object('deadline', $2::jsonb) WHERE id = $1", [
      ...[batchId, JSON.stringify(deadline)],
    ]);
    await waited(batchId, hours);
  };
  // Its own is longer than the installation's; and shorter, with a person, in whatever letters, who may do nothing but see.
  await planned({ hours: 72 }, 48);
  await planned({ hours: 2, escalateTo: dee.email.toUpperCase() }, 3);
  await tellNotices();
  expect(await late()).toEqual([dee.id]);
  // Without a person of its own: whom the installation names.
  await planned({ hours: 2 }, 3);
  await tellNotices();
  expect(await late()).toEqual([dee.id, ada.id]);
  // Of one whom nobody in the house is, every admin.
  settings(MAIL);
  await planned({ hours: 2, escalateTo: 'nobody@example.org' }, 3);
  await tellNotices();
  expect(await late()).toEqual([dee.id, ada.id, ada.id]);
  const { rows } = await pool.query(
    "SELECT DISTINCT c.state FROM chunk c JOIN batch b ON b.id = c.batch_id WHERE b.plan ? 'deadline'",
  );
  expect(rows).toEqual([{ state: 'awaiting_review' }]);
});

test('a finished batch is told to who started it, once', async () => {
  const { batchId } = await waiting();
  await pool.query("UPDATE chunk SET state = 'done', done = 3, approved_actions = 3 WHERE batch_id = $1", [batchId]);
  await pool.query("UPDATE batch SET state = 'finished', finished_at = clock_timestamp(), started_by = $2 WHERE id = $1", [
    ...[batchId, cy.id],
  ]);
  await tellNotices();
  await tellNotices();
  expect((await told()).map(({ recipient, kind }) => `${recipient} ${kind}`)).toEqual([`${cy.id} finished`]);
  expect((await listNotices(cy)).items).toMatchObject([
    { title: '“Mail” is finished: 3 done', path: `/batches/${batchId}`, over: false, read: false },
  ]);
});

test('a person’s choice holds, and whoever was put out gets nothing', async () => {
  await chooseNotices(bo, { kind: 'waits', by: 'none' });
  await chooseNotices(cy, { kind: 'waits', by: 'page' });
  await expect(chooseNotices({ ...ada, id: 'key:environment' }, { kind: 'waits', by: 'none' })).rejects.toThrow('API key');
  await expect(chooseNotices(ada, { kind: 'all', by: 'none' } as never)).rejects.toThrow();
  expect((await readNoticeChoices(bo)).choices.map(({ kind, by }) => `${kind} ${by}`)).toEqual([
    ...['waits none', 'overdue mail', 'second mail', 'finished mail'],
  ]);
  expect((await readNoticeChoices(dee)).choices.map(({ kind }) => kind)).toEqual(['overdue', 'finished']);
  await waiting();
  await tellNotices();
  expect([await toldTo(bo), await toldTo(cy), await toldTo(ada)]).toEqual([...[[], ['waits begun listed'], ['waits begun due']]]);
  await pool.query('UPDATE "user" SET disabled_at = now() WHERE email = $1', [ada.email]);
  await gathered();
  await sendNotices('mail');
  expect(mails).toEqual([]);
  expect(await toldTo(ada)).toEqual(['waits begun dropped']);
  const [shown] = (await listNotices(cy)).items;
  await readNotices(cy, { upTo: shown?.id ?? '' });
  expect(await countUnreadNotices(cy)).toBe(0);
  expect((await listNotices(dee)).items).toEqual([]);
});

test('without a mail server nothing is due; what is not taken is tried again, then given up with one incident that mail does not tell', async () => {
  settings({});
  await waiting();
  await tellNotices();
  expect(await toldTo(bo)).toEqual(['waits begun listed']);
  await pool.query('DELETE FROM notice');
  settings(MAIL);
  refusal = 451;
  await tellNotices();
  await gathered();
  await sendNotices('mail');
  const { rows } = await pool.query(
    "SELECT attempts, fault, due_at > now() + interval '30 seconds' AS later FROM notice WHERE attempts > 0",
  );
  expect(rows).toEqual([{ attempts: 1, fault: 'EENVELOPE_451', later: true }]);
  await pool.query('UPDATE notice SET attempts = 5');
  await gathered();
  // Each is given up by itself, and the turn ends with it: the server is the same for all.
  for (let turn = 0; turn < 3; turn += 1) await sendNotices('mail');
  expect(await toldTo(bo)).toEqual(['waits begun given_up']);
  const open = async () =>
    (await pool.query("SELECT message FROM incident WHERE kind = 'notices' AND resolved_at IS NULL")).rows.map(
      ({ message }) => message as string,
    );
  expect(await open()).toEqual([expect.stringMatching(/^Mail is not delivered: a notice was given up \(EENVELOPE_451\)/)]);
  await tellNotices();
  expect(await toldTo(ada)).toEqual(['waits begun given_up', 'incident begun listed']);
  refusal = null;
  await waiting({ name: 'Other' });
  await tellNotices();
  await gathered();
  await sendNotices('mail');
  expect(mails).toHaveLength(3);
  expect(await open()).toEqual([]);
});

test('a password goes to no mail server in clear, unless the address says so', async () => {
  const said: string[] = [];
  const plain = createSocketServer((socket) => {
    socket.on('error', () => {}).write('220 mail\r\n');
    socket.on('data', (bytes) => {
      said.push(String(bytes));
      // Somebody between the two takes STARTTLS out of what is offered.
      socket.write(/^EHLO/.test(String(bytes)) ? '250-mail\r\n250 AUTH PLAIN LOGIN\r\n' : '550 no\r\n');
    });
  });
  // An address of this machine that does not say so.
  const port = await new Promise<number>((resolve) => {
    plain.listen(0, '127.0.0.2', () => resolve((plain.address() as AddressInfo).port));
  });
  const secret = Buffer.from('\0bot\0mail-password').toString('base64');
  const sent = async (query: string) => {
    settings({ ...MAIL, SMTP_URL: `smtp://bot:mail-password@127.0.0.2:${port}${query}` });
    await pool.query("DELETE FROM notice; DELETE FROM matter; UPDATE batch SET state = 'cancelled'");
    await waiting();
    await tellNotices();
    await gathered();
    said.length = 0;
    await sendNotices('mail');
    return said.join('');
  };
  expect(await sent('')).not.toContain(secret);
  expect(await sent('?requireTLS=false')).toContain(secret);
  plain.close();
});

test('an address that is refused for good is given up at once, and the others get theirs', async () => {
  await waiting();
  await tellNotices();
  await gathered();
  refusal = 550;
  await sendNotices('mail');
  expect((await told()).map(({ state }) => state)).toEqual(['given_up', 'given_up', 'given_up']);
});

test('a mail server that never answers holds up mail and nothing else, and a sender that is too late writes nothing', async () => {
  const held: Socket[] = [];
  const silent = createSocketServer((socket) => held.push(socket.on('error', () => {})));
  const port = await new Promise<number>((resolve) => {
    silent.listen(0, '127.0.0.1', () => resolve((silent.address() as AddressInfo).port));
  });
  settings({ ...MAIL, ...HOOK, SMTP_URL: `smtp://127.0.0.1:${port}`, ALLOW_PRIVATE_TARGETS: '1' });
  await waiting();
  await tellNotices();
  await gathered();
  const connected = new Promise((resolve) => silent.once('connection', resolve));
  const slow = sendNotices('mail');
  await connected;
  await sendNotices('webhook');
  expect(calls).toHaveLength(1);
  // One sender at a time, for as long as its lease.
  expect(await claimDue(pool, 'mail')).toBeNull();
  await tellNotices();
  await pool.query("UPDATE notice SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL");
  const heir = await claimDue(pool, 'mail');
  expect(heir?.notices).toHaveLength(1);
  for (const socket of held) socket.destroy();
  await slow;
  silent.close();
  const { rows } = await pool.query('SELECT count(*)::int AS leased FROM notice WHERE lease_until > now()');
  expect(rows).toEqual([{ leased: 1 }]);
  if (heir) await endClaim(pool, heir, { state: 'sent' });
  expect((await told()).filter(({ state }) => state === 'sent')).toHaveLength(2);
});

test('the webhook is signed, and reaches no private address unless that is allowed', async () => {
  settings({ ...HOOK, NOTICE_WEBHOOK_URL: `http://localhost:${hookPort}/in` });
  const { batchId } = await waiting({ chunks: 2 });
  await tellNotices();
  await gathered();
  await sendNotices('webhook');
  expect(calls).toEqual([]);
  const { rows } = await pool.query("SELECT fault FROM notice WHERE recipient = 'webhook'");
  expect(rows).toEqual([{ fault: 'refused_address' }]);
  settings({ ...HOOK, ALLOW_PRIVATE_TARGETS: '1', PUBLIC_URL: 'https://sign.example.org/desk' });
  await gathered();
  await sendNotices('webhook');
  const [call] = calls;
  expect(new Webhook(SECRET).verify(call?.body ?? '', call?.headers as Record<string, string>)).toMatchObject({
    type: 'notice.waits.begun',
    data: {
      ...{ title: '“Mail” waits for 2 reviews', url: `https://sign.example.org/batches/${batchId}`, reviews: 2 },
      batch: { id: batchId, name: 'Mail' },
    },
  });
  expect(call?.body).not.toMatch(/SECRET|claimers|user:/);
});
