/** Names that people give: to batches, datasets, categories, chunks, shelves, themselves. What is drawn of them is what they are. */
import { z } from 'zod';
import { piecesOf, WHITE } from './legible.ts';

/**
 * In Unicode's composed form, without white space at its ends, and with one space where there is more.
 * @internal for its tests
 */
export function tidied(name: string): string {
  return name.normalize('NFC').replace(WHITE, ' ').trim();
}

/** A name that nobody typed, such as a file's: tidied, with a space for each run of what nobody sees. */
export function withoutHidden(name: string): string {
  return tidied(
    piecesOf(name)
      .map(({ text, standIn }) => (standIn ? ' ' : text))
      .join(''),
  );
}

/** What is wrong with a text that somebody typed, as a sentence; null where every character of it can be seen. `what`: “A batch's name”. */
function hiddenProblem(what: string, text: string): string | null {
  let before = '';
  for (const { text: piece, standIn } of piecesOf(text)) {
    if (standIn) {
      const where = before === '' ? 'at its beginning' : `after “${before.slice(-20).toWellFormed()}”`;
      return `${what} has something that nobody sees ${where}: ${standIn.name}. Take it out, or type the name by hand.`;
    }
    before = piece;
  }
  return null;
}

/** The schema of a name: tidied, of 1 to `max` characters, and refused with words where something in it is hidden. */
export function givenName(what: string, { max, missing, long }: { max: number; missing: string; long?: string }) {
  return z
    .string({ error: ({ input }) => (input === undefined ? missing : undefined) })
    .max(max * 4, long ?? `${what} has at most ${max} characters.`)
    .overwrite(tidied)
    .min(1, missing)
    .max(max, long ?? `${what} has at most ${max} characters.`)
    .superRefine((name, context) => refuseHidden(what, name, context));
}

/** For a schema of its own that some text people type goes through. */
export function refuseHidden(what: string, text: string, context: Pick<z.core.$RefinementCtx, 'addIssue'>): void {
  const message = hiddenProblem(what, text);
  if (message !== null) context.addIssue({ code: 'custom', message });
}

/** The schema of a sentence or more that people write for people: trimmed, composed, with its lines, and refused as a name is. */
export function givenNote(what: string, max: number) {
  return z
    .string({ error: ({ input }) => (input === undefined ? `${what} is missing.` : undefined) })
    .max(max * 2, `${what} has at most ${max.toLocaleString('en-US')} characters.`)
    .overwrite((text) => text.normalize('NFC').trim())
    .max(max, `${what} has at most ${max.toLocaleString('en-US')} characters.`)
    .superRefine((text, context) => refuseHidden(what, text, context));
}
