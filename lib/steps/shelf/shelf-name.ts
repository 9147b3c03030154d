/** A category or a shelf, as whoever asks for its items names it. */
import { z } from 'zod';

const SHELF_NAME_CHARS_MAX = 200;

/** Any name that a plan can have. A NUL is in no text that is stored. */
export const shelfName = z
  .string()
  .min(1)
  .max(SHELF_NAME_CHARS_MAX)
  .refine((name) => !name.includes('\0'), 'A name has no NUL character.');
