/** Receipts without an effect: a label that a person countersigned, and nothing else. */
import { z } from 'zod';
import { readParameters, requireDo, requireNoConnection } from '#lib/connectors/parameters.ts';
import type { TransactionalConnector } from '#lib/connectors/port.ts';
import { canonicalBytes } from '#lib/ledger/canonical.ts';

const VERBS = ['label'];
const parameters = z.strictObject({});

export const none: TransactionalConnector = {
  name: 'none',
  version: 1,
  since: 1,
  kind: 'transactional',
  verbs: VERBS,
  form: { choices: [{ words: 'Label: a receipt, no effect', do: 'label', with: {} }], fields: [] },
  check(action) {
    requireDo(action, VERBS);
    requireNoConnection(action);
    readParameters(action, parameters);
  },
  effect: () => 'none',
  wording: () => ({ verb: 'Label', past: 'Labelled', will: 'stay as it is, with a receipt', target: 'this batch' }),
  failureWords: () => null,
  reads: () => [],
  prepare: () => LABEL,
  describe: () => ({ form: 'nothing' }),
  applyMany: async (_client, inputs) => inputs.map(() => ({ result: 'succeeded', target: null })),
  undo: async (_client, done) => done.map(() => ({ cannot: 'a label changed nothing' })),
};

const LABEL = canonicalBytes({ do: 'label' });
