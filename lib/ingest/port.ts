/**
 * The port of ingest: a format turns the bytes of a file into items and unreadable rows, streaming, and says everything that others need to know of
 * it. Adding a format is adding one folder and one line in kinds.ts (docs/how-to/format.md).
 *
 * What every format keeps to:
 * - It never throws because of what a row contains: such a row becomes an unreadable row. It throws CountersignError only when the
 *   file as a whole can't be read.
 * - `raw` are the file's own bytes, in order; what lies between two rows is nothing but line ends (blank lines) and the format's own separators. A format
 *   whose rows are no bytes of the file says so, and how it writes them instead.
 * - How the source is cut into chunks makes no difference.
 * - It holds at most a few records at a time, never the file.
 */

import type { DraftedPlan, DraftInput } from '#lib/core/plans/draft-plan.ts';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';

/** One record. `values` go with the segment's `fields`, position by position. */
export type Item = {
  /** 1-based physical line at which the record starts. */
  line: number;
  values: readonly string[];
  /** The record's bytes as they are in the file, line end included. A view: copy it if it is to outlive the segment. */
  raw: Buffer;
  /** No value holds a character that JSON would have to escape; lets the store write JSON by joining strings. */
  plain: boolean;
};

export type UnreadableRow = {
  line: number;
  /** In words, for the person who uploaded it: "line 17 has 5 cells, the header has 4". */
  reason: string;
  /** The row's first bytes, at most UNREADABLE_EXCERPT_BYTES. */
  excerpt: Buffer;
  /** All of its bytes as they are in the file, so that it can be given back to be fixed; null where they are too many to be held. A view, as an item's. */
  raw: Buffer | null;
};

/** Some consecutive rows of the file, perhaps none. Ordinals are given by whoever counts the items, from 1, in this order. */
export type Segment = {
  /** Field names in the file's order: unique, JSON-safe, the same array in every segment of a file. */
  fields: readonly string[];
  items: Item[];
  unreadable: UnreadableRow[];
  /** What was detected, for people and for writing the file back. */
  dialect: Dialect;
  /** How the file is read, each guess with what speaks for it; the counts are of the file so far. */
  layout: Layout;
};

/** JSON-safe. Formats add what they detect; `charset` is the character set that text was decoded with. */
export type Dialect = { charset?: string } & Record<string, string | number | boolean>;

export type ParseOptions = {
  fileName: string;
  /** The time against which a date is doubtful. */
  now: Date;
  /** What a person said of the file. A format goes by it without a look at what it would have guessed itself. */
  said: LayoutSaid;
};

/** How items are written back into a file of their format, so that reading it gives the same items. */
export type WriteBack = {
  /** the character set of the file; left out where it has none of its own */
  charset?: string | undefined;
  /** the file's own bytes before its first item: byte order mark, header row */
  head: Buffer;
  /** an item's original bytes as they stand in the file, with the line end or the separator that the format needs; called for one item after the other */
  write(raw: Buffer): Buffer;
  /** what stands behind the last item: the end of a list */
  tail?: Buffer;
  /** where items are written in another form than the file's: that form's ending and content type */
  written?: { ending: string; contentType: string };
};

/** How people see an item: as a mail, as a tree of JSON, or else as a form of its fields. `first`: the fields that are read first, as they stand in a mail's head. */
type Drawn = { as: 'mail' | 'tree'; first: readonly string[] };

/** What a mail has beside its fields. Bounded, whatever the mail; `html` is safe to be drawn in a frame that runs, fetches and sends nothing. */
export type OpenedMail = {
  headers: { name: string; value: string }[];
  /** headers that are not among them */
  moreHeaders: number;
  /** null where the mail has no HTML */
  html: string | null;
  /** pictures of the HTML that lie elsewhere, and were not loaded */
  remote: number;
  /** only the beginning of the HTML is in `html` */
  cut: boolean;
  attachments: { name: string; type: string; bytes: number }[];
  moreAttachments: number;
};

export type Format = {
  /** In datasets, addresses and downloads: "csv". Not "jsonl" or "original", which every download offers. */
  name: string;
  /** What its items are called, as a regular English plural: "mails". */
  noun: string;
  /** What people call it, in a sentence: "a mailbox (mbox) or a mail (eml)". */
  title: string;
  /** What somebody uploads or gets back, in a sentence: "a CSV file". */
  file: string;
  /** File name endings, lower case with the dot; a download has the first. */
  endings: readonly string[];
  contentType: string;
  /** The field that people read as a text of its own, apart from the short ones; null where there is none. */
  textField: string | null;
  /** The character sets that a person can say a file of it is in; left out where it has one only. */
  charsets?: readonly string[];
  /** What people call its fields, where they are the format's own and not the file's: "Sender's domain" for fromDomain. */
  fieldLabels?: Readonly<Record<string, string>>;
  /**
   * How surely this is the format, from the first bytes of the file (HEAD_BYTES, or the whole file when it is shorter) and its
   * name: 1 for certain, null for no.
   */
  sniff(head: Buffer, fileName: string): number | null;
  /** Whether it can't give a row before it has seen the end of the file, and its lines are no lines of text. */
  readsWhole?: boolean;
  parse(source: AsyncIterable<Buffer>, options: ParseOptions): AsyncIterable<Segment>;
  /** `dialect` is what `parse` detected, as the database has it. */
  writeBack(dialect: unknown): WriteBack;
  /** Left out where its items come in files only. Else what they are one by one, and how one is written behind others into a file of this format. */
  collects?: { contentType: string; write(item: { about: Record<string, string>; bytes: Buffer }): Buffer };
  /** Left out: as a form. */
  drawn?: Drawn;
  /** Of a format that is drawn as mail: an item's bytes taken apart, for whoever looks at it. Its time follows the bytes, whatever is in them: call it where it can be ended. */
  open?(raw: Buffer, layout: Layout): Promise<OpenedMail>;
  /** Pure. A first plan for fields that are this format's own; null where they are not. Without it a plan is drafted as for any table. */
  draft?(input: DraftInput): DraftedPlan | null;
};

/** How much of a file is looked at to tell its format and dialect. */
export const HEAD_BYTES = 64 * 1024;
