/** A classifier assigns category, rationale and confidence to items. Adding a kind is one file and one line in `registry.ts`. */
import type { Plan } from '#lib/core/plan.ts';

export type ClassifierItem = { ordinal: number; fields: Record<string, string> };
export type Answer = {
  ordinal: number;
  category: string;
  why: string;
  confidence: number;
  /** which of the classifier's own parts answered (the index of the rule), for counting; absent where none did */
  part?: number;
};

export type Classifier = {
  /** The fields it reads, so that callers fetch no more; null when it can read any. */
  fields: string[] | null;
  /** Answers every item it is given, in order; throws to halt the chunk, with words for a person. */
  classify(items: ClassifierItem[], signal: AbortSignal): Promise<Answer[]>;
};

export type ClassifierKind = {
  kind: Plan['classifier']['kind'];
  /** Checks the plan's classifier against the dataset's fields; throws `invalid` with path, line and column. */
  make(plan: Plan, fieldNames: string[]): Classifier;
};
