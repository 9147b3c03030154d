/** Learns from what people decided, with no key and no network: words, weighed (docs/examples.md). */
import type { ClassifierItem, ClassifierKind } from '#lib/classifiers/port.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { likeWords } from '#lib/core/examples/likeness.ts';
import { wordsOf } from '#lib/core/examples/words.ts';
import { decide, type LearnedPart, learnPart } from './learn-part.ts';
import { type ExamplesPart, examplesInPlan, taughtOf } from './part.ts';
import { teachRound } from './teach.ts';

export const examplesClassifier: ClassifierKind<ExamplesPart> = {
  ...examplesInPlan,
  editor: 'examples',
  changeable: 'Learn from corrections…',
  async learn({ learned: _, ...part }, read) {
    const learned = await learnPart(part, read);
    return { part: learned ? { ...part, learned: learned.digest } : part, learned: { of: learned } };
  },
  teach: teachRound,
  taught: taughtOf,
  make(part, { fieldNames, learned }) {
    assertFields(part, fieldNames);
    const fields = [...(part.fields ?? fieldNames)].sort();
    const of = learned as { of: LearnedPart | null } | undefined;
    return {
      ...{ fields, parts: 0, readsText: true },
      async classify(items) {
        if (!of) throw new Error('It was made without what it learned.');
        return items.map((item) => ({ ordinal: item.ordinal, ...classified(part, of.of, fields, item) }));
      },
    };
  },
  objections: () => [],
};

/** Examples that are named as the reason. */
const NEAREST = 2;

type Given = { category: string; why: string; confidence: number };

function classified(part: ExamplesPart, of: LearnedPart | null, fields: string[], item: ClassifierItem): Given {
  const unsure = (why: string): Given => ({ category: part.otherwise, why, confidence: 0 });
  if (!of) return unsure('Too little was taught to tell.');
  const vector = of.vectorOf(wordsOf(item.fields, fields));
  const { category, chances, unknown } = decide(part, of, vector);
  if (unknown) return unsure('Hardly a word of it stands in an example.');
  const [first, second] = chances;
  if (!first || category === null)
    return unsure(`Not sure: ${first?.name} ${percent(first?.chance)}, ${second?.name} ${percent(second?.chance)}.`);
  const like = of.learned.nearest(vector, first.place, NEAREST).flatMap((at) => of.decided[at]?.ordinal ?? []);
  return { category, why: likeWords(like, category), confidence: first.chance };
}

function percent(share = 0): string {
  return `${Math.round(100 * share)} %`;
}

function assertFields({ fields }: ExamplesPart, fieldNames: readonly string[]): void {
  const problems: Problem[] = (fields ?? []).flatMap((field, at) =>
    fieldNames.includes(field)
      ? []
      : [{ path: `classifier.fields.${at}`, message: `There is no field “${field}”. Choose one of: ${fieldNames.join(', ')}.` }],
  );
  if (problems[0]) throw new CountersignError('invalid', problems[0].message, { problems });
}
