/** One command on one mail, against a server that does what a test says: what is told of it is what became of it, or that nobody knows. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApplyResult, Done } from '#lib/connectors/port.ts';
import type { CountersignError } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { listener } from '#test/fixtures/connected.ts';
import { CERTIFICATE } from '#test/mailbox/certificate.ts';
import {
  CAN_MOVE,
  closeScripted,
  MEETINGS,
  type Meeting,
  type Scripted,
  type ScriptedOptions,
  scriptedServer,
} from '#test/mailbox/scripted.ts';
import { makeImap } from './connector.ts';

const ID = randomUUID();
const SECRET = 'correct-horse';
let revision = 1;

/** A connection to it, and the connector that has no other. */
function over(
  server: Scripted,
  {
    password = SECRET,
    auth = { kind: 'basic', username: 'ada' },
    secret = { password },
    address = `imap+plain://127.0.0.1:${server.port}`,
    ca,
  }: {
    password?: string;
    auth?: LiveConnection['auth'];
    secret?: Record<string, string>;
    address?: string;
    ca?: string;
  } = {},
) {
  revision += 1;
  const live: LiveConnection = {
    ...{ id: ID, name: 'mail', revision, address, auth },
    ...{ limits: { concurrency: null, windows: [] }, secretId: randomUUID(), secretVersion: 1, secret },
    declared: { keys: { honoured: false, forHours: null }, inspect: null, success: null, permanent: false },
  };
  const imap = makeImap({
    allowPrivateTargets: () => true,
    targetsAllowed: () => [],
    connections: async () => live,
    ...(ca && { ca }),
  });
  const through = {
    id: ID,
    revision,
    address,
    auth: live.auth,
    secret: `secret:${live.secretId}`,
    keys: false,
    inspect: null,
    success: null,
    permanent: false,
  };
  const action = (verb: string, given: Action['with'] = {}): Action =>
    ({ connector: 'imap', connection: 'mail', do: verb, honoursKeys: false, with: given, through }) as Action;
  const frozen = (verb: string, fields: Record<string, string>, given: Action['with'] = {}) =>
    imap.prepare(action(verb, given), { ordinal: 1, fields });
  const apply = (request: Uint8Array, verb = 'move', signal = AbortSignal.timeout(30_000)): Promise<ApplyResult> =>
    imap.apply(
      {
        ...{
          batchId: randomUUID(),
          datasetId: randomUUID(),
          ordinal: 1,
          category: 'c',
          honoursKeys: false,
          request,
          idempotencyKey: 'k',
        },
        action: { connector: 'imap', connection: 'mail', do: verb, version: 1 },
      },
      signal,
    );
  const inspect = (request: Uint8Array) => imap.inspect({ request, idempotencyKey: 'k' }, AbortSignal.timeout(10_000));
  const undo = async (verb: string, given: Action['with'], request: Uint8Array, target: string | null) => {
    const done: Done = {
      datasetId: randomUUID(),
      ordinal: 1,
      action: action(verb, given),
      request,
      idempotencyKey: 'k',
      target,
      before: null,
      reason: null,
      undid: null,
    };
    const [one] = await imap.undo(undefined as never, [done]);
    if (!one) throw new Error('no undo');
    return one;
  };
  return { imap, live, action, frozen, apply, inspect, undo };
}

const fieldsOf = (messageId: string, uid: number | string, folder = 'INBOX', uidValidity = '7') => ({
  folder,
  uid: String(uid),
  uidValidity,
  messageId,
});
const idsIn = (server: Scripted, folder: string) => (server.folders.get(folder)?.mails ?? []).map(({ messageId }) => messageId);
const told = ({ result, ...rest }: ApplyResult) => `${result} ${'reason' in rest ? (rest.reason ?? '') : ''}`.trim();

afterAll(closeScripted);

let server: Scripted;
beforeEach(async () => {
  server = await scriptedServer();
});

describe('a move', () => {
  test('is one UID MOVE, whose receipt says where the mail is now, and undone from there', async () => {
    const { uid } = server.put('INBOX', 'one@x');
    const { frozen, apply, undo } = over(server);
    const request = frozen('move', fieldsOf('one@x', uid), { to: 'Archive' });
    const moved = await apply(request);
    expect(moved).toMatchObject({ result: 'succeeded', target: 'Archive;UIDVALIDITY=8;UID=501' });
    expect(idsIn(server, 'Archive')).toEqual(['one@x']);
    expect(server.heard.filter((line) => /EXPUNGE|COPY|STORE|CLOSE/i.test(line))).toEqual([]);
    const back = await undo('move', { to: 'Archive' }, request, 'Archive;UIDVALIDITY=8;UID=501');
    if ('cannot' in back) throw new Error(back.cannot);
    expect(await apply(back.request)).toMatchObject({ result: 'succeeded', target: 'INBOX;UIDVALIDITY=7;UID=2' });
    expect([idsIn(server, 'INBOX'), idsIn(server, 'Archive')]).toEqual([['one@x'], []]);
  });

  const REFUSALS: Partial<Record<Meeting, string>> = {
    no: 'failed imap_no',
    bad: 'failed imap_bad',
    'no-gone': 'failed imap_no',
    'no-busy': 'failed imap_busy',
  };
  test.each(Object.entries(MEETINGS))('that is met by %s is told as what is known of it', async (how, acted) => {
    const { uid } = server.put('INBOX', 'one@x');
    server.meet('UID MOVE', how as Meeting);
    const { frozen, apply, inspect } = over(server);
    const request = frozen('move', fieldsOf('one@x', uid), { to: 'Archive', timeoutMs: 1_000 });
    const answer = told(await apply(request));
    expect(idsIn(server, 'INBOX')).toEqual(acted ? [] : ['one@x']);
    // Only its own tagged NO or BAD is a refusal.
    expect(answer).toEqual(REFUSALS[how as Meeting] ?? expect.stringMatching(/^uncertain /));
    const found = await inspect(request);
    expect(found.finding).toBe(acted ? 'happened' : 'not_there');
    if (found.finding === 'happened') expect(found.target).toBe('Archive;UIDVALIDITY=8;UID=501');
  });

  test('that is called off after it was sent is uncertain, and before it never left', async () => {
    const { uid } = server.put('INBOX', 'one@x');
    server.meet('UID MOVE', 'act-silent');
    const { frozen, apply } = over(server);
    const request = frozen('move', fieldsOf('one@x', uid), { to: 'Archive' });
    const lost = new AbortController();
    const sent = apply(request, 'move', lost.signal);
    await expect.poll(() => idsIn(server, 'Archive'), { timeout: 60_000 }).toEqual(['one@x']);
    lost.abort();
    expect(told(await sent)).toBe('uncertain aborted');
    expect(told(await apply(request, 'move', AbortSignal.abort()))).toBe('failed not_sent');
  });

  test.each([
    ['to a folder that is not there', { to: 'Nowhere' }, 'one@x', 'failed no_such_folder'],
    ['to the folder that it is in', { to: 'INBOX' }, 'one@x', 'failed already_there'],
    ['of a mail that is gone', { to: 'Archive' }, 'gone@x', 'failed mail_not_found'],
    ['from a folder that is gone', { to: 'Archive', folder: 'Old' }, 'one@x', 'failed folder_gone'],
  ])('%s does nothing', async (_, given, messageId, answer) => {
    server.put('INBOX', 'one@x');
    const { frozen, apply } = over(server);
    expect(told(await apply(frozen('move', fieldsOf(messageId, messageId === 'gone@x' ? 99 : 1), given)))).toBe(answer);
    expect(idsIn(server, 'INBOX')).toEqual(['one@x']);
  });
});

describe('the mail', () => {
  test('is found again by its Message-ID where UIDs mean others now, letter by letter', async () => {
    server.put('INBOX', 'one@x');
    server.put('INBOX', 'one@x.org');
    const { frozen, apply } = over(server);
    expect(await apply(frozen('move', fieldsOf('one@x', 2, 'INBOX', '6'), { to: 'Archive' }))).toMatchObject({
      result: 'succeeded',
    });
    expect([idsIn(server, 'INBOX'), idsIn(server, 'Archive')]).toEqual([['one@x.org'], ['one@x']]);
  });

  test('that several may be, or another one is, is not touched', async () => {
    server.put('INBOX', 'two@x');
    server.put('INBOX', 'two@x');
    server.put('INBOX', 'other@x');
    const { frozen, apply } = over(server);
    const move = (messageId: string, uid: number, uidValidity?: string) =>
      apply(frozen('move', fieldsOf(messageId, uid, 'INBOX', uidValidity), { to: 'Archive' }));
    expect(told(await move('two@x', 1, '6'))).toBe('failed mail_ambiguous');
    expect(told(await move('two@x', 3))).toBe('failed mail_differs');
    expect(told(await move('two@x', 77))).toBe('failed mail_ambiguous');
    expect(server.heard.filter((line) => line.startsWith('UID MOVE'))).toEqual([]);
    expect(told(await move('two@x', 2))).toBe('succeeded');
  });

  test('without a Message-ID is known by its UID alone, and only while that means the same', async () => {
    server.put('INBOX', '');
    const { frozen, apply, inspect } = over(server);
    const renewed = frozen('move', fieldsOf('', 1, 'INBOX', '6'), { to: 'Archive' });
    expect(told(await apply(renewed))).toBe('failed mail_not_found');
    const request = frozen('move', fieldsOf('', 1), { to: 'Archive' });
    server.meet('UID MOVE', 'act-die');
    expect(told(await apply(request))).toBe('uncertain reset');
    expect(await inspect(request)).toEqual({ finding: 'unknown', reason: 'no_message_id' });
  });
});

describe('a look', () => {
  test('says nothing where the other folder has several, or neither has one', async () => {
    const { uid } = server.put('INBOX', 'one@x');
    server.put('Archive', 'one@x');
    const { frozen, inspect } = over(server);
    const request = frozen('move', fieldsOf('one@x', uid), { to: 'Archive' });
    // It is still where it was: an older copy elsewhere is no sign of a move.
    expect(await inspect(request)).toEqual({ finding: 'not_there' });
    server.folders.get('INBOX')?.mails.splice(0);
    server.put('Archive', 'one@x');
    expect(await inspect(request)).toEqual({ finding: 'unknown', reason: 'mail_ambiguous' });
    server.folders.get('Archive')?.mails.splice(0);
    expect(await inspect(request)).toEqual({ finding: 'unknown', reason: 'mail_not_found' });
  });
});

describe('marks', () => {
  test.each([
    ['flag', '\\Flagged', true, 'unflag'],
    ['unflag', '\\Flagged', false, 'flag'],
    ['read', '\\Seen', true, 'unread'],
    ['unread', '\\Seen', false, 'read'],
  ])('%s is one UID STORE, undone by its opposite; what was so already is left so', async (verb, flag, set, opposite) => {
    const mail = server.put('INBOX', 'one@x');
    if (!set) mail.flags.add(flag);
    const { frozen, apply, inspect, undo } = over(server);
    const request = frozen(verb, fieldsOf('one@x', mail.uid));
    expect(await inspect(request)).toEqual({ finding: 'not_there' });
    expect(await apply(request, verb)).toMatchObject({ result: 'succeeded', target: null });
    expect(mail.flags.has(flag)).toBe(set);
    expect(await inspect(request)).toEqual({ finding: 'happened', target: null });
    expect(await apply(request, verb)).toMatchObject({ result: 'succeeded', target: 'as it was' });
    expect(server.heard.filter((line) => line.startsWith('UID STORE'))).toHaveLength(1);
    const back = await undo(verb, {}, request, null);
    expect(back).toMatchObject({ action: { do: opposite } });
    expect(await undo(verb, {}, request, 'as it was')).toEqual({ cannot: 'it was so before, so nothing was changed' });
  });

  test('an OK that names no mail is uncertain', async () => {
    const { uid } = server.put('INBOX', 'one@x');
    server.meet('UID STORE', 'ok-idle');
    const { frozen, apply } = over(server);
    expect(told(await apply(frozen('flag', fieldsOf('one@x', uid)), 'flag'))).toBe('uncertain no_mail_named');
  });
});

describe('archive and trash', () => {
  test('go to the folders that the server names for them, and nowhere else', async () => {
    const [one, two] = [server.put('INBOX', 'one@x'), server.put('INBOX', 'two@x')];
    const { frozen, apply } = over(server);
    expect(await apply(frozen('archive', fieldsOf('one@x', one.uid)), 'archive')).toMatchObject({
      target: 'Archive;UIDVALIDITY=8;UID=501',
    });
    expect(await apply(frozen('delete', fieldsOf('two@x', two.uid)), 'delete')).toMatchObject({
      target: 'Trash;UIDVALIDITY=9;UID=901',
    });
    const bare = await scriptedServer();
    for (const kept of bare.folders.values()) kept.special = null;
    const { uid } = bare.put('INBOX', 'one@x');
    const other = over(bare);
    expect(told(await other.apply(other.frozen('archive', fieldsOf('one@x', uid)), 'archive'))).toBe('failed no_such_folder');
    expect(idsIn(bare, 'INBOX')).toEqual(['one@x']);
  });

  test('at Gmail, archiving takes the label of the inbox off, and its undo puts it back', async () => {
    const gmail = await scriptedServer({ capabilities: `${CAN_MOVE} X-GM-EXT-1` });
    gmail.folders.set('All', { uidValidity: 3, uidNext: 40, special: '\\All', mails: [] });
    const mail = gmail.put('INBOX', 'one@x');
    gmail.folders.get('All')?.mails.push(Object.assign(mail, { labels: new Set(['\\Inbox']) }));
    const { frozen, apply, inspect, undo } = over(gmail);
    const request = frozen('archive', fieldsOf('one@x', mail.uid));
    expect(await inspect(request)).toEqual({ finding: 'not_there' });
    expect(await apply(request, 'archive')).toMatchObject({ result: 'succeeded', target: 'by label' });
    expect([...mail.labels]).toEqual([]);
    expect(await inspect(request)).toEqual({ finding: 'happened', target: 'by label' });
    const back = await undo('archive', {}, request, 'by label');
    if ('cannot' in back) throw new Error(back.cannot);
    expect(await apply(back.request, 'unarchive')).toMatchObject({ result: 'succeeded', target: 'by label' });
    expect([...mail.labels]).toEqual(['\\Inbox']);
    expect(gmail.heard.filter((line) => line.startsWith('UID MOVE'))).toEqual([]);
  });
});

describe('a line', () => {
  const one = (options: ScriptedOptions) => scriptedServer(options);
  const moving = async (to: Scripted, given: Parameters<typeof over>[1] = {}) => {
    const { uid } = to.put('INBOX', 'one@x');
    const { frozen, apply } = over(to, given);
    return apply(frozen('move', fieldsOf('one@x', uid), { to: 'Archive' }));
  };

  test('that can’t be opened, or signed in on, has sent nothing', async () => {
    expect(told(await moving(server, { password: 'wrong-horse' }))).toBe('failed credentials_refused');
    expect(told(await moving(await one({ refuses: 'NO [LIMIT] too many of you' })))).toBe('failed imap_busy');
    expect(told(await moving(await one({ capabilities: 'IMAP4rev1 MOVE' })))).toBe('failed no_move');
    expect(told(await moving(await one({ capabilities: 'IMAP4rev1 UIDPLUS' })))).toBe('failed no_move');
    // STARTTLS that a server does not offer, or somebody between takes out, is not done without.
    expect(told(await moving(server, { address: `imap://127.0.0.1:${server.port}` }))).toBe('failed tls');
    expect(server.heard.filter((line) => line.startsWith('LOGIN'))).toHaveLength(1);
  });

  test.each(['tls', 'starttls'] as const)('is kept from others by %s, of a server that is who it says', async (how) => {
    const secured = await one({ tls: { ...CERTIFICATE, how } });
    const address = `${how === 'tls' ? 'imaps' : 'imap'}://localhost:${secured.port}`;
    expect(told(await moving(secured, { address }))).toBe('failed tls');
    expect(secured.heard.filter((line) => line.startsWith('LOGIN'))).toEqual([]);
    secured.folders.get('INBOX')?.mails.splice(0);
    expect(told(await moving(secured, { address, ca: CERTIFICATE.cert }))).toBe('succeeded');
  });

  test('goes where it was approved, and for whom', async () => {
    const { uid } = server.put('INBOX', 'one@x');
    const { frozen, apply, live } = over(server);
    const request = frozen('move', fieldsOf('one@x', uid), { to: 'Archive' });
    live.auth = { kind: 'basic', username: 'bo' };
    expect(told(await apply(request))).toBe('failed connection_changed');
    expect(server.heard).toEqual([]);
  });

  test('is not opened to private addresses, and not without TLS, unless whoever runs this says so', async () => {
    const address = `imap+plain://127.0.0.1:${server.port}`;
    const check = (given: string, allowed: string[] = []) => {
      const imap = makeImap({ allowPrivateTargets: () => false, targetsAllowed: () => allowed, connections: async () => null });
      const declared = { keys: { honoured: false, forHours: null }, inspect: null, success: null, permanent: false };
      try {
        return imap.connections?.check({
          address: given,
          auth: { kind: 'basic', username: 'ada' },
          declared,
          secrets: { password: SECRET },
        }).address;
      } catch (error) {
        return String((error as Error).message);
      }
    };
    expect(check(address, [`127.0.0.1:${server.port}`])).toBe(address);
    expect(check(address)).toMatch(/^Without TLS the password could be read .* TARGETS_ALLOWED=127/);
    expect(check('imap+plain://mail.example.org')).toMatch(/^Without TLS/);
    expect(check('imaps://127.0.0.1')).toMatch(/loopback address.*TARGETS_ALLOWED=127\.0\.0\.1:993/);
    expect(check('IMAPS://Mail.Example.ORG/')).toBe('imaps://mail.example.org:993');
    for (const wrong of [
      'https://mail.example.org',
      'imaps://ada:pw@mail.example.org',
      'imaps://mail.example.org/INBOX',
      'mail.example.org',
      'imaps://a b',
    ])
      expect(check(wrong)).toMatch(/^This is not the address of a mail server/);
  });

  test('goes to no private address, whatever a name leads to', async () => {
    const { live } = over(server);
    const led: string[] = [];
    const imap = makeImap({
      ...{ allowPrivateTargets: () => false, targetsAllowed: () => [], connections: async () => live },
      resolve: (name, _options, done) => {
        led.push(name);
        done(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    for (const scheme of ['imaps', 'imap']) {
      live.address = `${scheme}://mail.example.org:${server.port}`;
      expect(await imap.connections?.test(live, { method: 'GET', path: '', key: '' }, AbortSignal.timeout(10_000))).toEqual({
        ok: false,
        reason: expect.stringMatching(/address is private/),
      });
    }
    expect([led, server.heard]).toEqual([['mail.example.org', 'mail.example.org'], []]);
  });

  test('tells what it can and which folders there are, and lets no secret out', async () => {
    const { imap, live } = over(server);
    const said = await imap.connections?.test(live, { method: 'GET', path: '', key: '' }, AbortSignal.timeout(10_000));
    expect(said).toEqual({
      ok: true,
      reason: 'Signed in. MOVE, UIDPLUS, SPECIAL-USE. Archives to “Archive”. Deletes to “Trash”.',
      offers: { places: ['INBOX', 'Archive', 'Trash'] },
    });
    const bare = await one({ capabilities: 'IMAP4rev1' });
    const poor = over(bare);
    expect(
      await poor.imap.connections?.test(poor.live, { method: 'GET', path: '', key: '' }, AbortSignal.timeout(10_000)),
    ).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/lacks MOVE and UIDPLUS/),
    });
  });
});

test('a request says all that is sent, and no secret', () => {
  const { imap, frozen, live } = over(server);
  const request = frozen('move', fieldsOf('<one@x>', 3), { to: 'Arch \u00e4' });
  expect(JSON.parse(Buffer.from(request).toString())).toEqual({
    ...{ do: 'move', command: 'UID MOVE', to: { path: 'Arch \u00e4' }, timeoutMs: 30_000 },
    mail: { in: { path: 'INBOX' }, uid: '3', uidValidity: '7', messageId: 'one@x' },
    via: { connection: 'mail', id: ID, revision, address: live.address, auth: live.auth, secret: `secret:${live.secretId}` },
  });
  expect(JSON.stringify(imap.describe({ do: 'move', request, idempotencyKey: null }))).not.toContain(SECRET);
  expect(imap.targetOf(request)).toBe(`mail at ${live.address}`);
  expect(imap.targetFault(imap.targetOf(request) ?? '', 'credentials_refused')).toBe(
    `mail (127.0.0.1:${server.port}) refuses our credentials`,
  );
});

test.each([
  [{}, { to: 'A' }, null],
  [{ connection: null, through: undefined }, { to: 'A' }, 'connection'],
  [{ honoursKeys: true }, { to: 'A' }, 'honoursKeys'],
  [{}, { to: '' }, 'with.to'],
  [{}, { to: 'A/{{subject}}' }, 'with.to'],
  [{ do: 'archive' }, { to: 'A' }, 'with.to'],
  [{ do: 'expunge' }, {}, 'do'],
  [{}, { to: 'A', folder: '{{nothing}}' }, 'with.folder'],
])('an action %j with %j is refused at %s', (part, given, path) => {
  const { imap, action } = over(server);
  const check = () =>
    imap.check({ ...action('move', given), ...part } as Action, ['folder', 'uid', 'uidValidity', 'messageId', 'subject']);
  if (path === null) return expect(check()).toBeUndefined();
  expect(check).toThrow(expect.objectContaining({ problems: expect.arrayContaining([expect.objectContaining({ path })]) }));
});

test('rows that do not say where a mail is, or which one it is, are told before anything is planned', () => {
  const { imap, action, frozen } = over(server);
  expect(() => imap.check(action('archive'), ['messageId'])).toThrow('These rows do not say which folder a mail is in.');
  expect(() => imap.check(action('archive', { folder: 'INBOX' }), ['subject'])).toThrow('no Message-ID and no UID');
  expect(() => imap.check(action('archive', { folder: 'INBOX' }), ['messageId'])).not.toThrow();
  expect(() => frozen('archive', { folder: 'INBOX', messageId: '' })).toThrow('it could not be found');
  expect(() => frozen('archive', fieldsOf('a@x', 1, 'IN\r\nBOX'))).toThrow('control characters');
});

describe('an access token', () => {
  const of = (tokenUrl: string): LiveConnection['auth'] => ({
    ...{ kind: 'oauth2', tokenUrl, clientId: 'client', scope: 'mail', username: 'ada', grant: 'refresh_token' },
  });
  const taking = (capabilities: string, taken: RegExp) =>
    scriptedServer({ capabilities: `${CAN_MOVE} ${capabilities}`, takesToken: (token) => taken.test(token) });

  test.each(['AUTH=XOAUTH2 SASL-IR', 'AUTH=OAUTHBEARER SASL-IR'])(
    'opens a mailbox that says %s, fetched once for all its lines',
    async (how) => {
      let given = 0;
      const giver = await listener((_request, response) => {
        given += 1;
        response.end(JSON.stringify({ access_token: `access-${given}-token`, token_type: 'Bearer', expires_in: 3600 }));
      });
      let taken = /^access-1-/;
      const mail = await scriptedServer({ capabilities: `${CAN_MOVE} ${how}`, takesToken: (token) => taken.test(token) });
      const [one, two] = [mail.put('INBOX', 'one@x'), mail.put('INBOX', 'two@x')];
      const { apply, frozen, imap, live } = over(mail, {
        auth: of(`${giver.url}/token`),
        secret: { refreshToken: 'refresh~canary' },
      });
      const moves = [one, two].map(({ messageId, uid }) => frozen('move', fieldsOf(messageId, uid), { to: 'Archive' }));
      const first = await Promise.all(moves.map((request) => apply(request)));
      expect(first.map(told)).toEqual(['succeeded', 'succeeded']);
      expect([given, giver.reached[0]?.body]).toEqual([
        1,
        'grant_type=refresh_token&refresh_token=refresh%7Ecanary&scope=mail&client_id=client',
      ]);
      expect(
        JSON.stringify([first, imap.describe({ do: 'move', request: moves[0] as Uint8Array, idempotencyKey: null })]),
      ).not.toMatch(/access-1-token|canary/);
      // It ended early, at a line that was open no longer: another is fetched, for the next attempt.
      taken = /^access-2-/;
      const test = () => imap.connections?.test(live, { method: 'GET', path: '', key: '' }, AbortSignal.timeout(10_000));
      expect(await test()).toMatchObject({ ok: false, reason: expect.stringContaining('did not accept the access token') });
      expect(await test()).toMatchObject({ ok: true });
      expect(given).toBe(2);
    },
  );

  test('that nobody gives, or no server takes, has sent nothing, and says which', async () => {
    const refusing = await listener((_request, response) => response.writeHead(400).end('{"error":"invalid_grant"}'));
    const giver = await listener((_request, response) => response.end('{"access_token":"access-1-token"}'));
    const secret = { refreshToken: 'refresh~canary', clientSecret: 'client~canary' };
    const why = async (mail: Scripted, tokenUrl: string): Promise<string> => {
      const { uid } = mail.put('INBOX', 'one@x');
      const { apply, frozen } = over(mail, { auth: of(tokenUrl), secret });
      return told(await apply(frozen('move', fieldsOf('one@x', uid), { to: 'Archive' })));
    };
    expect(await why(await taking('AUTH=XOAUTH2 SASL-IR', /./), `${refusing.url}/token`)).toBe('failed credentials_refused');
    expect(await why(await taking('AUTH=XOAUTH2 SASL-IR', /never/), `${giver.url}/token`)).toBe('failed credentials_refused');
    expect(await why(await taking('AUTH=PLAIN', /./), `${giver.url}/token`)).toBe('failed imap_no_tokens');
    expect(giver.reached[0]?.headers.authorization).toBe(`Basic ${Buffer.from('client:client%7Ecanary').toString('base64')}`);
  });

  test('is asked for where its address says, of whom the connection names, with the secrets that it has', async () => {
    const guarded = makeImap({ allowPrivateTargets: () => false, targetsAllowed: () => [], connections: async () => null });
    const wrong = (auth: LiveConnection['auth'], secrets: Record<string, string> | null) => {
      const declared = { keys: { honoured: false, forHours: null }, inspect: null, success: null, permanent: false };
      try {
        guarded.connections?.check({ address: 'imaps://mail.example', auth, declared, secrets });
        return [];
      } catch (error) {
        return (error as CountersignError).problems?.map(({ path }) => path);
      }
    };
    const good = of('https://login.example/token');
    expect(wrong(good, { refreshToken: 'a-refresh-token' })).toEqual([]);
    expect(wrong(good, { refreshToken: 'a-refresh-token', clientSecret: 'a-client-secret' })).toEqual([]);
    expect(wrong(good, { clientSecret: 'a-client-secret' })).toEqual(['secrets.refreshToken']);
    expect(wrong(good, { refreshToken: 'a-refresh-token', password: 'a-password' })).toEqual(['secrets.password']);
    const { username: _, ...nobody } = good as Extract<LiveConnection['auth'], { kind: 'oauth2' }>;
    expect(wrong(nobody, { refreshToken: 'a-refresh-token' })).toEqual(['auth.username']);
    expect(wrong(of('http://login.example/token'), null)).toEqual(['auth.tokenUrl']);
    expect(wrong(of('https://10.0.0.7/token'), null)).toEqual(['auth.tokenUrl']);
    expect(wrong({ kind: 'bearer' }, null)).toEqual(['auth.kind']);
  });
});
