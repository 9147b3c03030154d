/**
 * One git command, in an environment of its own: nothing of the machine's or the account's configuration is read, nobody is asked for a password, and what is secret stands in
 * the environment, which no list of processes shows.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';

export type GitCommand = {
  args: readonly string[];
  /** `key` and `value` of the configuration that holds for this command alone */
  config?: readonly (readonly [key: string, value: string])[];
  /** written to its standard input */
  input?: AsyncIterable<Buffer | string> | Iterable<Buffer | string>;
  /** of its standard output; more ends it */
  bytesMax: number;
  /** what it may take of memory at once: for what strangers made */
  memoryMiB?: number;
};

/** `why`: what ended it. `stderr`: its last 8 KiB. */
export type GitEnd = { why: 'ended' | 'aborted' | 'too_long' | 'no_git'; code: number | null; stdout: Buffer; stderr: string };

const STDERR_CHARS_MAX = 8_192;

/** Never throws for what git says; throws what its input throws. The command is ended with the signal. */
export async function runGit(
  { args, config = [], input = [], bytesMax, memoryMiB }: GitCommand,
  signal: AbortSignal,
): Promise<GitEnd> {
  const end: GitEnd = { why: 'ended', code: null, stdout: Buffer.alloc(0), stderr: '' };
  if (signal.aborted) return { ...end, why: 'aborted' };
  const limit = memoryMiB === undefined ? {} : { GIT_ALLOC_LIMIT: `${memoryMiB}m` };
  const git = spawn('git', [...args], { env: { ...environment(config), ...limit }, stdio: 'pipe', cwd: tmpdir() });
  const stop = (why: GitEnd['why']) => (): void => {
    if (end.why === 'ended') end.why = why;
    git.kill('SIGKILL');
  };
  const aborted = stop('aborted');
  signal.addEventListener('abort', aborted, { once: true });
  const parts: Buffer[] = [];
  let bytes = 0;
  git.stdout.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > bytesMax) stop('too_long')();
    else parts.push(part);
  });
  git.stderr.setEncoding('utf8').on('data', (text: string) => {
    end.stderr = (end.stderr + text).slice(-STDERR_CHARS_MAX);
  });
  // A command that ended reads no more of its input, and says why itself.
  git.stdin.on('error', () => {});
  const closed = new Promise<number | null>((resolve) => {
    git.once('error', (error: NodeJS.ErrnoException) => {
      end.why = 'no_git';
      end.stderr = error.message;
      resolve(null);
    });
    git.once('close', resolve);
  });
  try {
    for await (const part of input) {
      if (git.stdin.destroyed || git.exitCode !== null) break;
      if (!git.stdin.write(part)) await Promise.race([once(git.stdin, 'drain').catch(() => {}), closed]);
    }
    git.stdin.end();
    end.code = await closed;
  } catch (error) {
    git.kill('SIGKILL');
    await closed;
    throw error;
  } finally {
    signal.removeEventListener('abort', aborted);
  }
  return { ...end, stdout: Buffer.concat(parts) };
}

function environment(config: readonly (readonly [string, string])[]): NodeJS.ProcessEnv {
  const all: (readonly [string, string])[] = [
    ['gc.auto', '0'],
    ['core.hooksPath', '/dev/null'],
    ['core.fsync', 'none'],
    ['protocol.allow', 'never'],
    ['protocol.http.allow', 'always'],
    ['protocol.https.allow', 'always'],
    ['http.followRedirects', 'false'],
    ['credential.helper', ''],
    ['user.useConfigOnly', 'true'],
    ['transfer.fsckObjects', 'false'],
    ...config,
  ];
  return {
    ...{ PATH: process.env.PATH, NODE_ENV: process.env.NODE_ENV, HOME: '/nonexistent', LC_ALL: 'C' },
    ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true' },
    GIT_LITERAL_PATHSPECS: '1',
    GIT_CONFIG_COUNT: String(all.length),
    ...Object.fromEntries(
      all.flatMap(([key, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, key],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
  };
}
