/** What lies between a browser and the server, and what becomes of it: the server stays, and the test can still ask it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `away`: connections break off; `gateway`: something before the server answers for it; `silent`: nothing passes any more, and nobody is told. */
type Fate = 'well' | 'away' | 'gateway' | 'silent';

export type Wire = {
  url: string;
  /** From now on; what was open before breaks off, unless it is only silent. */
  become(fate: Fate): void;
  close(): void;
};

const PAGE = '<!doctype html><title>502</title><h1>Bad gateway</h1>';
const GATEWAY = `HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: ${PAGE.length}\r\nConnection: close\r\n\r\n${PAGE}`;

export async function startWire(product: string): Promise<Wire> {
  const port = Number(new URL(product).port);
  const links = new Set<{ end(): void; pause(): void }>();
  let fate: Fate = 'well';

  const server = createServer((client) => {
    client.on('error', () => client.destroy());
    if (fate === 'away') return void client.destroy();
    if (fate === 'gateway') return void client.once('data', () => client.end(GATEWAY));
    const backend = connect(port, '127.0.0.1');
    const both: Socket[] = [client, backend];
    const link = {
      end: () => {
        links.delete(link);
        for (const socket of both) socket.destroy();
      },
      pause: () => {
        client.unpipe();
        backend.unpipe();
        for (const socket of both) socket.pause();
      },
    };
    links.add(link);
    for (const socket of both) socket.on('error', link.end).on('close', link.end);
    client.pipe(backend).pipe(client);
    if (fate === 'silent') link.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    become(next) {
      fate = next;
      for (const link of [...links]) {
        if (next === 'silent') link.pause();
        else link.end();
      }
    },
    close() {
      server.close();
      for (const link of [...links]) link.end();
    },
  };
}
