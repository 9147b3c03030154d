/**
 * Statements that are sent at once, behind each other on one connection, with the rows of a COPY between them. pg waits for the answer to each statement, and
 * pg-copy-streams before and behind the rows too: while a process is busy with the next rows, PostgreSQL waited a quarter of the time for it to look up. Here they
 * are one exchange of the protocol up to its Sync, and the next exchange may be sent before the answer to this one. Where one of them fails, the rest of its
 * exchange is skipped (PostgreSQL's documentation, Protocol Flow, Extended Query and COPY Operations).
 */
import type pg from 'pg';
import type { Connection, Submittable } from 'pg';

export type Asked = {
  text: string;
  values?: readonly (string | number | null)[];
  /** of a COPY … FROM STDIN; the pieces stay as they are until all is answered */
  rows?: Iterable<Buffer>;
};

/** A connection that is asked in exchanges. Whatever else asks it waits until all of them are answered. */
export class Exchanges {
  readonly #client: pg.ClientBase;
  #connection: Connection | null = null;
  #unanswered = 0;

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  /** Throws what the first that failed, or the connection, throws. A transaction that it was in is failed then, and open. */
  ask(asked: readonly Asked[]): Promise<void> {
    return new Promise((answered, failed) => {
      const over = (): void => {
        this.#unanswered--;
      };
      const exchange = new Exchange(asked, {
        sentTo: (connection) => {
          this.#connection = connection;
        },
        answered: () => {
          over();
          answered();
        },
        failed: (error) => {
          over();
          failed(error);
        },
      });
      // What pg has not answered yet, it has sent; what it queues now it sends in this order.
      if (this.#unanswered++ > 0 && this.#connection) exchange.submit(this.#connection);
      this.#client.query(exchange);
    });
  }
}

type Told = { sentTo(connection: Connection): void; answered(): void; failed(error: Error): void };

class Exchange implements Submittable {
  readonly #asked: readonly Asked[];
  readonly #told: Told;
  #isSent = false;

  constructor(asked: readonly Asked[], told: Told) {
    this.#asked = asked;
    this.#told = told;
  }

  /** Called by pg when it is this one's turn to be answered, as those that begin with `handle` are; it may have been sent before. */
  submit(connection: Connection): void {
    if (this.#isSent) return;
    this.#isSent = true;
    this.#told.sentTo(connection);
    const { stream } = connection;
    // One write to the socket, of whatever length.
    stream.cork();
    for (const { text, values = [], rows } of this.#asked) {
      connection.parse({ name: '', text, types: [] }, true);
      connection.bind({ values: values.map((value) => (value === null ? null : String(value))) }, true);
      connection.execute(null, true);
      if (!rows) continue;
      for (const piece of rows) {
        stream.write(headOf(COPY_DATA, piece.length));
        stream.write(piece);
      }
      stream.write(headOf(COPY_DONE, 0));
    }
    connection.sync();
    stream.uncork();
  }

  handleCommandComplete(): void {}

  /** Nobody asked for any. */
  handleDataRow(): void {}

  /** The rows are on their way already. */
  handleCopyInResponse(): void {}

  handleError(error: Error): void {
    this.#told.failed(error);
  }

  handleReadyForQuery(): void {
    this.#told.answered();
  }
}

const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
/** A message's length counts itself, and not its kind. */
const LENGTH_BYTES = 4;

function headOf(kind: number, bytes: number): Buffer {
  const head = Buffer.allocUnsafe(1 + LENGTH_BYTES);
  head[0] = kind;
  head.writeUInt32BE(bytes + LENGTH_BYTES, 1);
  return head;
}
