import { atSize } from './size.ts';

/**
 * In `npm test` a lease, its renewal, its margin, the poll and the heartbeat take half their time, all together, so that they keep their proportions.
 * No faster: on busy cores a renewal that is late by a second would be taken for a death. `npm run proof` has the real tempo, as `npm start` has.
 */
export const TEMPO = atSize(0.5, 1);

/** Gives a Node process this tempo. */
export const WITH_TEMPO = ['--conditions=test-tempo'];
