/** A classifier assigns category, rationale and confidence to items. Adding a kind is one folder and one line in `kinds.ts` (docs/how-to/classifier.md). */
import type { Problem } from '#lib/core/errors.ts';
import type { ClassifierInPlan, ClassifierPart } from '#lib/core/plans/plan.ts';

export type ClassifierItem = { ordinal: number; fields: Record<string, string> };
export type Classification = {
  ordinal: number;
  category: string;
  why: string;
  confidence: number;
  /** which of the classifier's own parts gave it (the index of the rule), for counting; absent where none did */
  part?: number;
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
  /** Classifies every item it is given, in order; throws to halt the chunk, with words for a person. */
  classify(items: ClassifierItem[], signal: AbortSignal): Promise<Classification[]>;
};

/** What ingest knows of a field: `iso` and `odd` as in its profile, absent where nobody looked. */
export type ClassifierField = {
  name: string;
  type: string;
  top?: readonly { value: string; count: number }[];
  iso?: string;
  odd?: string;
};

export type ClassifierKind<Part extends ClassifierPart = ClassifierPart> = ClassifierInPlan<Part> & {
  /** The form in which a plan's page shows its part, by the name of a component there; null: it is edited as JSON. */
  editor: string | null;
  /**
   * Checks its part of the plan against the dataset's fields; throws `invalid` with path, line and column. It runs in a thread that is ended when it
   * takes too long, and so does all that it makes.
   */
  make(part: Part, fieldNames: string[], at: At): Classifier;
  /**
   * What can be evaluated and would still classify wrong, with path, line and column: no plan may begin with it. `make` does not ask, so that a
   * batch which runs already runs on.
   */
  objections(part: Part, fields: readonly ClassifierField[], at: At): Problem[];
  /** Where a part of which `at` was told stands in the plan, and what people call it; left out where it is told of none. */
  placeOf?(part: number): { path: string; words: string };
};
