import { envSchema } from '#lib/env.ts';

/**
 * What of our settings a worker reads. It signs nobody in and signs no heads, so of the keys it holds that of connections only. It takes original files away, and lets go what
 * is old enough.
 */
const OF_WORKERS = new Set([
  ...['DATABASE_URL', 'CONNECTIONS_KEY', 'TARGETS_ALLOWED', 'ALLOW_PRIVATE_TARGETS'],
  ...['ORIGINALS_DIR', 'RETAIN_ORIGINALS_DAYS', 'RETAIN_VALUES_DAYS'],
]);

/** The environment of a worker, out of the one that the web server gets: the machine's own variables, and of our settings what a worker needs. */
export function environmentOfWorker(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = { ...env };
  for (const name of Object.keys(envSchema.shape)) if (!OF_WORKERS.has(name)) delete own[name];
  return own;
}
