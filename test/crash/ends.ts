/** Nothing that a test file started outlives it. A setup file, for files share their processes, and a module that all of them load speaks for the first only. */
import { afterAll } from 'vitest';
import { endTargets } from './approved.ts';
import { killWorkers } from './workers.ts';

afterAll(killWorkers);
afterAll(endTargets);
