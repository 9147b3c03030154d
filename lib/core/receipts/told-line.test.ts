import { expect, test } from 'vitest';
import { toldLine } from './told-line.ts';

test.each<[string, number | null, Record<string, string | number | null>, string]>([
  ['pause', null, { name: 'Ada' }, 'Ada paused the batch'],
  ['cancel', 3, { name: 'Ada' }, 'Ada stopped chunk 3'],
  ['retry', null, { name: 'Bo' }, 'Bo retried the failed actions of the batch'],
  ['accept_rest', 3, { name: 'Ada' }, 'Ada left the rest of chunk 3 unsent'],
  ['accept_rest', null, { name: 'Ada' }, 'Ada left the rest of all halted chunks unsent'],
  ['incident', 2, { message: 'The last reason: http_404.' }, 'Stopped chunk 2: The last reason: HTTP 404.'],
  [
    'takeover',
    7,
    { from: 11, fromHost: 'a', to: 12, toHost: 'a', inFlight: 8 },
    'Worker 11 went silent with 8 actions in flight; worker 12 took over chunk 7',
  ],
  [
    'takeover',
    7,
    { from: 11, fromHost: 'a', to: 12, toHost: 'b', inFlight: 1 },
    'Worker 11 on a went silent with 1 action in flight; worker 12 on b took over chunk 7',
  ],
  [
    'takeover',
    7,
    { from: null, fromHost: null, to: null, toHost: null, inFlight: 0 },
    'A worker went silent; another took over chunk 7',
  ],
  ['takeover', 7, {}, 'A worker went silent; another took over chunk 7'],
  ['incident', 7, {}, 'Stopped chunk 7: the reason is not on record'],
  ['try_target', null, {}, 'Somebody let one chunk try a target again'],
  ['constructor', 7, { via: 'b' }, '“constructor”, which this version does not know, happened to chunk 7; via b'],
])('%s of chunk %s', (kind, chunk, facts, line) => {
  expect(toldLine(kind, chunk, facts)).toBe(line);
});
