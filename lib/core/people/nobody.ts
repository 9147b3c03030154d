/** Whoever asks without a session and without a key that is known: `id` goes into the security log, `name` is what people read. */
export const NOBODY = { id: 'nobody', name: 'Somebody who is not signed in' } as const;
