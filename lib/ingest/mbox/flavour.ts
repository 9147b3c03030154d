/** How the mails of a mailbox are told apart, and what was done to their lines that begin with "From ". */
import { certain, type Guess, LINES_MAX, saidByPerson } from '#lib/core/values/guess.ts';
import type { Layout } from '#lib/core/values/layout.ts';
import type { RawMessage, Splitting } from './split.ts';

export type Flavour = NonNullable<Layout['flavour']>['value'];

/** What ends a mail of a flavour; null where the flavour is not known yet. */
export function splittingOf(flavour: Flavour | null): Splitting {
  if (flavour === null) return { separators: true, lengths: 'where they fit' };
  return { separators: flavour !== 'one mail', lengths: flavour === 'mboxcl' || flavour === 'mboxcl2' ? 'always' : 'never' };
}

/** Of one mailbox: what its mails, as they come, say of its flavour. */
export class Flavours {
  readonly #known: Flavour | null;
  readonly #said: boolean;
  #mails = 0;
  readonly #fit = noLines();
  readonly #misfit = noLines();
  readonly #bare = noLines();
  readonly #quoted = noLines();
  readonly #quotedAgain = noLines();
  /** Mails with quoted lines, by how these were read: what was known by then may be known better now. */
  readonly #read: { quoting: Quoting; again: boolean; mails: Lines }[] = [];

  /** @param known what a person said, or what the file can only be; null where its mails tell. */
  constructor(known: Flavour | null, said: boolean) {
    this.#known = known;
    this.#said = said;
  }

  /** Takes a mail in, and says how its quoted lines are to be read. */
  of({ line, raw, length, bare }: RawMessage): Quoting {
    this.#mails++;
    if (length === true) note(this.#fit, line);
    if (length === false) note(this.#misfit, line);
    for (const at of bare) note(this.#bare, at);
    const quoting = this.#quoting(length);
    if (!raw.includes(QUOTED)) return quoting;
    note(raw.includes(QUOTED_AGAIN) ? this.#quotedAgain : this.#quoted, line);
    this.#readBy(quoting, raw.includes(QUOTED_AGAIN), line);
    return quoting;
  }

  #quoting(length: boolean | null): Quoting {
    if (this.#known !== null) return QUOTINGS[this.#known];
    if (length !== true) return 'one level';
    return this.#bare.count > 0 ? 'none' : 'only bare';
  }

  #readBy(quoting: Quoting, again: boolean, line: number): void {
    const known = this.#read.find((one) => one.quoting === quoting && one.again === again);
    const mails = known?.mails ?? noLines();
    note(mails, line);
    if (!known) this.#read.push({ quoting, again, mails });
  }

  /** How many mails were read by another flavour than the file turned out to have, and are others by it. */
  get misread(): number {
    if (this.#known !== null) return 0;
    return this.#readOtherwise(this.#guess().value).reduce((sum, { mails }) => sum + mails.count, 0);
  }

  #readOtherwise(flavour: Flavour): { quoting: Quoting; mails: Lines }[] {
    const now = QUOTINGS[flavour];
    // A line that was quoted once is the same by both that take a sign off.
    return this.#read.filter(({ quoting, again }) => quoting !== now && (again || quoting === 'none' || now === 'none'));
  }

  guess(): Guess<Flavour> {
    if (this.#known !== null) return this.#said ? saidByPerson(this.#known) : certain(this.#known);
    const found = this.#guess();
    const otherwise = this.#readOtherwise(found.value);
    if (otherwise.length === 0) return found;
    const lines = [...found.against, ...otherwise.flatMap(({ mails }) => mails.lines)];
    const others = [...found.others.map(({ value }) => value), ...otherwise.map(({ quoting }) => READ_BY[quoting])];
    const different = [...new Set(others)].filter((other) => other !== found.value);
    return {
      ...{ ...found, sure: MISREAD_SURE, against: [...new Set(lines)].sort((x, y) => x - y).slice(0, LINES_MAX) },
      others: different.map((value) => ({ value, sure: (1 - MISREAD_SURE) / different.length })),
    };
  }

  #guess(): Guess<Flavour> {
    const quotes = this.#quoted.count + this.#quotedAgain.count;
    const fits = { for: this.#fit.lines, against: this.#misfit.lines };
    if (this.#bare.count > 0) return guess('mboxcl2', { ...fits, for: this.#bare.lines });
    if (this.#fit.count * 2 >= this.#mails && this.#fit.count > this.#misfit.count) {
      if (quotes === 0) return guess('mboxcl2', fits);
      return guess(
        'mboxcl',
        { ...fits, for: [...this.#quoted.lines, ...this.#quotedAgain.lines].slice(0, LINES_MAX) },
        'mboxcl2',
      );
    }
    // The two differ only in what they make of a line that was quoted twice.
    if (this.#quotedAgain.count === 0) return guess('mboxrd', { for: this.#quoted.lines, against: [] });
    return guess('mboxrd', { for: this.#quotedAgain.lines, against: [] }, 'mboxo');
  }
}

/** `one level`: one ">" less before every ">From "; `only bare`: only of those that have one. */
export type Quoting = 'none' | 'one level' | 'only bare';

/** How the quoted lines of a mailbox are read of which no more is known. */
export function quotingOf(flavour: Flavour): Quoting {
  return QUOTINGS[flavour];
}

/** A text as it was before it was put into the mailbox. */
export function unquoted(body: Buffer, quoting: Quoting): Buffer {
  if (quoting === 'none' || !body.includes(QUOTED)) return body;
  const pattern = quoting === 'one level' ? /^>(>*From )/gm : /^>(From )/gm;
  return Buffer.from(body.toString('latin1').replace(pattern, '$1'), 'latin1');
}

type Lines = { count: number; lines: number[] };

const QUOTINGS: Record<Flavour, Quoting> = {
  mboxo: 'only bare',
  mboxrd: 'one level',
  mboxcl: 'only bare',
  mboxcl2: 'none',
  'one mail': 'none',
};
/** The flavour that a mail was read by as. */
const READ_BY: Record<Quoting, Flavour> = { none: 'mboxcl2', 'one level': 'mboxrd', 'only bare': 'mboxcl' };
/** Somebody is asked, for the file was read by two of them. */
const MISREAD_SURE = 0.7;
const QUOTED = '>From ';
const QUOTED_AGAIN = '>>From ';
/** Where another flavour is possible, it changes a sign before some lines: that is told, and nobody is asked. */
const SURE = 0.9;

function guess(
  value: Flavour,
  { for: speaksFor, against }: Pick<Guess<Flavour>, 'for' | 'against'>,
  other?: Flavour,
): Guess<Flavour> {
  const others = other ? [{ value: other, sure: 0.1 }] : [];
  return { value, sure: other ? SURE : 1, by: 'guess', for: speaksFor, against, others };
}

function noLines(): Lines {
  return { count: 0, lines: [] };
}

function note(lines: Lines, line: number): void {
  lines.count++;
  if (lines.lines.length < LINES_MAX && lines.lines.at(-1) !== line) lines.lines.push(line);
}
