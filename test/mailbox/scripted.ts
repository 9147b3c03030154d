/**
 * A small IMAP server in this process that does what a test tells it to. It keeps folders of mails, and the next command of a name is met as was said: refused in one of many
 * ways, carried out and not answered, answered and not carried out. What became of a mail is read from `folders`, whatever the client was told.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';

type Mail = { uid: number; messageId: string; flags: Set<string>; labels: Set<string>; text: string };
type Kept = { uidValidity: number; uidNext: number; special: string | null; mails: Mail[] };

/**
 * `no`, `bad`: a tagged refusal, nothing done. `no-gone`: the refusal that clients like to take for success. `no-busy`: one that passes. `tagless`: a refusal without a tag.
 * `die`: the line ends, nothing done; `bye`: the same, with a word. `act-die`, `act-bye`: done, and the line ends. `act-silent`: done, never answered. `act-no-copyuid`: done,
 * and OK without saying where. `copy-no`: copied, said so, then refused. `ok-idle`: OK, nothing done. `act-garbage`: done, and an answer that nobody can read.
 */
export const MEETINGS = {
  ...{ no: false, bad: false, 'no-gone': false, 'no-busy': false, tagless: false, die: false, bye: false },
  ...{ 'act-die': true, 'act-bye': true, 'act-silent': true, 'act-no-copyuid': true, 'copy-no': false, 'ok-idle': false },
  'act-garbage': true,
} as const;
export type Meeting = keyof typeof MEETINGS;

export type Scripted = {
  port: number;
  folders: Map<string, Kept>;
  /** every command as it came, without its tag */
  heard: string[];
  /** how the next command that begins so is met */
  meet(command: string, how: Meeting): void;
  put(folder: string, messageId: string, text?: string): Mail;
};

export type ScriptedOptions = {
  capabilities?: string;
  user?: string;
  password?: string;
  /** whether this access token of the user's is taken, by XOAUTH2 or OAUTHBEARER, as the capabilities say */
  takesToken?: (token: string) => boolean;
  tls?: { key: string; cert: string; how: 'tls' | 'starttls' };
  /** what signing in hears instead */
  refuses?: string;
};

const OPEN = new Set<() => void>();

/** Ends all that were started. */
export function closeScripted(): void {
  for (const close of OPEN) close();
  OPEN.clear();
}

export const CAN_MOVE = 'IMAP4rev1 MOVE UIDPLUS SPECIAL-USE';

export async function scriptedServer({
  capabilities = CAN_MOVE,
  user = 'ada',
  password = 'correct-horse',
  takesToken = () => false,
  tls,
  refuses,
}: ScriptedOptions = {}): Promise<Scripted> {
  const folders = new Map<string, Kept>([
    ['INBOX', { uidValidity: 7, uidNext: 1, special: null, mails: [] }],
    ['Archive', { uidValidity: 8, uidNext: 501, special: '\\Archive', mails: [] }],
    ['Trash', { uidValidity: 9, uidNext: 901, special: '\\Trash', mails: [] }],
  ]);
  const heard: string[] = [];
  const met: { command: string; how: Meeting }[] = [];
  const sockets = new Set<Socket>();

  const serve = (raw: Socket): void => {
    raw.setNoDelay(true);
    let socket: Socket = raw;
    let selected: Kept | null = null;
    let rest = '';
    const say = (...lines: string[]): unknown => socket.write(lines.map((line) => `${line}\r\n`).join(''));
    const listen = (one: Socket): void => {
      sockets.add(one);
      one.on('error', () => {});
      one.on('data', (data) => {
        rest += data.toString('latin1');
        for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
          const line = rest.slice(0, end);
          rest = rest.slice(end + 2);
          const [, tag = '', command = ''] = /^(\S+) (.*)$/s.exec(line) ?? [];
          heard.push(command);
          answer(tag, command);
        }
      });
    };
    const can = (): string => (tls?.how === 'starttls' && socket === raw ? `${capabilities} STARTTLS` : capabilities);
    const answer = (tag: string, command: string): unknown => {
      const verb = (/^(?:UID )?\S+/i.exec(command)?.[0] ?? '').toUpperCase();
      if (verb === 'CAPABILITY') return say(`* CAPABILITY ${can()}`, `${tag} OK done`);
      if (verb === 'STARTTLS' && tls) {
        say(`${tag} OK begin`);
        raw.removeAllListeners('data');
        socket = new TLSSocket(raw, { isServer: true, key: tls.key, cert: tls.cert });
        return listen(socket);
      }
      if (verb === 'LOGIN') {
        if (refuses !== undefined) return say(`${tag} ${refuses}`);
        const isRight = command.replaceAll('"', '') === `LOGIN ${user} ${password}`;
        return say(isRight ? `${tag} OK [CAPABILITY ${capabilities}] in` : `${tag} NO [AUTHENTICATIONFAILED] no`);
      }
      if (verb === 'AUTHENTICATE') return authenticate(tag, command);
      if (waits !== null) return refuseToken();
      if (command === 'LIST "" ""') return say('* LIST (\\Noselect) "/" ""', `${tag} OK done`);
      if (verb === 'LIST' || verb === 'LSUB') {
        for (const [name, { special }] of folders)
          say(`* ${verb} (\\HasNoChildren${special && verb === 'LIST' ? ` ${special}` : ''}) "/" "${name}"`);
        return say(`${tag} OK done`);
      }
      if (verb === 'SELECT' || verb === 'EXAMINE') return select(tag, command);
      if (verb === 'UID SEARCH') return say(`* SEARCH ${found(command).join(' ')}`, `${tag} OK done`);
      if (verb === 'UID FETCH') return fetch(tag, command);
      if (verb === 'UID MOVE' || verb === 'UID STORE') return act(tag, verb, command);
      if (verb === 'LOGOUT') return socket.end(`* BYE bye\r\n${tag} OK done\r\n`);
      return say(`${tag} OK done`);
    };
    /** The tag of a sign-in that was refused with a challenge, which the client has to answer (RFC 7628, 3.2.3). */
    let waits: string | null = null;
    const authenticate = (tag: string, command: string): unknown => {
      const [, how, sent = ''] = /^AUTHENTICATE (\S+) (\S+)$/i.exec(command) ?? [];
      const parts = Buffer.from(sent, 'base64').toString('latin1').split('\x01');
      const token = parts.find((part) => part.startsWith('auth=Bearer '))?.slice('auth=Bearer '.length) ?? '';
      const isUser = parts[0] === (how === 'XOAUTH2' ? `user=${user}` : `n,a=${user},`);
      if (isUser && takesToken(token)) return say(`${tag} OK [CAPABILITY ${capabilities}] in`);
      waits = tag;
      return say(`+ ${Buffer.from('{"status":"400","schemes":"Bearer"}').toString('base64')}`);
    };
    const refuseToken = (): unknown => {
      say(`${waits} NO [AUTHENTICATIONFAILED] no`);
      waits = null;
      return null;
    };
    const select = (tag: string, command: string): unknown => {
      const name = command.replace(/^\S+ /, '').replaceAll('"', '');
      selected = folders.get(name) ?? null;
      if (!selected) return say(`${tag} NO [NONEXISTENT] no such folder`);
      say(`* ${selected.mails.length} EXISTS`);
      say(`* OK [UIDVALIDITY ${selected.uidValidity}] valid`);
      say(`* OK [UIDNEXT ${selected.uidNext}] next`);
      say('* FLAGS (\\Seen \\Flagged)');
      return say(`${tag} OK [READ-WRITE] selected`);
    };
    const found = (command: string): number[] => {
      const [, id] = /HEADER "?MESSAGE-ID"? "?<?([^"<>\s]+)>?"?/i.exec(command) ?? [];
      return (selected?.mails ?? []).filter(({ messageId }) => id === undefined || messageId.includes(id)).map(({ uid }) => uid);
    };
    const named = (command: string): { mail: Mail; seq: number }[] => {
      const uids = (/^UID \S+ (\S+)/i.exec(command)?.[1] ?? '').split(',').flatMap((part) => {
        const [from = '0', to = from] = part.split(':');
        return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
      });
      return (selected?.mails ?? []).flatMap((mail, index) => (uids.includes(mail.uid) ? [{ mail, seq: index + 1 }] : []));
    };
    const fetch = (tag: string, command: string): unknown => {
      for (const { mail, seq } of named(command)) {
        const source = `Message-ID: <${mail.messageId}>\r\nFrom: bo@example.org\r\nTo: ada@example.org\r\nDate: Thu, 22 Oct 2026 12:00:00 +0000\r\nSubject: ${mail.messageId}\r\n\r\n${mail.text}`;
        const parts = [`UID ${mail.uid}`, `FLAGS (${[...mail.flags].join(' ')})`];
        if (/ENVELOPE/i.test(command)) parts.push(`ENVELOPE (NIL "s" NIL NIL NIL NIL NIL NIL NIL "<${mail.messageId}>")`);
        if (/X-GM-LABELS/i.test(command))
          parts.push(`X-GM-LABELS (${[...mail.labels].map((label) => `"${label.replace('\\', '\\\\')}"`).join(' ')})`);
        if (/RFC822.SIZE/i.test(command)) parts.push(`RFC822.SIZE ${source.length}`);
        if (/BODY.PEEK\[\]/i.test(command)) parts.push(`BODY[] {${source.length}}\r\n${source}`);
        say(`* ${seq} FETCH (${parts.join(' ')})`);
      }
      return say(`${tag} OK done`);
    };
    const act = (tag: string, verb: string, command: string): unknown => {
      const index = met.findIndex((one) => command.startsWith(one.command));
      const how = index < 0 ? null : (met.splice(index, 1)[0]?.how ?? null);
      if (how === 'no') return say(`${tag} NO [CANNOT] not today`);
      if (how === 'bad') return say(`${tag} BAD what`);
      if (how === 'no-gone') return say(`${tag} NO Some of the requested messages no longer exist`);
      if (how === 'no-busy') return say(`${tag} NO [INUSE] later`);
      if (how === 'tagless') return say('NO not so');
      if (how === 'die') return socket.destroy();
      if (how === 'bye') return socket.end('* BYE good night\r\n');
      if (how === 'ok-idle') return say(`${tag} OK nothing to do`);
      if (verb === 'UID MOVE' && !folders.has(folderIn(command))) return say(`${tag} NO [TRYCREATE] no such folder`);
      const told = verb === 'UID MOVE' ? move(command, how === 'copy-no') : store(command);
      if (how === 'copy-no') return say(`* OK [COPYUID ${told.copyUid}] copied`, `${tag} NO and then no`);
      if (how === 'act-die') return socket.destroy();
      if (how === 'act-bye') return socket.end('* BYE good night\r\n');
      if (how === 'act-silent') return null;
      if (how === 'act-garbage') return say(`${tag} OK [COPYUID ((((`);
      if (told.copyUid && how !== 'act-no-copyuid') say(`* OK [COPYUID ${told.copyUid}] moved`);
      for (const line of told.lines) say(line);
      return say(`${tag} OK done`);
    };
    const folderIn = (command: string): string => command.replace(/^UID MOVE \S+ /i, '').replaceAll('"', '');
    const move = (command: string, copyOnly: boolean): { copyUid: string | null; lines: string[] } => {
      const to = folders.get(folderIn(command));
      const [one] = named(command);
      if (!to || !one || !selected) return { copyUid: null, lines: [] };
      const uid = to.uidNext++;
      to.mails.push({ ...one.mail, uid });
      if (!copyOnly) selected.mails.splice(one.seq - 1, 1);
      return { copyUid: `${to.uidValidity} ${one.mail.uid} ${uid}`, lines: copyOnly ? [] : [`* ${one.seq} EXPUNGE`] };
    };
    const store = (command: string): { copyUid: null; lines: string[] } => {
      const [, sign, what, value = ''] = /([+-])(FLAGS|X-GM-LABELS) \("?(.*?)"?\)$/i.exec(command) ?? [];
      const [one] = named(command);
      if (!one) return { copyUid: null, lines: [] };
      const set = what?.toUpperCase() === 'FLAGS' ? one.mail.flags : one.mail.labels;
      const bare = value.replace('\\\\', '\\');
      if (sign === '+') set.add(bare);
      else set.delete(bare);
      return { copyUid: null, lines: [`* ${one.seq} FETCH (UID ${one.mail.uid} FLAGS (${[...one.mail.flags].join(' ')}))`] };
    };
    listen(socket);
    say(`* OK [CAPABILITY ${can()}] ready`);
  };

  const server = tls?.how === 'tls' ? createTlsServer({ key: tls.key, cert: tls.cert }, serve) : createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  OPEN.add(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    folders,
    heard,
    meet: (command, how) => void met.push({ command, how }),
    put(folder, messageId, text = 'hello\r\n') {
      const kept = folders.get(folder);
      if (!kept) throw new Error(`There is no folder ${folder}.`);
      const mail: Mail = { uid: kept.uidNext++, messageId, flags: new Set(), labels: new Set(), text };
      kept.mails.push(mail);
      return mail;
    },
  };
}
