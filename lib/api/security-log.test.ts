/** The security log: what is told there, that nobody changes it, that nobody fills it, and who reads it. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { tellForbidden, tellRefused } from '#lib/auth/refusals.ts';
import { answerAuth } from '#lib/auth/route.ts';
import { signIn, signOut } from '#lib/auth/sign-in.ts';
import {
  REFUSAL_LINES_PER_MINUTE,
  REFUSAL_LINES_PER_MINUTE_ALL,
  REFUSALS_ASKERS_MAX,
  REFUSALS_WINDOW_MS,
} from '#lib/core/limits.ts';
import { NOBODY } from '#lib/core/people/nobody.ts';
import { parseEnv } from '#lib/env.ts';
import type { SecurityEventView } from '#lib/shapes/security.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { acceptSetupLink } from '#lib/steps/people/accept-setup-link.ts';
import { changeRole } from '#lib/steps/people/change-role.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { enablePerson } from '#lib/steps/people/enable-person.ts';
import { invitePerson } from '#lib/steps/people/invite-person.ts';
import { withdrawInvitation } from '#lib/steps/people/withdraw-invitation.ts';
import { exportSecurity } from '#lib/steps/security/export-security.ts';
import { listSecurity } from '#lib/steps/security/list-security.ts';
import { tellSettings } from '#lib/steps/security/tell-settings.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { atSize } from '#test/size.ts';
import { answerApi } from './answer.ts';

const { pool, prisma, ownerPool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';

const SITE = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' };
const PASSWORD = 'correct horse battery';
const keeper: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };
const auditor: Actor = { id: `user:${randomUUID()}`, role: 'auditor', name: 'Al', via: 'page' };
const SECRET = 'only-in-the-item';

/** Everything that was told since, the oldest first. */
async function toldDuring(act: () => Promise<unknown>): Promise<SecurityEventView[]> {
  const last = BigInt((await listSecurity(keeper, { limit: 1 })).items[0]?.id ?? 0);
  await act();
  const { items } = await listSecurity(keeper, { limit: 200 });
  return items.filter(({ id }) => BigInt(id) > last).reverse();
}

const kinds = (events: SecurityEventView[]): string[] => events.map(({ kind }) => kind);
const ask = (path: string, headers: Record<string, string>, method = 'GET') =>
  answerApi(new Request(`http://127.0.0.1:3000/api/v1${path}`, { method, headers: { ...SITE, ...headers } }));

describe('what admins do to people', () => {
  it('is told with who did it, to whom and how', async () => {
    let id = '';
    const told = await toldDuring(async () => {
      await invitePerson(keeper, { email: 'eve@example.com', role: 'admin' });
      await withdrawInvitation(keeper, { email: 'eve@example.com' });
      const { path } = await invitePerson(keeper, { email: 'bo@example.com', role: 'reviewer' });
      const token = path.split('=')[1] as string;
      ({ id } = await acceptSetupLink({ token, name: 'Bo', email: 'bo@example.com', password: PASSWORD }));
      await changeRole(keeper, { personId: id, role: 'operator' });
      await disablePerson(keeper, { personId: id });
      await disablePerson(keeper, { personId: id });
      await enablePerson(keeper, { personId: id });
    });
    expect(kinds(told)).toEqual([
      ...['invitation_made', 'invitation_withdrawn', 'invitation_made', 'invitation_accepted'],
      ...['role_changed', 'person_disabled', 'person_enabled'],
    ]);
    expect(told[3]).toMatchObject({ by: { id: `user:${id}`, name: 'Bo' }, about: null, facts: { invitedBy: 'key:env' } });
    expect(told[4]).toMatchObject({
      ...{ by: { id: 'key:env', name: keeper.name }, about: { id: `user:${id}`, name: 'Bo' } },
      facts: { from: 'reviewer', to: 'operator', via: 'api' },
    });
    expect(JSON.stringify(told)).not.toContain(PASSWORD);
  });

  it('is not done where it can’t be told', async () => {
    const { id } = await somebody('reviewer');
    const broken = 'ALTER TABLE security_event ADD CONSTRAINT broken CHECK (kind <> $$person_disabled$$) NOT VALID';
    await ownerPool.query(broken);
    try {
      await expect(disablePerson(keeper, { personId: id })).rejects.toThrow();
    } finally {
      await ownerPool.query('ALTER TABLE security_event DROP CONSTRAINT broken');
    }
    expect((await prisma.user.findUniqueOrThrow({ where: { id } })).disabledAt).toBeNull();
  });
});

describe('signing in', () => {
  const headers = new Headers({
    ...SITE,
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  });
  headers.set('x-forwarded-for', '203.0.113.9');

  it('is told where it succeeds, fails and is locked, and so is signing out', async () => {
    const email = 'bo@example.com';
    const told = await toldDuring(async () => {
      const cookies = await signIn({ email, password: PASSWORD }, headers);
      const cookie = cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ');
      await signOut(new Headers({ ...SITE, cookie }));
      await signIn({ email, password: 'my other password' }, headers).catch(() => {});
      await signIn({ email: 'nobody@example.com', password: PASSWORD }, headers).catch(() => {});
      await pool.query('UPDATE sign_in_try SET count = 1000');
      await signIn({ email, password: PASSWORD }, headers).catch(() => {});
      await pool.query('DELETE FROM sign_in_try');
    });
    expect(kinds(told)).toEqual(['sign_in', 'sign_out', 'sign_in_failed', 'sign_in_failed', 'sign_in_locked']);
    expect(told[0]).toMatchObject({ by: { name: 'Bo' }, facts: { network: '203.0.113.9', browser: 'Firefox on Linux' } });
    expect(told[2]).toMatchObject({ by: { id: 'nobody' }, about: { name: 'Bo' }, facts: { network: '203.0.113.9' } });
    expect(told[3]).toMatchObject({ by: { id: 'nobody' }, about: null });
    // Neither passwords nor what may be one, typed into the wrong field.
    for (const text of [PASSWORD, 'my other password', 'nobody@example.com']) expect(JSON.stringify(told)).not.toContain(text);
  });

  it('through better-auth’s own path is told too', async () => {
    const body = JSON.stringify({ email: 'bo@example.com', password: 'wrong wrong wrong' });
    const sent = { method: 'POST', headers: { ...SITE, 'content-type': 'application/json' }, body };
    const told = await toldDuring(() => answerAuth(new Request('http://127.0.0.1:3000/api/auth/sign-in/email', sent)));
    expect(kinds(told)).toEqual(['sign_in_failed']);
  });
});

describe('what is read', () => {
  const items = [{ fields: { subject: SECRET }, category: 'noise' }];
  let seeded: Awaited<ReturnType<typeof seedBatch>>;
  beforeAll(async () => {
    seeded = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] });
  });

  it('is told once an hour, person and batch, however often and by however many processes', async () => {
    const { id } = await somebody('reviewer');
    const bo: Actor = { id: `user:${id}`, role: 'reviewer', name: 'Bo', via: 'page' };
    const { batchId } = seeded;
    const told = await toldDuring(async () => {
      for (let times = 0; times < 3; times += 1) await readCheckpoint(bo, { batchId, chunk: 1 });
      const { once } = await prisma.securityEvent.findFirstOrThrow({ where: { by: bo.id, kind: 'batch_opened' } });
      expect(once).toMatch(/ \d{4}-\d\d-\d\dT\d\d$/);
      await recordSecurity({ prisma }, { kind: 'batch_opened', by: bo.id, about: `batch:${batchId}`, once: once as string });
    });
    expect(told).toMatchObject([{ kind: 'batch_opened', by: { name: 'Bo' }, about: { id: `batch:${batchId}` } }]);
  });

  it('as a file is told each time, with its format and no value; and HEAD takes nothing', async () => {
    const { batchId, datasetId } = seeded;
    const key = { authorization: 'Bearer a-key-of-the-environment' };
    const told = await toldDuring(async () => {
      for (const path of [
        `/batches/${batchId}/receipts`,
        `/batches/${batchId}/dataset?format=csv`,
        `/datasets/${datasetId}/file`,
      ])
        await (await ask(path, key)).text();
      await ask(`/batches/${batchId}/receipts`, key, 'HEAD');
    });
    const downloads = told.filter(({ kind }) => kind === 'downloaded');
    expect(downloads.map(({ about }) => about?.id)).toEqual([`batch:${batchId}`, `batch:${batchId}`, `dataset:${datasetId}`]);
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });
});

describe('refusals', () => {
  it('are told with what was asked for', async () => {
    const { id } = await somebody('reviewer');
    const cookie = await sessionOf(id);
    const other = randomUUID();
    const told = await toldDuring(() => ask(`/people/${other}/disable`, { cookie }, 'POST'));
    expect(told).toMatchObject([
      {
        ...{ kind: 'refused', by: { id: `user:${id}` }, about: { id: `user:${other}` } },
        facts: { asked: `POST /api/v1/people/${other}/disable`, role: 'reviewer', via: 'page' },
      },
    ]);
  });

  it('of whoever goes on are counted, and told in one line', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      Object.assign(globalThis, { countersignRefusals: undefined });
      const bo: Actor = { id: `user:${randomUUID()}`, role: 'reviewer', name: 'Bo', via: 'api' };
      const told = await toldDuring(async () => {
        for (let times = 0; times < REFUSAL_LINES_PER_MINUTE + 7; times += 1) await tellForbidden(bo, 'GET /api/v1/people');
        vi.advanceTimersByTime(REFUSALS_WINDOW_MS);
        await vi.waitFor(async () => expect((await listSecurity(keeper, { search: '"more": 7' })).items).toHaveLength(1), 60_000);
        await tellForbidden(bo, 'GET /api/v1/people');
      });
      expect(told).toHaveLength(REFUSAL_LINES_PER_MINUTE + 2);
      expect(told.at(-2)).toMatchObject({ kind: 'refused', by: { id: bo.id }, facts: { more: 7 } });
    } finally {
      vi.useRealTimers();
      Object.assign(globalThis, { countersignRefusals: undefined });
    }
  });
});

describe('the settings of a start', () => {
  it('are told when they are others than at the last one, of a secret only whether it is set', async () => {
    const start = (given: Record<string, string>) => tellSettings({ prisma }, parseEnv(given));
    const hook = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    const told = await toldDuring(async () => {
      await start({});
      await start({});
      await start({ TARGETS_ALLOWED: 'crm.internal:443' });
      await start({ TARGETS_ALLOWED: 'crm.internal:443' });
      const many = Array.from({ length: 60 }, (_, n) => `crm-${n}.internal:443`);
      await start({ TARGETS_ALLOWED: many.join() });
      await start({ TARGETS_ALLOWED: [...many.slice(0, -1), 'evil.internal:443'].join() });
      await start({
        PUBLIC_URL: 'https://sign.example.org',
        NOTICE_WEBHOOK_URL: 'https://hook.example.org/in?key=tok-1234',
        NOTICE_WEBHOOK_SECRET: hook,
      });
    });
    expect(told.map(({ facts }) => facts.targetsAllowed)).toEqual([
      ...['', 'crm.internal:443', expect.stringMatching(/^60 places/), expect.stringMatching(/^60 places/), ''],
    ]);
    expect(told.at(-1)?.facts).toMatchObject({
      publicUrl: 'https://sign.example.org',
      noticeWebhook: 'https://hook.example.org',
    });
    expect(JSON.stringify(told)).not.toMatch(/whsec|tok-1234/);
  });
});

describe('the log', () => {
  it('is changed by nobody, not even its owner', async () => {
    for (const change of [
      'UPDATE security_event SET kind = $$sign_in$$',
      'DELETE FROM security_event',
      'TRUNCATE security_event',
    ]) {
      await expect(pool.query(change)).rejects.toThrow(/permission denied|append-only/);
      await expect(ownerPool.query(change)).rejects.toThrow(/append-only/);
    }
  });

  it('takes what strangers send cut to a size, whatever characters are in it', async () => {
    const [told] = await toldDuring(() =>
      recordSecurity(
        { prisma },
        { kind: 'refused', by: 'nobody', facts: { asked: `\0\ud800${'é'.repeat(100_000)}`, all: Array(99).fill('x') } },
      ),
    );
    expect(JSON.stringify(told).length).toBeLessThan(2_000);
  });

  it('is paged by key, filtered and searched, also in windows', async () => {
    const who = randomUUID();
    for (let n = 0; n < 5; n += 1) {
      await recordSecurity({ prisma }, { kind: 'sign_in', by: `user:${who}`, facts: { network: `10.0.0.${n}` } });
      await recordSecurity({ prisma }, { kind: 'role_changed', by: 'key:env', about: `user:${who}`, facts: { n } });
    }
    const all = async (asked: Parameters<typeof listSecurity>[1], windowRows?: number) => {
      const found: SecurityEventView[] = [];
      for (let cursor: string | null = null; ; ) {
        const page = await listSecurity(
          auditor,
          { ...asked, limit: 3, cursor },
          { ms: 0, ...(windowRows ? { windowRows } : {}) },
        );
        found.push(...page.items);
        if (page.next === null) return found;
        cursor = page.next;
      }
    };
    for (const windowRows of [undefined, 1, 4]) {
      expect(kinds(await all({ person: who }, windowRows))).toEqual(Array(5).fill(['role_changed', 'sign_in']).flat());
      expect(await all({ person: who, kind: 'sign_in' }, windowRows)).toHaveLength(5);
      expect(await all({ person: who, search: '10.0.0.3' }, windowRows)).toHaveLength(1);
    }
    expect(await all({ search: '%' })).toEqual([]);
    const [today, tomorrow] = [0, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)) as [
      string,
      string,
    ];
    expect(await all({ person: who, from: today, to: today })).toHaveLength(10);
    expect(await all({ person: who, from: tomorrow })).toEqual([]);
    for (const odd of [{ from: '2026-02-31' }, { kind: 'guess' }, { person: 'x' }, { cursor: 'x' }])
      await expect(listSecurity(auditor, odd as never)).rejects.toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it('is a file too, with the same lines, and that somebody took it is told', async () => {
    const { items } = await listSecurity(auditor, { limit: 200 });
    const parts: Uint8Array[] = [];
    for await (const part of (await exportSecurity(auditor, { format: 'jsonl' })).body) parts.push(part);
    const lines = Buffer.concat(parts)
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.slice(0, items.length)).toEqual(items);
    const told = await toldDuring(async () => {
      const csv = await (
        await ask('/security-log/export?kind=refused', { authorization: 'Bearer a-key-of-the-environment' })
      ).text();
      expect(csv).toMatch(/^at,kind,what,by,/);
    });
    expect(told).toMatchObject([{ kind: 'downloaded', facts: { file: 'security-log.csv' } }]);
  });

  it('is for admins and auditors alone', async () => {
    for (const role of ['operator', 'reviewer'] as const) {
      const cookie = await sessionOf((await somebody(role)).id);
      for (const path of ['/security-log', '/security-log/export']) expect((await ask(path, { cookie })).status, role).toBe(403);
    }
    const cookie = await sessionOf((await somebody('auditor')).id);
    expect((await ask('/security-log', { cookie })).status).toBe(200);
  });
});

// Last: it leaves as many lines as a minute may have, and the tests before it page through all.
// More than have lines, and at full size more than have a name.
const STRANGERS = atSize(REFUSAL_LINES_PER_MINUTE_ALL + 20, REFUSALS_ASKERS_MAX + 500);

describe('refusals of strangers from as many networks as they like', () => {
  it('don’t hide what somebody here was refused', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      Object.assign(globalThis, { countersignRefusals: undefined });
      const bo: Actor = { id: `user:${randomUUID()}`, role: 'reviewer', name: 'Bo', via: 'api' };
      const strangersRefused = async () =>
        (
          await pool.query(
            `SELECT sum(CASE WHEN facts ? 'more' THEN (facts ->> 'more')::int ELSE 1 END)::int AS refused FROM security_event
             WHERE "by" = $1 AND (facts ? 'more' OR facts ? 'n')`,
            [NOBODY.id],
          )
        ).rows[0].refused;
      const stranger = (n: number) =>
        tellRefused({ kind: 'sign_in_failed', by: NOBODY.id, facts: { n } }, `2001:db8:0:${n}::/64`);
      for (let n = 0; n < STRANGERS; n += 1) await stranger(n);
      for (let times = 0; times < 3; times += 1) await tellForbidden(bo, 'GET /api/v1/people');
      vi.advanceTimersByTime(REFUSALS_WINDOW_MS);
      await vi.waitFor(async () => expect(await strangersRefused()).toBe(STRANGERS), 60_000);
      // What he was refused is told as his, line by line; the strangers' lines are bounded, and none of them is lost.
      expect((await listSecurity(keeper, { search: bo.id })).items).toHaveLength(3);
      expect((await pool.query(`SELECT FROM security_event WHERE kind = 'sign_in_failed'`)).rowCount).toBeLessThan(700);
    } finally {
      vi.useRealTimers();
      Object.assign(globalThis, { countersignRefusals: undefined });
    }
  });
});
