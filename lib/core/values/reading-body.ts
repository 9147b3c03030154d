/** What a reading of a dataset says, as it is stored: canonical JSON, named by its digest. */
import { z } from 'zod';
import { guessOf } from './guess.ts';
import { layout } from './layout.ts';
import { fieldGuess } from './meaning.ts';

export const readingBody = z.object({
  format: guessOf(z.string()).nullable(),
  layout,
  fields: z.array(fieldGuess),
});
export type ReadingBody = z.infer<typeof readingBody>;
