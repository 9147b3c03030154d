/**
 * Interim answers (1xx, RFC 9110, 15.2), read over: a client must bear any number of them before the answer, also unasked. undici takes a `100 Continue` that it
 * did not ask for as a broken connection, which would leave an action uncertain that the target carried out.
 */
import type { Socket } from 'node:net';

const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d/;
const STATUS_LINE_BYTES = 'HTTP/1.1 100'.length;
const HEAD_END = '\r\n\r\n';
/** A longer head is the client's to refuse, like that of any answer. */
const HEAD_BYTES_MAX = 16 * 1024;

/**
 * Takes interim answers out of what is read from the socket, which carries one request at a time. 101 stays: it ends the protocol, and nobody here asks for it.
 * @returns the same socket
 */
export function withoutInterim(socket: Socket): Socket {
  const { read, write } = socket;
  /** whether the head of an answer is what comes next */
  let head = false;
  let held: Buffer = Buffer.alloc(0);
  socket.write = function (this: Socket, ...args: unknown[]) {
    head = true;
    return Reflect.apply(write, this, args);
  } as Socket['write'];
  socket.read = function (this: Socket, ...args: unknown[]): Buffer | null {
    for (;;) {
      const part = Reflect.apply(read, this, args) as Buffer | null;
      if (part === null || !head) return part;
      held = held.length === 0 ? part : Buffer.concat([held, part]);
      held = skipInterim(held);
      if (mayBeInterim(held)) continue;
      head = false;
      const rest = held;
      held = Buffer.alloc(0);
      return rest;
    }
  };
  return socket;
}

function skipInterim(bytes: Buffer): Buffer {
  let rest = bytes;
  for (;;) {
    const end = INTERIM.test(start(rest)) ? rest.indexOf(HEAD_END) : -1;
    if (end < 0) return rest;
    rest = rest.subarray(end + HEAD_END.length);
  }
}

/** Whether more has to come before it can be said what this is. */
function mayBeInterim(bytes: Buffer): boolean {
  if (bytes.length >= STATUS_LINE_BYTES) return INTERIM.test(start(bytes)) && bytes.length <= HEAD_BYTES_MAX;
  return 'HTTP/1.'.startsWith(start(bytes).slice(0, 7));
}

const start = (bytes: Buffer): string => bytes.toString('latin1', 0, STATUS_LINE_BYTES);
