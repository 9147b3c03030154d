/**
 * In tests a lease, its renewal, its margin, the poll and the heartbeat take half their time, all together, so that they keep their proportions.
 * No faster: on busy cores a renewal that is late by a second would be taken for a death. Each promise in seconds has a test at the real tempo.
 */
export const TEMPO = 0.5;

/** Gives a Node process this tempo. */
export const WITH_TEMPO = ['--conditions=test-tempo'];
