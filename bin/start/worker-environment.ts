import { envSchema } from '#lib/env.ts';

/** What of our settings a worker reads. It signs nobody in and signs nothing, so it holds no key of the web server's. */
const OF_WORKERS = new Set(['DATABASE_URL', 'ALLOW_PRIVATE_TARGETS']);

/** The environment of a worker, out of the one that the web server gets: the machine's own variables, and of our settings what a worker needs. */
export function environmentOfWorker(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = { ...env };
  for (const name of Object.keys(envSchema.shape)) if (!OF_WORKERS.has(name)) delete own[name];
  return own;
}
