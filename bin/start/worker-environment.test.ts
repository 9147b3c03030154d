import { expect, test } from 'vitest';
import { envSchema } from '#lib/env.ts';
import { environmentOfWorker } from './worker-environment.ts';

test('a worker gets the machine’s variables and the database, the key of connections, and no other secret of the web server’s', () => {
  const settings = Object.fromEntries(Object.keys(envSchema.shape).map((name) => [name, `the ${name}`]));
  const machine = {
    PATH: '/bin',
    HOME: '/root',
    NODE_ENV: 'production' as const,
    PGSSLMODE: 'require',
    HTTPS_PROXY: 'http://proxy',
  };
  expect(environmentOfWorker({ ...machine, ...settings })).toEqual({
    ...machine,
    DATABASE_URL: 'the DATABASE_URL',
    CONNECTIONS_KEY: 'the CONNECTIONS_KEY',
    TARGETS_ALLOWED: 'the TARGETS_ALLOWED',
    ALLOW_PRIVATE_TARGETS: 'the ALLOW_PRIVATE_TARGETS',
    ORIGINALS_DIR: 'the ORIGINALS_DIR',
    RETAIN_ORIGINALS_DAYS: 'the RETAIN_ORIGINALS_DAYS',
    RETAIN_VALUES_DAYS: 'the RETAIN_VALUES_DAYS',
  });
});
