/** What threads do, by name: everything that reads a person's plan or evaluates their rules (docs/budgets.md). bin/thread.ts serves these. */
import { classifyPage } from '#lib/steps/chunks/classify-page.ts';
import { checkClassifier } from './check-classifier.ts';
import { planDataset } from './plan-dataset.ts';
import { planQuestions } from './plan-questions.ts';
import { previewDataset } from './preview-dataset.ts';
import { readRowsBehind } from './read-rows-behind.ts';

export const THREAD_JOBS = { checkClassifier, classifyPage, planDataset, planQuestions, previewDataset, readRowsBehind };
