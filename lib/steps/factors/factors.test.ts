/** Second factors, from setting one up to the receipt that names it; and what somebody who should not get through tries. */
import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { createOTP } from '@better-auth/utils/otp';
import { hashPassword, symmetricDecrypt } from 'better-auth/crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { auth } from '#lib/auth/auth.ts';
import { asksForCode, type Cookie, signIn, signInWithCode, signInWithPasskey } from '#lib/auth/sign-in.ts';
import { currentActor } from '#lib/auth/who.ts';
import { FACTOR_ANSWER_MINUTES, FACTOR_TRIES_PER_ACCOUNT, PROOF_MINUTES } from '#lib/core/limits.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { type DecisionBody, readReceipt } from '#lib/ledger/receipt.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { acceptResetLink } from '#lib/steps/people/accept-reset-link.ts';
import { makeResetLink } from '#lib/steps/people/make-reset-link.ts';
import { resetFactors } from '#lib/steps/people/reset-factors.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { insertPasskey } from '#lib/store/people/factors.ts';
import { db } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { giveFactor } from './give-factor.ts';
import { beginOwnApp, confirmOwnApp, makeOwnBackupCodes, removeOwnApp } from './own-app.ts';
import { addOwnPasskey, beginOwnPasskey, listFactors, removeOwnPasskey } from './own-passkeys.ts';
import { beginProof, prove } from './prove.ts';
import { readStepUp } from './step-up.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';

const SITE = { host: 'localhost:3000', origin: 'http://localhost:3000' };
const PASSWORD = 'correct horse battery';
const passwordHash = await hashPassword(PASSWORD);
const KEY: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };
const refusal = (code: string, more: object = {}) => expect.objectContaining({ code, ...more });
const cookieHeader = (cookies: Cookie[]) => cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ');

type Person = { id: string; email: string; actor: Actor; headers: Headers };

/** Somebody who has just signed in. */
async function person(role: Role = 'reviewer'): Promise<Person> {
  const { id, email } = await somebody(role, 'Bo', passwordHash);
  const headers = new Headers({ ...SITE, cookie: await sessionOf(id) });
  return { id, email, headers, actor: (await currentActor(headers)) as Actor };
}

const keyOf = (uri: string) => new URL(uri).searchParams.get('secret') ?? '';
/** As an app computes it from what it was shown, so many half minutes from now. */
async function codeOf(typed: string, later = 0): Promise<string> {
  const bits = [...typed].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  return createOTP(bytes.toString()).hotp(Math.floor(Date.now() / 30_000) + later);
}

/** With an app, whose code of now is used up. */
async function withApp(role?: Role): Promise<Person & { typed: string; used: string; codes: string[] }> {
  const bo = await person(role);
  const { typed, uri } = await beginOwnApp(bo.actor, {});
  expect(keyOf(uri)).toBe(typed);
  const used = await codeOf(typed);
  const { codes } = await confirmOwnApp(bo.actor, { code: used }, bo.headers);
  return { ...bo, typed, used, codes };
}

/** What was proved is so many minutes old. */
const age = (minutes: number) => pool.query(`UPDATE session SET proven_at = proven_at - make_interval(mins => $1)`, [minutes]);
const told = async (id: string) =>
  (
    await pool.query<{ kind: string }>(`SELECT kind FROM security_event WHERE $1 IN ("by", about) ORDER BY id`, [`user:${id}`])
  ).rows.map(({ kind }) => kind);

async function waiting(plan: object = { version: 2, gates: { stepUp: true } }) {
  const { batchId } = await seedBatch(pool, {
    plan: { execution: { first: 0 }, ...plan } as never,
    chunks: [{ state: 'awaiting_review', items: [{ fields: { subject: 'mail' }, category: 'noise' }] }],
  });
  const digest = (await readCheckpoint(KEY, { batchId, chunk: 1 }))?.digest ?? '';
  return {
    batchId,
    approve: (actor: Actor) => decide(actor, { batchId, chunks: [{ number: 1, digest, seen: [1] }], execute: true }),
  };
}
async function factorIn(batchId: string): Promise<unknown> {
  const { rows } = await pool.query<{ body: Buffer }>(`SELECT body FROM receipt WHERE batch_id = $1 AND kind = 'decision'`, [
    batchId,
  ]);
  return rows.map(({ body }) => (readReceipt(body) as DecisionBody & { factor: unknown }).factor);
}

beforeEach(async () => {
  await pool.query('DELETE FROM sign_in_try');
  Object.assign(globalThis, { countersignEnv: undefined });
  delete process.env.STEP_UP;
  delete process.env.STEP_UP_PASSWORD;
  delete process.env.SECOND_FACTOR_FOR;
});

describe('an authenticator app', () => {
  it('is asked for at the sign-in, which gives no session before it; its secret is not legible in the database', async () => {
    const { email, id, typed } = await withApp();
    const { rows } = await pool.query(`SELECT secret, backup_codes FROM two_factor WHERE user_id = $1`, [id]);
    expect(JSON.stringify(rows)).not.toContain(typed);
    const { secretConfig: key } = await auth().$context;
    expect((await symmetricDecrypt({ key, data: rows[0].secret })).length).toBe(32);
    const before = (await pool.query('SELECT FROM session WHERE user_id = $1', [id])).rowCount;
    const half = await signIn({ email, password: PASSWORD }, new Headers(SITE));
    expect(asksForCode(half)).toBe(true);
    const cookie = cookieHeader(half);
    expect(await currentActor(new Headers({ cookie }))).toBeNull();
    expect((await pool.query('SELECT FROM session WHERE user_id = $1', [id])).rowCount).toBe(before);
    expect((await told(id)).at(-1)).toBe('code_asked');
    const waits = new Headers({ ...SITE, cookie });
    await expect(signInWithCode({ code: '000000' }, waits)).rejects.toThrow(refusal('invalid'));
    // Who is signed in beside it gives no code for somebody else.
    const mallory = await withApp();
    const both = new Headers({ ...SITE, cookie: `${cookie}; ${mallory.headers.get('cookie')}` });
    await expect(signInWithCode({ code: await codeOf(mallory.typed, 1) }, both)).rejects.toThrow(refusal('invalid'));
    const whole = await signInWithCode({ code: ` ${(await codeOf(typed, 1)).replace(/^.../, '$& ')} ` }, waits);
    expect(asksForCode(whole)).toBe(false);
    expect(await currentActor(new Headers({ cookie: cookieHeader(whole) }))).toMatchObject({ id: `user:${id}` });
    expect((await told(id)).slice(-3)).toEqual(['factor_failed', 'factor_failed', 'sign_in']);
    // The cookie that waited is used up, and somebody else's session is no way around it.
    await expect(signInWithCode({ code: await codeOf(typed, -1) }, waits)).rejects.toThrow(refusal('unauthenticated'));
    const { headers } = await person();
    await expect(signInWithCode({ code: await codeOf(typed, -1) }, headers)).rejects.toThrow(refusal('unauthenticated'));
  });

  it('takes a code once, wherever it was given; and a backup code once, in the place of one', async () => {
    const { actor, headers, typed, used, codes, email } = await withApp();
    await expect(prove(actor, { code: used }, headers)).rejects.toThrow(refusal('invalid'));
    const next = await codeOf(typed, 1);
    await prove(actor, { code: next }, headers);
    await expect(prove(actor, { code: next }, headers)).rejects.toThrow(refusal('invalid'));
    expect(new Set(codes).size).toBe(10);
    const [one = '', other = ''] = codes;
    expect(await prove(actor, { code: one.toUpperCase() }, headers)).toEqual({ factor: 'totp' });
    await expect(prove(actor, { code: one }, headers)).rejects.toThrow(refusal('invalid'));
    const waits = new Headers({ ...SITE, cookie: cookieHeader(await signIn({ email, password: PASSWORD }, new Headers(SITE))) });
    expect(asksForCode(await signInWithCode({ code: other }, waits))).toBe(false);
    const { codes: anew } = await makeOwnBackupCodes(actor, {});
    await expect(prove(actor, { code: codes[2] ?? '' }, headers)).rejects.toThrow(refusal('invalid'));
    expect(await prove(actor, { code: anew[2] ?? '' }, headers)).toEqual({ factor: 'totp' });
  });

  it('locks after so many wrong codes, all places together; then the right one is refused too, and the log has it', async () => {
    const { actor, headers, typed, email, id } = await withApp();
    const waits = new Headers({ ...SITE, cookie: cookieHeader(await signIn({ email, password: PASSWORD }, new Headers(SITE))) });
    for (let guess = 0; guess < FACTOR_TRIES_PER_ACCOUNT; guess += 1) {
      const code = String(guess).padStart(6, '0');
      await expect(guess % 3 === 0 ? signInWithCode({ code }, waits) : prove(actor, { code }, headers)).rejects.toThrow(
        refusal('invalid'),
      );
    }
    await expect(prove(actor, { code: await codeOf(typed, 1) }, headers)).rejects.toThrow(refusal('locked'));
    await expect(signInWithCode({ code: await codeOf(typed, 1) }, waits)).rejects.toThrow(refusal('locked'));
    expect(new Set(await told(id))).toEqual(new Set(['factor_set', 'code_asked', 'factor_failed', 'factor_locked', 'sign_in']));
  });

  it('is set up and removed only by whoever just proved who they are: at first with the password, then with the factor', async () => {
    const bo = await person();
    await age(PROOF_MINUTES + 1);
    await expect(beginOwnApp(bo.actor, {})).rejects.toThrow(refusal('unproven', { facts: { proof: ['password'] } }));
    await expect(prove(bo.actor, { password: 'not this one' }, bo.headers)).rejects.toThrow(refusal('invalid'));
    await prove(bo.actor, { password: PASSWORD }, bo.headers);
    const { typed } = await beginOwnApp(bo.actor, {});
    await expect(confirmOwnApp(bo.actor, { code: '123456' }, bo.headers)).rejects.toThrow(refusal('invalid'));
    // Nothing is asked for before a code of it was given.
    expect(asksForCode(await signIn({ email: bo.email, password: PASSWORD }, new Headers(SITE)))).toBe(false);
    await confirmOwnApp(bo.actor, { code: await codeOf(typed) }, bo.headers);
    expect((await pool.query('SELECT FROM session WHERE user_id = $1', [bo.id])).rowCount).toBe(1);
    await age(PROOF_MINUTES + 1);
    await prove(bo.actor, { password: PASSWORD }, bo.headers);
    await expect(removeOwnApp(bo.actor, {})).rejects.toThrow(refusal('unproven', { facts: { proof: ['totp'] } }));
    await expect(beginOwnApp(bo.actor, {})).rejects.toThrow(refusal('unproven'));
    await prove(bo.actor, { code: await codeOf(typed, 1) }, bo.headers);
    await expect(beginOwnApp(bo.actor, {})).rejects.toThrow(refusal('conflict'));
    await removeOwnApp(bo.actor, {});
    expect(await listFactors(bo.actor)).toEqual({ app: false, passkeys: [] });
    expect(asksForCode(await signIn({ email: bo.email, password: PASSWORD }, new Headers(SITE)))).toBe(false);
  });

  it('is asked for after a reset of the password too', async () => {
    const bo = await withApp();
    const { path } = await makeResetLink(KEY, { personId: bo.id });
    const anew = 'another horse battery';
    await acceptResetLink({ token: path.split('=')[1] ?? '', password: anew });
    const half = await signIn({ email: bo.email, password: anew }, new Headers(SITE));
    expect(asksForCode(half)).toBe(true);
    expect(await currentActor(new Headers({ cookie: cookieHeader(half) }))).toBeNull();
  });

  it('is reset by an admin, never by oneself, with the sessions that it began', async () => {
    const ada = await person('admin');
    const bo = await withApp();
    await expect(resetFactors(ada.actor, { personId: ada.id })).rejects.toThrow(refusal('conflict'));
    await expect(resetFactors(bo.actor, { personId: ada.id })).rejects.toThrow(refusal('forbidden'));
    await resetFactors(ada.actor, { personId: bo.id });
    await resetFactors(ada.actor, { personId: bo.id });
    expect(await currentActor(bo.headers)).toBeNull();
    expect((await told(bo.id)).filter((kind) => kind === 'factor_reset')).toHaveLength(1);
    expect(asksForCode(await signIn({ email: bo.email, password: PASSWORD }, new Headers(SITE)))).toBe(false);
  });
});

describe('where a plan asks for a second factor', () => {
  it('nobody approves without; whoever just gave one does, for so many minutes of that session, and the receipt names it', async () => {
    const cy = await person();
    const [one, two, three] = [await waiting(), await waiting(), await waiting()];
    await expect(one.approve(cy.actor)).rejects.toThrow(refusal('unproven', { facts: { proof: [] } }));
    expect(await readStepUp(cy.actor, one)).toEqual({ asked: true, proven: false, can: [] });
    const bo = await withApp();
    await one.approve(bo.actor);
    const elsewhere = await currentActor(new Headers({ cookie: await sessionOf(bo.id) }));
    await expect(two.approve(elsewhere as Actor)).rejects.toThrow(refusal('unproven', { facts: { proof: ['totp'] } }));
    await age(PROOF_MINUTES + 1);
    expect(await readStepUp(bo.actor, two)).toEqual({ asked: true, proven: false, can: ['totp'] });
    await expect(two.approve(bo.actor)).rejects.toThrow(refusal('unproven'));
    await prove(bo.actor, { password: PASSWORD }, bo.headers);
    await expect(two.approve(bo.actor)).rejects.toThrow(refusal('unproven'));
    await prove(bo.actor, { code: await codeOf(bo.typed, 1) }, bo.headers);
    await two.approve(bo.actor);
    expect([await factorIn(one.batchId), await factorIn(two.batchId)]).toEqual([['totp'], ['totp']]);
    await expect(three.approve(KEY)).rejects.toThrow(refusal('forbidden', { message: expect.stringContaining('API key can’t') }));
    await expect(three.approve({ ...bo.actor, via: 'api', session: undefined } as never)).rejects.toThrow(refusal('forbidden'));
    expect(await factorIn(three.batchId)).toEqual([]);
  });

  it('answers for what is uncertain are asked for it too', async () => {
    const { batchId } = await seedBatch(pool, {
      plan: { version: 2, gates: { stepUp: true } } as never,
      chunks: [{ state: 'unresolved', items: [{ fields: { subject: 'a' }, category: 'noise', outcome: 'uncertain' } as never] }],
    });
    const bo = await person();
    for (const answer of ['happened', 'did_not', 'abandon', 'ask'] as const)
      await expect(answerUncertain(bo.actor, { batchId, ordinals: [1], answer })).rejects.toThrow(refusal('unproven'));
    await expect(answerUncertain(KEY, { batchId, ordinals: [1], answer: 'happened' })).rejects.toThrow(refusal('forbidden'));
    expect(await answerUncertain(bo.actor, { batchId, ordinals: [1], answer: 'later' })).toMatchObject({ answered: 0 });
  });

  it('the installation may ask everywhere, and may say that the password is enough', async () => {
    const bo = await person();
    const quiet = await waiting({});
    process.env.STEP_UP = '1';
    Object.assign(globalThis, { countersignEnv: undefined });
    await expect(quiet.approve(bo.actor)).rejects.toThrow(refusal('unproven', { facts: { proof: [] } }));
    process.env.STEP_UP_PASSWORD = '1';
    Object.assign(globalThis, { countersignEnv: undefined });
    await age(PROOF_MINUTES + 1);
    await expect(quiet.approve(bo.actor)).rejects.toThrow(refusal('unproven', { facts: { proof: ['password'] } }));
    await prove(bo.actor, { password: PASSWORD }, bo.headers);
    await quiet.approve(bo.actor);
    expect(await factorIn(quiet.batchId)).toEqual(['password']);
  });

  it('a key that decides where nobody asks leaves no factor', async () => {
    const quiet = await waiting({});
    await quiet.approve(KEY);
    expect(await factorIn(quiet.batchId)).toEqual([null]);
  });
});

/** A device of P-256 (WebAuthn, 6.5.1), which signs what it is told to. */
function device(userId: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const cose = Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ]);
  const id = randomBytes(16).toString('base64url');
  let counter = 0;
  const authData = (host: string, flags: number, more = Buffer.alloc(0)) => {
    const count = Buffer.alloc(4);
    counter += 1;
    count.writeUInt32BE(counter);
    return Buffer.concat([createHash('sha256').update(host).digest(), Buffer.from([flags]), count, more]);
  };
  const client = (type: string, challenge: string, origin: string) => Buffer.from(JSON.stringify({ type, challenge, origin }));
  return {
    id,
    cose,
    make(challenge: string, { host = 'localhost', origin = SITE.origin } = {}) {
      const length = Buffer.from([0, 16]);
      const data = authData(host, 0x45, Buffer.concat([Buffer.alloc(16), length, Buffer.from(id, 'base64url'), cose]));
      const head = Buffer.from(`a363666d74646e6f6e656761747453746d74a068617574684461746158${data.length.toString(16)}`, 'hex');
      const attestationObject = Buffer.concat([head, data]).toString('base64url');
      const clientDataJSON = client('webauthn.create', challenge, origin).toString('base64url');
      return {
        id,
        rawId: id,
        type: 'public-key' as const,
        response: { clientDataJSON, attestationObject, transports: ['internal'] },
      };
    },
    use(challenge: string, { host = 'localhost', origin = SITE.origin, flags = 0x05, whose = userId } = {}) {
      const data = authData(host, flags);
      const json = client('webauthn.get', challenge, origin);
      const signed = Buffer.concat([data, createHash('sha256').update(json).digest()]);
      return {
        ...{ id, rawId: id, type: 'public-key' as const },
        response: {
          ...{ clientDataJSON: json.toString('base64url'), authenticatorData: data.toString('base64url') },
          ...{ signature: sign('sha256', signed, privateKey).toString('base64url') },
          userHandle: Buffer.from(whose).toString('base64url'),
        },
      };
    },
  };
}

async function withPasskey() {
  const bo = await person();
  const own = device(bo.id);
  const { challenge } = await beginOwnPasskey(bo.actor, {}, bo.headers);
  await addOwnPasskey(bo.actor, { name: 'Laptop', passkey: own.make(challenge) }, bo.headers);
  return { ...bo, own };
}

describe('a passkey', () => {
  it('signs in, proves, and is removed with the factor', async () => {
    const { actor, headers, id, own } = await withPasskey();
    await age(PROOF_MINUTES + 1);
    const { approve, batchId } = await waiting();
    await expect(approve(actor)).rejects.toThrow(refusal('unproven', { facts: { proof: ['passkey'] } }));
    const asked = await beginProof(actor, {}, headers);
    expect(asked.allowCredentials?.map((one) => one.id)).toEqual([own.id]);
    await prove(actor, { passkey: own.use(asked.challenge) }, headers);
    await approve(actor);
    expect(await factorIn(batchId)).toEqual(['passkey']);
    const signsIn = await import('#lib/auth/passkeys.ts').then(({ askForOne }) =>
      askForOne({ purpose: 'sign-in', whose: null }, [], new Headers(SITE)),
    );
    expect(signsIn.allowCredentials).toBeUndefined();
    const cookies = await signInWithPasskey(own.use(signsIn.challenge), new Headers(SITE));
    expect(await currentActor(new Headers({ cookie: cookieHeader(cookies) }))).toMatchObject({ id: `user:${id}` });
    expect((await told(id)).slice(-2)).toEqual(['proof_given', 'sign_in']);
    const [passkey] = (await listFactors(actor)).passkeys;
    expect(passkey).toMatchObject({ name: 'Laptop', host: 'localhost' });
    const other = await person();
    await expect(removeOwnPasskey(other.actor, { passkeyId: passkey?.id ?? '' })).rejects.toThrow(refusal('not_found'));
    await removeOwnPasskey(actor, { passkeyId: passkey?.id ?? '' });
    await expect(signInWithPasskey(own.use(signsIn.challenge), new Headers(SITE))).rejects.toThrow(refusal('invalid'));
  });

  it('proves nothing with what was signed elsewhere, for something or somebody else, unlocked by nobody, too late, or a second time', async () => {
    const { actor, headers, own, id } = await withPasskey();
    const mallory = await withPasskey();
    const challenge = async () => (await beginProof(actor, {}, headers)).challenge;
    const { askForOne } = await import('#lib/auth/passkeys.ts');
    const signIns = (await askForOne({ purpose: 'sign-in', whose: null }, [], headers)).challenge;
    const theirs = (await beginProof(mallory.actor, {}, mallory.headers)).challenge;
    const wrong = [
      own.use(await challenge(), { host: 'evil.example' }),
      own.use(await challenge(), { origin: 'https://evil.example' }),
      own.use(await challenge(), { flags: 0x01 }),
      own.use(await challenge(), { whose: mallory.id }),
      own.use(signIns),
      own.use(theirs),
      own.use(randomBytes(54).toString('base64url')),
      mallory.own.use(await challenge()),
      { ...own.use(await challenge()), id: mallory.own.id },
      device(id).use(await challenge()),
    ];
    for (const passkey of wrong) await expect(prove(actor, { passkey }, headers)).rejects.toThrow(refusal('invalid'));
    const late = own.use(await challenge());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + (FACTOR_ANSWER_MINUTES * 60 + 1) * 1_000 });
    await expect(prove(actor, { passkey: late }, headers)).rejects.toThrow(refusal('invalid'));
    vi.useRealTimers();
    const right = own.use(await challenge());
    expect(await prove(actor, { passkey: right }, headers)).toEqual({ factor: 'passkey' });
    await expect(prove(actor, { passkey: right }, headers)).rejects.toThrow(refusal('invalid'));
    expect((await told(id)).filter((kind) => kind === 'factor_failed').length).toBeGreaterThan(5);
  });

  it('is not taken from somebody who did not just prove who they are, nor under a number, nor twice', async () => {
    const bo = await person();
    const { challenge } = await beginOwnPasskey(bo.actor, {}, bo.headers);
    const passkey = device(bo.id).make(challenge);
    const number = new Headers({ ...Object.fromEntries(bo.headers), host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' });
    await expect(beginOwnPasskey(bo.actor, {}, number)).rejects.toThrow(
      refusal('conflict', { message: expect.stringContaining('localhost') }),
    );
    await age(PROOF_MINUTES + 1);
    await expect(beginOwnPasskey(bo.actor, {}, bo.headers)).rejects.toThrow(refusal('unproven'));
    await expect(addOwnPasskey(bo.actor, { name: 'x', passkey }, bo.headers)).rejects.toThrow(refusal('unproven'));
    expect((await listFactors(bo.actor)).passkeys).toEqual([]);
    const { own, id } = await withPasskey();
    const copy = { credentialId: own.id, publicKey: new Uint8Array(own.cose), counter: 0n, transports: [], rpId: 'x', name: 'x' };
    expect(await insertPasskey(db(), { ...copy, userId: id })).toBe(false);
  });
});

describe('where a role has to have a second factor', () => {
  const asksFor = (who: string) => {
    process.env.SECOND_FACTOR_FOR = who;
    Object.assign(globalThis, { countersignEnv: undefined });
  };
  // Other files of this process are about other things.
  afterEach(() => {
    delete process.env.SECOND_FACTOR_FOR;
    Object.assign(globalThis, { countersignEnv: undefined });
  });
  const again = async ({ headers }: Person) => (await currentActor(headers)) as Actor;

  it('a session that began with the password gets at the account alone, until a factor is set up in it', async () => {
    const [bo, other] = [await person(), await person('auditor')];
    asksFor('admin, reviewer');
    const held = await again(bo);
    expect([held.held, (await again(other)).held]).toEqual([true, undefined]);
    const { approve } = await waiting();
    await expect(approve(held)).rejects.toThrow(refusal('forbidden', { message: expect.stringContaining('second factor') }));
    await expect(readStepUp(held, { batchId: randomUUID() })).rejects.toThrow(refusal('forbidden'));
    // A key would be a way around it.
    await expect(makeKey(held, { name: 'around', role: 'reviewer', days: 7 })).rejects.toThrow(refusal('forbidden'));
    const { typed } = await beginOwnApp(held, {});
    await confirmOwnApp(held, { code: await codeOf(typed) }, bo.headers);
    expect((await again(bo)).held).toBeUndefined();
    const { batchId } = await waiting();
    expect(await readStepUp(await again(bo), { batchId })).toMatchObject({ proven: true });
  });

  it('who has one and came without it gives it; who came by the provider was asked there', async () => {
    const bo = await withApp('operator');
    asksFor('all');
    expect((await again(bo)).held).toBeUndefined();
    await pool.query(`UPDATE session SET factor = 'password' WHERE user_id = $1`, [bo.id]);
    const held = await again(bo);
    expect(held.held).toBe(true);
    await expect(giveFactor(held, {})).rejects.toThrow(refusal('unproven', { facts: { proof: ['totp'] } }));
    await prove(held, { code: await codeOf(bo.typed, 1) }, bo.headers);
    await giveFactor(held, {});
    expect((await again(bo)).held).toBeUndefined();
    await pool.query('UPDATE session SET factor = NULL WHERE user_id = $1', [bo.id]);
    expect((await again(bo)).held).toBeUndefined();
  });
});
