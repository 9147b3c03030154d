/** What a program took something to be: with how sure it is, what speaks for it and against it, and what else it could be. */
import { z } from 'zod';

/** Who says so: the file itself (a declaration, a mark), a guess from what is in it, a person. */
const GUESSED_BY = ['file', 'guess', 'person'] as const;

/** Below this, whoever uploaded the file is asked before a plan starts; where nothing else is possible, nobody is asked. */
export const SURE_ENOUGH = 0.9;

/** The schema of a guess at values of this schema. */
export function guessOf<Value extends z.ZodType>(value: Value) {
  return z.object({
    value,
    sure: z.number().min(0).max(1).describe('How sure it is: 1 for certain, or where a person said so.'),
    by: z.enum(GUESSED_BY),
    for: z.array(z.int().min(1)).describe('Lines of the file that speak for it, at most LINES_MAX.'),
    against: z.array(z.int().min(1)).describe('Lines of the file that speak against it, at most LINES_MAX.'),
    others: z.array(z.object({ value, sure: z.number().min(0).max(1) })).describe('What else it could be, the likeliest first.'),
  });
}

export type Guess<Value> = z.infer<ReturnType<typeof guessOf<z.ZodType<Value>>>>;

/** Lines that are told for and against a guess. */
export const LINES_MAX = 5;

/** What the file says of itself, or what can't be otherwise. */
export function certain<Value>(value: Value, lines: readonly number[] = []): Guess<Value> {
  return { value, sure: 1, by: 'file', for: lines.slice(0, LINES_MAX), against: [], others: [] };
}

/** What a person said; `guessed` is what it would be without. */
export function saidByPerson<Value>(value: Value, guessed?: Guess<Value>): Guess<Value> {
  const others = guessed
    ? [{ value: guessed.value, sure: guessed.sure }, ...guessed.others].filter((one) => one.value !== value)
    : [];
  return { value, sure: 1, by: 'person', for: guessed?.value === value ? guessed.for : [], against: [], others };
}

/** Whether a person is to be asked. */
export function isDoubtful({ sure, others, by }: Guess<unknown>): boolean {
  return by !== 'person' && sure < SURE_ENOUGH && others.length > 0;
}
