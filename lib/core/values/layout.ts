/** How the bytes of a file are cut into rows: what can be said of it, by a person or by a guess. Each format understands some of it. */
import { z } from 'zod';
import { guessOf } from './guess.ts';

const choices = {
  /** one character: , ; tab | or any other */
  delimiter: z.string().min(1).max(4),
  quote: z.enum(['none', 'double', 'single']),
  /** how a quote stands inside a quoted cell */
  escape: z.enum(['doubled', 'backslash']),
  /** what backslashes outside of quotes are: characters as others, or what a database's dump writes: \N for no value, \t, \n, \\ */
  backslashes: z.enum(['text', 'dump']),
  /** the line of the names of the columns; 0: no line has them */
  header: z.int().min(0),
  /** as `CHARSETS` of the format names it */
  charset: z.string().max(40),
  /** what becomes of a row with too few cells */
  short: z.enum(['fill', 'refuse']),
  /** what becomes of a row with too many cells */
  long: z.enum(['cut', 'refuse']),
  /** how the mails of a mailbox are told apart */
  flavour: z.enum(['mboxo', 'mboxrd', 'mboxcl', 'mboxcl2', 'one mail']),
  /** the line of the last row of the table, below which nothing is a row; 0: the table ends with the file */
  last: z.int().min(0),
  /** what rows between others that look like sums of them are: rows as the others, or none */
  sums: z.enum(['rows', 'aside']),
  /** the name of the sheet of a workbook, or the path of the list in a document */
  part: z.string().max(1_000),
};

/** What a person says of a file; what is left out is guessed. */
export const layoutSaid = z.object(choices).partial();
export type LayoutSaid = z.infer<typeof layoutSaid>;

/** How a file was read. What its format does not know of is left out. */
export const layout = z.object({
  delimiter: guessOf(choices.delimiter).optional(),
  quote: guessOf(choices.quote).optional(),
  escape: guessOf(choices.escape).optional(),
  backslashes: guessOf(choices.backslashes)
    .optional()
    .describe(
      'Whether backslashes outside of quotes are text, or escapes as in the dump of a database. Left out where there is none.',
    ),
  header: guessOf(choices.header).optional(),
  charset: guessOf(choices.charset).optional(),
  last: guessOf(choices.last).optional().describe('The line of the last row of the table; 0 where that is the last of the file.'),
  sums: guessOf(choices.sums)
    .optional()
    .describe('Whether rows between others that look like sums of them are rows of the table. Left out where there is none.'),
  flavour: guessOf(choices.flavour).optional(),
  part: guessOf(choices.part).optional(),
  short: choices.short.optional(),
  long: choices.long.optional(),
  aside: z
    .array(z.int().min(1))
    .optional()
    .describe('Lines that are not part of the table: above its header, below its last row.'),
  filled: z.int().min(0).optional().describe('Rows that had too few cells and were filled up.'),
  cut: z.int().min(0).optional().describe('Rows that had too many cells and were cut.'),
  misread: z
    .int()
    .min(0)
    .optional()
    .describe(
      'Mails that were read by another flavour than `flavour`, which was known only later: whoever says the flavour has them read anew.',
    ),
  summed: z.int().min(0).optional().describe('Rows between others that look like sums of them, and are rows of the table.'),
});
export type Layout = z.infer<typeof layout>;
