/**
 * Text of mails that declare no character set for it, or one that it is plainly not in. It is read as a table is (UTF-8 where it is valid, else
 * the likeliest), one mail at a time; a mail too short to tell goes by what most before it were in.
 */
import { isAscii } from 'node:buffer';
import { CountersignError } from '#lib/core/errors.ts';
import { type Guess, LINES_MAX, SURE_ENOUGH, saidByPerson } from '#lib/core/values/guess.ts';
import { CHARSETS, guessCharset, looksUtf8 } from '#lib/ingest/csv/charset.ts';
import { decodedAs, isSpoiled, knownCharset, type ReadBytes } from './decode.ts';

type Seen = { mails: number; lines: number[] };
type Choice = { charset: string; sure: number; others: readonly { value: string; sure: number }[] };

/** Of one mailbox: what its mails were read as. */
export class Undeclared {
  readonly #said: string | null;
  readonly #seen = new Map<string, Seen>();
  /** The mail whose character set is the least sure, of those in each. */
  readonly #doubt = new Map<string, Choice>();

  /** @param said what a person says it is in, by one of its names in CHARSETS. Throws `invalid` where it is none of them. */
  constructor(said?: string) {
    const known = said === undefined ? undefined : named(said);
    if (said !== undefined && known === undefined)
      throw new CountersignError(
        'invalid',
        `“${said}” is no character set that can be read. Choose one of ${CHARSETS.join(', ')}.`,
      );
    this.#said = known ?? null;
  }

  /**
   * How the undeclared text of one mail is read.
   * @param sample its bytes, asked for at the first that are neither ASCII nor UTF-8
   * @param declared what the mail declares for other parts of itself
   */
  of(line: number, sample: () => Buffer[], declared: () => string[]): ReadBytes {
    let chosen: string | null = null;
    return (bytes) => {
      if (isAscii(bytes)) return bytes.includes(SHIFT_TO_JAPANESE) ? decodedAs(bytes, 'ISO-2022-JP') : bytes.toString('latin1');
      if (this.#said === null && looksUtf8(bytes, true)) {
        if (chosen === null) this.#note('UTF-8', line);
        chosen ??= 'UTF-8';
        return bytes.toString('utf8');
      }
      if (chosen === null || chosen === 'UTF-8') {
        const choice = this.#said === null ? this.#choose([...sample(), bytes], declared(), line) : certainly(this.#said);
        chosen = choice.charset;
        this.#note(chosen, line, choice);
      }
      return decodedAs(bytes, chosen);
    };
  }

  /** Undefined while no mail has had such text. */
  guess(): Guess<string> | undefined {
    if (this.#said !== null) return saidByPerson(this.#said);
    const [first, ...rest] = [...this.#seen].sort(([, a], [, b]) => b.mails - a.mails);
    if (!first) return undefined;
    const [value, seen] = first;
    const doubt = this.#doubt.get(value);
    // Many mails in one set say that it is this one. Where others are in another, each has been read in its own: nobody has to choose one for all.
    const usual = seen.mails >= MAILS_ENOUGH || rest.length > 0;
    return {
      value,
      sure: usual ? Math.max(doubt?.sure ?? 1, SURE_ENOUGH) : (doubt?.sure ?? 1),
      by: 'guess',
      for: seen.lines,
      against: rest.flatMap(([, { lines }]) => lines).slice(0, LINES_MAX),
      others: doubt ? [...doubt.others] : [],
    };
  }

  #note(charset: string, line: number, choice?: Choice): void {
    const seen = this.#seen.get(charset) ?? { mails: 0, lines: [] };
    seen.mails++;
    if (seen.lines.length < LINES_MAX) seen.lines.push(line);
    this.#seen.set(charset, seen);
    if (choice && choice.sure < (this.#doubt.get(charset)?.sure ?? 1)) this.#doubt.set(charset, choice);
  }

  #choose(sample: Buffer[], declared: string[], line: number): Choice {
    const bytes = wordsOutsideAscii(sample.filter((piece) => !isAscii(piece) && !looksUtf8(piece, true)));
    for (const name of declared) {
      const charset = knownCharset(name);
      if (charset && charset !== 'UTF-8' && !FLAW.test(decodedAs(bytes, charset))) return certainly(named(charset) ?? charset);
    }
    if (bytes.length === 0) return certainly('windows-1252');
    const sent = guessCharset(bytes, true, line, NOT_OF_MAIL).guess;
    // What no text has in any set that is sent was made where the others are.
    const guess = ODD.test(decodedAs(bytes, sent.value)) ? guessCharset(bytes, true, line).guess : sent;
    const possible = [{ value: guess.value, sure: guess.sure }, ...guess.others].filter(
      ({ value }) => value !== 'UTF-8' || !isSpoiled(bytes.toString('utf8')),
    );
    // Each weighs as much more as mails before were in it.
    const weighed = possible
      .map(({ value, sure }) => ({ value, sure: sure * this.#weight(value) }))
      .sort((a, b) => b.sure - a.sure);
    const sum = weighed.reduce((all, { sure }) => all + sure, 0);
    const [best, ...others] = weighed.map(({ value, sure }) => ({ value, sure: Math.round((sure / sum) * 1_000) / 1_000 }));
    return best
      ? { charset: best.value, sure: best.sure, others: others.filter(({ sure }) => sure >= TOLD_SURE_MIN) }
      : certainly('windows-1252');
  }

  #weight(charset: string): number {
    return 1 + Math.min(this.#seen.get(charset)?.mails ?? 0, MAILS_WEIGHED_MAX);
  }
}

/** The first different words with a byte outside ASCII, one a line: a few dozen tell as much as all of them. */
function wordsOutsideAscii(pieces: readonly Buffer[]): Buffer {
  const words = new Set<string>();
  for (const piece of pieces) {
    for (const word of piece.toString('latin1', 0, SAMPLE_BYTES).split(/[ \t\r\n",;]+/)) {
      // What has control codes in it is no word: something was decoded that is no text.
      if (/[\x80-\xff]/.test(word) && !CONTROL.test(word)) words.add(word.slice(0, WORD_BYTES));
      if (words.size >= WORDS_MAX) return Buffer.from([...words].join('\n'), 'latin1');
    }
  }
  return Buffer.from([...words].join('\n'), 'latin1');
}

function named(charset: string): string | undefined {
  return CHARSETS.find((name) => name.toLowerCase() === charset.toLowerCase());
}

function certainly(charset: string): Choice {
  return { charset, sure: 1, others: [] };
}

/** So many mails in one character set are no chance. */
const MAILS_ENOUGH = 5;
const MAILS_WEIGHED_MAX = 10;
/** Sets of files and terminals, hardly ever sent. */
const NOT_OF_MAIL = /^(?:IBM|mac)/i;
const TOLD_SURE_MIN = 0.01;
const SAMPLE_BYTES = 16 * 1024;
const WORDS_MAX = 40;
const WORD_BYTES = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x08\x0e-\x1f]/;
/** ISO-2022-JP is ASCII by its bytes; nothing else has this in a text. */
const SHIFT_TO_JAPANESE = '\x1b$';
/** The C1 controls, which no text means, and what could not be decoded. */
const FLAW = /[\x80-\x9f\ufffd]/;
/** And parts of frames, which no word has. */
const ODD = /[\x80-\x9f\ufffd\u2500-\u259f]/;
