/**
 * What threads do, by name: everything that reads a person's plan, evaluates their rules (docs/budgets.md) or takes a mail apart. bin/thread.ts serves these. Each is loaded
 * when it is first asked for: a worker's threads classify, and need nothing of what plans.
 */
export const THREAD_JOBS = {
  checkClassifier: async () => (await import('./check-classifier.ts')).checkClassifier,
  classifyPage: async () => (await import('#lib/steps/chunks/classify-page.ts')).classifyPage,
  openItem: async () => (await import('#lib/steps/datasets/open-item.ts')).openItem,
  checkRevision: async () => (await import('./check-revision.ts')).checkRevision,
  compareRules: async () => (await import('./compare-rules.ts')).compareRules,
  planDataset: async () => (await import('./plan-dataset.ts')).planDataset,
  planQuestions: async () => (await import('./plan-questions.ts')).planQuestions,
  previewDataset: async () => (await import('./preview-dataset.ts')).previewDataset,
  teachRound: async () => (await import('./teach-round.ts')).teachRound,
  readRowsBehind: async () => (await import('./read-rows-behind.ts')).readRowsBehind,
};
