/** A TCP proxy between one process and PostgreSQL, which can lose what is on the wire. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Wire = {
  port: number;
  /**
   * Lets the next statement that matches through to the server, and drops the connection instead of its answer: whoever sent it can't know
   * what became of it. Calls `dropped` then. One at a time; a second call replaces the first.
   */
  dropAnswerOf(statement: RegExp, dropped: () => void): void;
  /** The same, but the connection stays, and nothing passes over it any more: neither side is told. */
  swallowAnswerOf(statement: RegExp, swallowed: () => void): void;
  /** The next statement that matches does not reach the server: the connection ends on both sides instead. */
  dropStatement(statement: RegExp, dropped: () => void): void;
  /** Whether who connects is turned away. */
  refuse(is: boolean): void;
  /** Nothing passes, in either direction, for so long; then all of it does. */
  hold(ms: number): Promise<void>;
  close(): void;
};

/** @param to the server's port now: it may come back on another one */
export async function startProxy(to: () => number): Promise<Wire> {
  const links = new Set<{ pause(): void; resume(): void; end(): void }>();
  let armed: Loss | null = null;
  let held = false;
  let closing = false;
  let refusing = false;

  const server = createServer((client) => {
    if (refusing) return void client.destroy();
    const backend = connect(to(), '127.0.0.1');
    let answer: { bytes: Buffer; loss: Loss } | null = null;
    let silent = false;
    const end = (): void => {
      if (silent && !closing) return;
      links.delete(link);
      client.destroy();
      backend.destroy();
    };
    const link = { ...flow(client, backend), end };
    links.add(link);
    if (held) link.pause();
    client.setNoDelay(true);
    backend.setNoDelay(true);
    for (const socket of [client, backend]) socket.on('error', end).on('close', end);
    client.on('data', (data) => {
      if (silent) return;
      if (armed?.statement.test(data.toString('latin1'))) {
        if (armed.before) {
          const { lost } = armed;
          armed = null;
          end();
          return lost();
        }
        answer = { bytes: Buffer.alloc(0), loss: armed };
        armed = null;
      }
      backend.write(data);
    });
    backend.on('data', (data) => {
      if (silent) return;
      if (!answer) return void client.write(data);
      answer.bytes = Buffer.concat([answer.bytes, data]);
      if (!isReady(answer.bytes)) return;
      const { loss } = answer;
      silent = loss.silent;
      end();
      loss.lost();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    dropAnswerOf: (statement, lost) => {
      armed = { statement, lost, silent: false };
    },
    dropStatement: (statement, lost) => {
      armed = { statement, lost, silent: false, before: true };
    },
    refuse: (is) => {
      refusing = is;
    },
    swallowAnswerOf: (statement, lost) => {
      armed = { statement, lost, silent: true };
    },
    async hold(ms) {
      held = true;
      for (const link of links) link.pause();
      await new Promise((resolve) => setTimeout(resolve, ms));
      held = false;
      for (const link of links) link.resume();
    },
    close() {
      closing = true;
      server.close();
      for (const link of links) link.end();
    },
  };
}

type Loss = { statement: RegExp; lost: () => void; silent: boolean; before?: boolean };

function flow(...sockets: Socket[]) {
  return {
    pause: () => {
      for (const socket of sockets) socket.pause();
    },
    resume: () => {
      for (const socket of sockets) socket.resume();
    },
  };
}

/** Whether the server's messages end with ReadyForQuery: what was asked is committed or refused by then (PostgreSQL's protocol 3, message flow). */
function isReady(bytes: Buffer): boolean {
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readInt32BE(at + 1);
    if (bytes[at] === 0x5a && at + 1 + length <= bytes.length) return true;
    at += 1 + length;
  }
  return false;
}
