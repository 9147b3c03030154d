/** A target that answers every request after so many ms (20), in a process of its own: `node bench/http-target.ts [MS]`. It says its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const LATENCY_MS = 20;

if (import.meta.main) {
  let id = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      setTimeout(
        () => {
          id += 1;
          response.writeHead(201, { 'content-type': 'application/json' }).end(`{"id":${id}}`);
        },
        Number(process.argv[2] ?? LATENCY_MS),
      );
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit(0));
}
