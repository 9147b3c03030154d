import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv as parseFile } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CountersignError } from './core/errors.ts';
import { envSchema, parseEnv } from './env.ts';

test('an empty environment has every default', () => {
  expect(parseEnv({})).toEqual({
    PORT: 3000,
    HOST: '127.0.0.1',
    DATA_DIR: resolve('.data'),
    ALLOW_PRIVATE_TARGETS: false,
    STEP_UP: false,
    STEP_UP_PASSWORD: false,
    SECOND_FACTOR_FOR: [],
    PASSWORD_WORDS: [],
    TARGETS_ALLOWED: [],
    WORKERS: 2,
  });
});

test('an empty value counts as absent', () => {
  expect(parseEnv({ PORT: '', DATABASE_URL: ' ', ADMIN_EMAIL: '' })).toEqual(parseEnv({}));
});

test('what is given is read', () => {
  expect(
    parseEnv({
      PORT: '8080',
      DATA_DIR: '/tmp/with space',
      DATABASE_URL: 'postgresql://app:p%40ss@db:5432/countersign?sslmode=require',
      MIGRATE_DATABASE_URL: 'postgres://owner@db/countersign',
      ALLOW_PRIVATE_TARGETS: 'yes',
      WORKERS: '0',
    }),
  ).toMatchObject({ PORT: 8080, DATA_DIR: '/tmp/with space', ALLOW_PRIVATE_TARGETS: true, WORKERS: 0 });
});

describe('.env.example', () => {
  const text = readFileSync(resolve(import.meta.dirname, '..', '.env.example'), 'utf8');
  const offered = parseFile(text.replaceAll(/^#(?=[A-Z_]+=)/gm, '')) as Record<string, string>;

  test('names every setting and nothing else, and sets none', () => {
    expect(Object.keys(offered).sort()).toEqual(Object.keys(envSchema.shape).sort());
    expect(parseFile(text)).toEqual({});
  });

  test('shows the default where there is one, and an example that is accepted, or nothing, where there is none', () => {
    expect(parseEnv(offered)).toMatchObject(parseEnv({}));
  });

  test('offers no secret that everybody knows', () => {
    expect(offered).toMatchObject({ ADMIN_PASSWORD: '', ADMIN_API_KEY: '', SECRET_KEY: '' });
  });
});

describe('what is wrong is named, with what to do', () => {
  const cases: [string, Record<string, string>, RegExp][] = [
    ['PORT', { PORT: '80a' }, /is "80a". Write a port, a whole number from 1 to 65535/],
    ['PORT', { PORT: '65536' }, /from 1 to 65535/],
    ['PORT', { PORT: '-1' }, /from 1 to 65535/],
    ['WORKERS', { WORKERS: '1.5' }, /from 0 to 64/],
    ['ALLOW_PRIVATE_TARGETS', { ALLOW_PRIVATE_TARGETS: 'maybe' }, /Write 1 \(yes\) or 0 \(no\)/],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://a:secret@b/c' }, /postgresql:\/\/user/],
    ['DATABASE_URL', { DATABASE_URL: 'postgresql://host/database' }, /with a user/],
    ['DATABASE_URL', { MIGRATE_DATABASE_URL: 'postgresql://a:b@c/d' }, /is missing while MIGRATE_DATABASE_URL is set/],
    ['ADMIN_EMAIL', { ADMIN_EMAIL: 'nobody', ADMIN_PASSWORD: 'long enough' }, /is not a mail address/],
    ['ADMIN_PASSWORD', { ADMIN_EMAIL: 'a@example.com' }, /is missing/],
    ['ADMIN_EMAIL', { ADMIN_PASSWORD: 'long enough' }, /is missing/],
    ['SECRET_KEY', { SECRET_KEY: 'short' }, /at least 32 characters/],
    ['SECOND_FACTOR_FOR', { SECOND_FACTOR_FOR: 'admin,admins' }, /has "admins". Write all, or roles: /],
    ['STEP_UP_PASSWORD', { SECOND_FACTOR_FOR: 'all', STEP_UP_PASSWORD: '1' }, /Leave one of them out/],
    ['SESSION_IDLE_MINUTES', { SESSION_IDLE_MINUTES: '1' }, /from 5 to 10080/],
    ['PASSWORD_WORDS', { PASSWORD_WORDS: 'acme, ab' }, /has "ab"/],
  ];

  test.each(cases)('%s in %o', (name, given, message) => {
    const refusal = refusalOf(given);
    expect(refusal.code).toBe('invalid');
    expect(refusal.problems).toEqual([{ path: name, message: expect.stringMatching(message) }]);
    expect(refusal.message).toContain(`  ${name}: `);
  });

  test('several at once', () => {
    expect(refusalOf({ PORT: 'x', WORKERS: 'y' }).problems.map(({ path }) => path)).toEqual(['PORT', 'WORKERS']);
  });

  test('a password is not repeated', () => {
    expect(refusalOf({ DATABASE_URL: 'mysql://a:secret@b/c' }).message).not.toContain('secret');
  });
});

function refusalOf(given: Record<string, string>): CountersignError {
  try {
    parseEnv(given);
  } catch (error) {
    if (error instanceof CountersignError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
