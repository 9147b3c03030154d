/** The kinds of classifier that there are. Adding one is a folder and a line here (docs/how-to/classifier.md). */
import { agentClassifier } from './agent/classifier.ts';
import { examplesClassifier } from './examples/classifier.ts';
import { manualClassifier } from './manual/classifier.ts';
import { modelClassifier } from './model/classifier.ts';
import type { ClassifierKind } from './port.ts';
import { rulesClassifier } from './rules/classifier.ts';

export const CLASSIFIERS: readonly ClassifierKind[] = [
  rulesClassifier,
  manualClassifier,
  examplesClassifier,
  agentClassifier,
  modelClassifier,
];
