/**
 * A real Dovecot for tests: Debian's packages, taken apart into a folder of the cache, so that nothing is installed and no right of the machine is needed. A session is Dovecot's own
 * `imap`, which this process puts behind a port: it says the greeting and takes the password, and from then on passes bytes. Where the packages can't be had, the tests that need
 * one are skipped with the reason.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export type Dovecot = {
  port: number;
  /** Every command that reached it, but for those that only look, and what became of it. */
  commands: Command[];
  /** Resolves when every command that had reached it by now is carried out or refused. */
  decided(): Promise<void>;
  /** Ends every line at once, as a network does: what had come is still carried out, and what was on its way back is lost. */
  cut(): void;
  /** The same, and waits until all that had come is carried out. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
};

/** `folder`: the selected one. `answer`: what Dovecot itself said, whoever heard it; null until then, and of what never came to it. */
export type Command = { at: number; folder: string | null; command: string; answer: string | null };

/**
 * How a command that changes something is met: `cut` carries it out and ends the line, `swallow` carries it out and says nothing more on that line, `hang` does nothing and says
 * nothing more, `refuse` is a tagged NO.
 */
export type Met = 'pass' | 'cut' | 'swallow' | 'hang' | 'refuse';

/** So are the commands that change something. */
const CHANGES = /^\S+ (UID (MOVE|STORE|COPY|EXPUNGE)|MOVE|STORE|COPY|EXPUNGE|CLOSE|APPEND)\b/i;

/** `latencyMs`: how long an answer is on its way. */
export type DovecotOptions = { user: string; password: string; latencyMs?: number; meet?: (command: Command) => Met };

const CACHE = resolve('node_modules/.cache/dovecot');
const PACKAGES = ['dovecot-core', 'dovecot-imapd'];

/** Where Dovecot lies; or why it can't be had. */
export function dovecotFolder(): { root: string } | { missing: string } {
  const root = join(CACHE, 'root');
  const imap = join(root, 'usr/lib/dovecot/imap');
  if (!existsSync(imap)) {
    const why = fetched(root);
    if (why !== null) return { missing: why };
  }
  const run = spawnSync(imap, ['--help'], { env: environment(root), encoding: 'utf8' });
  const lacking = /error while loading shared libraries: (\S+):/.exec(run.stderr ?? '')?.[1];
  return lacking ? { missing: `Dovecot needs ${lacking}, which is not here` } : { root };
}

function fetched(root: string): string | null {
  if (process.platform !== 'linux') return 'Dovecot is taken from Debian’s packages, which are for Linux';
  for (const program of ['apt-get', 'dpkg']) if (spawnSync(program, ['--version']).error) return `there is no ${program} here`;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, 'work-'));
  try {
    const got = spawnSync('apt-get', ['download', ...PACKAGES], { cwd: work, encoding: 'utf8', timeout: 60_000 });
    const archives = readdirSync(work).filter((name) => name.endsWith('.deb'));
    if (archives.length < PACKAGES.length)
      return `apt-get could not download ${PACKAGES.join(' and ')}: ${(got.stderr ?? '').trim().split('\n').at(-1)}`;
    for (const archive of archives) {
      const opened = spawnSync('dpkg', ['-x', archive, 'root'], { cwd: work, encoding: 'utf8' });
      if (opened.status !== 0) return `dpkg could not take ${archive} apart: ${opened.stderr}`;
    }
    // Another test file may have been faster.
    if (!existsSync(root)) renameSync(join(work, 'root'), root);
    return null;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const environment = (root: string): NodeJS.ProcessEnv => ({ ...process.env, LD_LIBRARY_PATH: join(root, 'usr/lib/dovecot') });

/** Dovecot does not open mail for root: then its sessions are nobody's. */
const NOBODY = 65_534;

export async function startDovecot(
  root: string,
  { user, password, latencyMs = 0, meet = () => 'pass' }: DovecotOptions,
): Promise<Dovecot> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-dovecot-'));
  const isRoot = process.getuid?.() === 0;
  const who = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const [name, group] = isRoot ? ['nobody', 'nogroup'] : [userInfo().username, groupOf()];
  writeFileSync(join(folder, 'dovecot.conf'), config(folder, root, name, group));
  for (const one of ['mail', 'home', 'run']) mkdirSync(join(folder, one));
  chmodSync(folder, 0o755);
  if (isRoot) for (const one of ['.', 'mail', 'home', 'run']) chownSync(join(folder, one), NOBODY, NOBODY);
  const commands: Dovecot['commands'] = [];
  const running = new Set<ChildProcess>();
  const open = new Set<Command>();
  const lines = new Set<{ socket: Socket; child: ChildProcess | null }>();
  const server = createServer((socket) => {
    const line: { socket: Socket; child: ChildProcess | null } = { socket, child: null };
    lines.add(line);
    const end = (): void => {
      lines.delete(line);
      line.child?.stdin?.end();
      socket.destroy();
    };
    socket.setNoDelay(true);
    socket.on('error', end).on('close', end);
    const watch = watched(
      (command) => {
        commands.push(command);
        const met = meet(command);
        if (met !== 'hang' && met !== 'refuse') open.add(command);
        return met;
      },
      (command) => open.delete(command),
    );
    greet(socket, { user, password, latencyMs, watch }, () => {
      const args = ['-c', join(folder, 'dovecot.conf'), '-f', 'service=imap', '-p', '-e', join(root, 'usr/lib/dovecot/imap')];
      const env = { ...environment(root), USER: user, HOME: join(folder, 'home') };
      const child = spawn(join(root, 'usr/bin/doveconf'), args, { ...who, env, cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
      line.child = child;
      running.add(child);
      child.on('exit', () => {
        running.delete(child);
        watch.over();
      });
      child.on('error', end).on('exit', end);
      child.stdin.on('error', end);
      return child;
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const cut = (): void => {
    for (const { socket } of lines) socket.destroy();
  };
  const quiet = async (): Promise<void> => {
    const ended = [...running].map((child) => new Promise((resolved) => child.once('exit', resolved)));
    cut();
    await Promise.all(ended);
  };
  return {
    quiet,
    port: (server.address() as AddressInfo).port,
    commands,
    async decided() {
      for (const asked = [...open]; asked.some((one) => open.has(one)); ) await sleep(10);
    },
    cut,
    async stop() {
      await quiet();
      await new Promise((closed) => server.close(closed));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Watch = ReturnType<typeof watched>;

/** Reads along what goes over one line: which folder is selected, what is asked to be changed, and what Dovecot answers to that. */
function watched(asked: (command: Command) => Met, answered: (command: Command) => void) {
  let folder: string | null = null;
  let waiting: { tag: string; command: Command; said: string } | null = null;
  return {
    /** What the client sent; the tag of a command that changes something, and how it is met. */
    heard(data: Buffer): { tag: string; met: Met } | null {
      let found: { tag: string; met: Met } | null = null;
      for (const line of data.toString('latin1').split('\r\n')) {
        const [, selected] = /^\S+ (?:SELECT|EXAMINE) "?([^"]+)"?$/i.exec(line) ?? [];
        if (selected !== undefined) folder = selected;
        if (!CHANGES.test(line)) continue;
        const [tag = ''] = line.split(' ', 1);
        const command: Command = { at: Date.now(), folder, command: line.slice(tag.length + 1), answer: null };
        found = { tag, met: asked(command) };
        waiting = { tag, command, said: '' };
      }
      return found;
    },
    /** What Dovecot sent, whether or not anybody is there to hear it. */
    said(data: Buffer): void {
      if (!waiting) return;
      waiting.said += data.toString('latin1');
      const end = new RegExp(`(?:^|\r\n)${waiting.tag} (?:OK|NO|BAD)[^\r]*\r\n`).exec(waiting.said);
      if (!end) return;
      waiting.command.answer = waiting.said.slice(0, end.index + end[0].length);
      answered(waiting.command);
      waiting = null;
    },
    /** It says nothing more. */
    over(): void {
      if (waiting) answered(waiting.command);
    },
  };
}

/** Says the greeting, and passes bytes between the two once the password was right. */
function greet(
  socket: Socket,
  { user, password, latencyMs, watch }: { user: string; password: string; latencyMs: number; watch: Watch },
  open: () => ChildProcessByStdio<Writable, Readable, null>,
): void {
  const say = (...lines: string[]): void => void socket.write(lines.map((line) => `${line}\r\n`).join(''));
  let rest = '';
  const onData = (data: Buffer): unknown => {
    rest += data.toString('latin1');
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const [, tag = '', command = ''] = /^(\S+) (.*)$/.exec(rest.slice(0, end)) ?? [];
      rest = rest.slice(end + 2);
      const verb = command.split(' ', 1)[0]?.toUpperCase();
      if (verb === 'LOGIN' && command.replaceAll('"', '') === `LOGIN ${user} ${password}`) return signIn(tag);
      if (verb === 'LOGIN') say(`${tag} NO [AUTHENTICATIONFAILED] no`);
      else if (verb === 'CAPABILITY') say('* CAPABILITY IMAP4rev1', `${tag} OK done`);
      else if (verb === 'LOGOUT') socket.end(`* BYE bye\r\n${tag} OK done\r\n`);
      else say(`${tag} OK done`);
    }
    return null;
  };
  const signIn = (tag: string): void => {
    socket.off('data', onData);
    socket.pause();
    const child = open();
    let greeting = '';
    const onGreeting = (data: Buffer): void => {
      greeting += data.toString('latin1');
      const end = greeting.indexOf('\r\n');
      if (end < 0) return;
      child.stdout.off('data', onGreeting);
      say(greeting.slice(0, end).replace(/^\* PREAUTH/, `${tag} OK`));
      let silent = false;
      const back = (one: Buffer): unknown => !silent && socket.write(one);
      child.stdout.on('data', (one: Buffer) => {
        watch.said(one);
        if (latencyMs === 0) back(one);
        else setTimeout(() => back(one), latencyMs);
      });
      socket.on('data', (one) => {
        const { tag = '', met = 'pass' } = watch.heard(one) ?? {};
        if (met === 'swallow' || met === 'hang') silent = true;
        if (met === 'refuse') return say(`${tag} NO [CANNOT] not today`);
        if (met === 'hang') return;
        // Before the line ends, or Dovecot would be told of the end first.
        child.stdin.write(one, () => met === 'cut' && socket.destroy());
      });
      socket.resume();
    };
    child.stdout.on('data', onGreeting);
  };
  socket.on('data', onData);
  say('* OK [CAPABILITY IMAP4rev1] ready');
}

function groupOf(): string {
  return spawnSync('id', ['-gn'], { encoding: 'utf8' }).stdout.trim();
}

const config = (folder: string, root: string, user: string, group: string): string => `
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
protocols = imap
base_dir = ${folder}/run
log_path = /dev/null
ssl = no
mail_location = maildir:${folder}/mail/%u
mail_plugin_dir = ${root}/usr/lib/dovecot/modules
first_valid_uid = 1
mail_fsync = never
namespace inbox {
  inbox = yes
  separator = /
  mailbox Archive {
    auto = create
    special_use = \\Archive
  }
  mailbox Trash {
    auto = create
    special_use = \\Trash
  }
}
`;
