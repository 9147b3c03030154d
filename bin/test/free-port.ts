import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to connections that go out: one of those would take the port before its server begins. */
const [FIRST, LAST] = [10_000, 30_000];

/** A port of loopback that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const probe = createServer();
    probe.listen(port, '127.0.0.1');
    const free = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    await new Promise((closed) => probe.close(closed));
    return port;
  }
}
