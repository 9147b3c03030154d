/** A classifier assigns category, rationale and confidence to items. Adding a kind is one folder and one line in `kinds.ts` (docs/how-to/classifier.md). */
import type { Problem } from '#lib/core/errors.ts';
import type { Right } from '#lib/core/examples/held-out.ts';
import type { ClassifierInPlan, ClassifierPart } from '#lib/core/plans/plan.ts';
import type { FieldMeanings } from '#lib/core/values/meaning.ts';

export type ClassifierItem = { ordinal: number; fields: Record<string, string> };
export type Classification = {
  ordinal: number;
  category: string;
  why: string;
  confidence: number;
  /** which of the classifier's own parts gave it (the index of the rule), for counting; absent where none did */
  part?: number;
};

/** Where in a field's text something stands: from (inclusive) and to (exclusive), in UTF-16 units; in order, none overlapping. */
export type Matched = Record<string, [from: number, to: number][]>;

/** A classification, and what each part made of the item, also the parts behind the one that gave it. */
export type Examined = {
  classification: Classification;
  /** the parts that hold */
  holds: number[];
  /** the parts of which nobody knows, for the values of these fields are missing or can't be read */
  unknown: { part: number; fields: string[] }[];
};

/**
 * Told before each evaluation of what somebody wrote, so that whoever ends it can say where it stood: the part (the index of the rule; -1 for none) and
 * the item's ordinal, 0 while no item is looked at.
 */
export type At = (part: number, ordinal: number) => void;

export type Classifier = {
  /** The fields it reads, so that callers fetch no more; null when it can read any. */
  fields: string[] | null;
  /** How many parts of its own can give a category: its rules. 0 where classifications name none. */
  parts: number;
  /** It reads texts as they stand: what is doubtful of their meaning is nothing to it. */
  readsText?: true;
  /** Classifies every item it is given, in order; throws to halt the chunk, with words for a person. */
  classify(items: ClassifierItem[], signal: AbortSignal): Promise<Classification[]>;
  /**
   * As `classify`, and asks every part of every item; what only goes wrong behind the part that decided does not throw. Left out where one part at most holds
   * for an item, and every part is always known.
   */
  examine?: ((items: ClassifierItem[], signal: AbortSignal) => Promise<Examined[]>) | undefined;
};

/**
 * What a classifier is made for: the dataset's fields, and what their values mean, with whose days are meant. `meanings` is null in a plan of version 1,
 * where every field is text.
 */
export type ClassifierSetting = {
  fieldNames: string[];
  meanings: FieldMeanings | null;
  timeZone: string;
  /** what `learn` gave, where the kind has that and it was asked */
  learned?: unknown;
};

/** Items of datasets, for a kind that learns from some. */
export type ReadItems = {
  /** null: the dataset is not there, or not whole */
  facts(dataset: string): Promise<{ items: number; fields: string[] } | null>;
  /** in pages, in the order of these ordinals, which come ascending; an item that was erased is left out */
  items(dataset: string, ordinals: readonly number[], fields: readonly string[]): AsyncIterable<ClassifierItem[]>;
};

/** What ingest knows of a field: `iso` and `odd` as in its profile, absent where nobody looked. */
export type ClassifierField = {
  name: string;
  type: string;
  top?: readonly { value: string; count: number }[];
  iso?: string;
  odd?: string;
};

/** What a plan tells whoever is asked: what should happen, and the categories in their order. */
export type AskingPlan = { instruction: string; categories: string[] };

/**
 * What somebody is asked about some items. `element`: the JSON schema of one part of the answer, which is a list of such parts that come one by one. Names in it are for
 * this call alone.
 */
export type Asking = {
  system: string;
  prompt: string;
  element: JsonSchema;
  /** what the answer may come to, in tokens */
  outputTokens: number;
  read(part: unknown): Judged;
};
type JsonSchema = {
  type: 'object';
  properties: Record<string, { type: 'string'; enum?: string[] }>;
  required: string[];
  additionalProperties: false;
};

/** One part of an answer: what it says of an item, or why it says nothing. `ordinal`: of an item that was asked for. */
export type Judged =
  | { classification: Classification }
  | { refused: 'unknown_item' | 'unknown_category'; ordinal: number | null };

/**
 * Of a kind whose answers somebody is asked for over a connection, and paid for: what is asked, and what counts of an answer. Pure: a worker asks, keeps each answer the
 * moment it comes, asks again for what is missing, and stays below what it may cost.
 */
type Asks<Part> = {
  /** what all of it may cost, in the currency of the connection's prices; and how many items go into one call */
  bounds(part: Part): { atMost: number; together: number };
  /** @param salt drawn anew for each call */
  about(part: Part, plan: AskingPlan, items: readonly ClassifierItem[], salt: Uint8Array): Asking;
  /** Of an item for which no usable answer came. */
  unsure(part: Part, ordinal: number, why: string): Classification;
};

/** What a person is asked about next, and how far the teaching has come. */
export type TeachRound = {
  /** items to decide, in their order */
  ordinals: number[];
  /** items that were taught, of all datasets; below `least`, or of one category alone, nothing is learned */
  taught: number;
  least: number;
  categories: {
    name: string;
    taught: number /** of the items looked at that nobody decided: how many it would put there */;
    items: number;
  }[];
  /** items of the dataset that nobody decided and that were looked at: all, or a sample; of how many it is not sure enough to say */
  rest: { items: number; unsure: number; exact: boolean };
  /** of items drawn at random, how many it was right about before it was told; and for how large a share of all that speaks, with 95 % confidence. Null: nothing was learned */
  right: Right | null;
};

export type ClassifierKind<Part extends ClassifierPart = ClassifierPart> = ClassifierInPlan<Part> & {
  /** What it goes by can be changed in its editor while a batch runs, and what would change can be worked out: what that is called, on a button. Left out where it can't. */
  changeable?: string;
  /** Agents classify, over REST: no worker claims what waits to be classified, and nobody knows ahead what comes of it. */
  agents?: true;
  /** Somebody is asked over a connection (`asksOver`), by a worker: nobody knows ahead what comes of it. Left out where it classifies by itself. */
  asks?: Asks<Part>;
  /** The form in which a plan's page shows its part, by the name of a component there; null: it is edited as JSON. */
  editor: string | null;
  /**
   * Works out what it needs beside its part, from items that the part names, and gives the part with what identifies it written in: the same items give the same.
   * Throws `conflict` where they are not there. Left out where the part is all.
   */
  learn?(part: Part, read: ReadItems): Promise<{ part: Part; learned: unknown }>;
  /** Chooses at most so many items of a dataset that would teach it the most. Throws as `learn` does. Left out where people teach it nothing. */
  teach?(part: Part, asked: { dataset: string; most: number }, read: ReadItems): Promise<TeachRound>;
  /** Dataset's ordinal -> category, of what people decided while they taught: it stays theirs. Left out where they teach it nothing. */
  taught?(part: Part, dataset: string): ReadonlyMap<number, string>;
  /**
   * Checks its part of the plan against the dataset's fields; throws `invalid` with path, line and column. It runs in a thread that is ended when it
   * takes too long, and so does all that it makes.
   */
  make(part: Part, setting: ClassifierSetting, at: At): Classifier;
  /**
   * What can be evaluated and would still classify wrong, with path, line and column: no plan may begin with it. `make` does not ask, so that a
   * batch which runs already runs on.
   */
  objections(part: Part, fields: readonly ClassifierField[], setting: ClassifierSetting, at: At): Problem[];
  /**
   * Which of its parts gave a stored classification, as far as the plan alone tells: null where several could have, or none. Left out where classifications
   * name none. The classifier's part is as it was given, and may be none.
   */
  partOf?(classifier: unknown, given: Pick<Classification, 'category' | 'why' | 'confidence'>): number | null;
  /** What in an item's fields the classification goes by, for people to see; bounded, as it is asked of each item of a list. Left out where nothing can be shown. */
  matched?(part: Part, given: Pick<Classification, 'category' | 'why'>, fields: Readonly<Record<string, string>>): Matched;
  /** The fields that its parts go by, in their order, as far as the plan alone tells: what people look at first. Left out where nothing can be told. */
  reads?(part: Part): string[];
  /** Where a part of which `at` was told stands in the plan, and what people call it; left out where it is told of none. The classifier's part is as it was given, and may be none. */
  placeOf?(part: number, classifier: unknown): { path: string; words: string };
};
