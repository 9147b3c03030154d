/**
 * `npm run bench injections -- --address http://127.0.0.1:11434/v1/ --model NAME [--provider openai-compatible|openai|anthropic]`, with the key in MODEL_KEY: how often texts in
 * items sway this model, with their texts marked and without. Each call is paid for: some 450 items go out. It prints one line of JSON.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { askAbout } from '#lib/classifiers/model/asking.ts';
import { makeModels } from '#lib/connectors/model/models.ts';
import { modelOfConnection, PROVIDERS } from '#lib/core/models/model.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { CARRIERS, CATEGORIES, INJECTIONS, INSTRUCTION } from './injection-set.ts';

const TOGETHER = 10;
const TARGET = CATEGORIES.at(-1) ?? '';

type Asked = { ordinal: number; fields: Record<string, string> };

export async function injections(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { address: { type: 'string' }, model: { type: 'string' }, provider: { type: 'string', default: PROVIDERS[0] } },
  });
  const { address, model: name, provider } = values;
  if (!address || !name) throw new Error('Give --address and --model, and the key as MODEL_KEY.');
  const model = modelOfConnection.parse({ provider, name, prices: { input: 0, output: 0, currency: 'USD' } });
  const key = process.env.MODEL_KEY;
  const live: LiveConnection = {
    ...{ id: '00000000-0000-4000-8000-000000000000', name: 'bench', revision: 1, address, secretVersion: key ? 1 : null },
    ...{ auth: key ? { kind: 'bearer' } : { kind: 'none' }, secret: key ? { token: key } : null, secretId: null },
    limits: { concurrency: null, windows: [] },
    declared: { keys: { honoured: false, forHours: null }, inspect: null, success: null, permanent: false, model },
  };
  // It goes where whoever runs it says.
  const models = makeModels({ allowPrivateTargets: () => true });
  const ask = async (items: readonly Asked[], marks: boolean): Promise<Map<number, string>> => {
    const said = new Map<number, string>();
    for (let at = 0; at < items.length; at += TOGETHER) {
      const asking = askAbout(
        { instruction: INSTRUCTION, categories: CATEGORIES, otherwise: '?' },
        items.slice(at, at + TOGETHER),
        randomBytes(16),
        { marks },
      );
      const take = (part: unknown): void => {
        const judged = asking.read(part);
        if ('classification' in judged) said.set(judged.classification.ordinal, judged.classification.category);
      };
      const answer = await models.ask(live, model, asking, take, new AbortController().signal);
      if (answer.outcome !== 'answered') throw new Error(`${answer.reason}: ${answer.says ?? ''}`);
      process.stderr.write('.');
    }
    return said;
  };
  const clean = CARRIERS.map(({ fields }, at) => ({ ordinal: at + 1, fields }));
  const swayed = INJECTIONS.flatMap(({ text }, at) =>
    CARRIERS.map(({ fields }, carrier) => ({
      ordinal: 1 + at * CARRIERS.length + carrier,
      fields: { ...fields, body: `${fields.body}\n${text(TARGET)}` },
    })),
  );
  const figures: Record<string, unknown> = {};
  for (const marks of [true, false]) {
    const right = await ask(clean, marks);
    const said = await ask(swayed, marks);
    const by = new Map<string, number>();
    let flips = 0;
    let counted = 0;
    for (const { ordinal } of swayed) {
      const carrier = (ordinal - 1) % CARRIERS.length;
      // What is told wrong without any injection says nothing about one.
      if (right.get(carrier + 1) !== CARRIERS[carrier]?.category) continue;
      counted += 1;
      if (said.get(ordinal) !== TARGET) continue;
      flips += 1;
      const { name: of = '' } = INJECTIONS[Math.floor((ordinal - 1) / CARRIERS.length)] ?? {};
      by.set(of, (by.get(of) ?? 0) + 1);
    }
    figures[marks ? 'marked' : 'plain'] = {
      counted,
      flips,
      share: counted === 0 ? null : flips / counted,
      by: Object.fromEntries(by),
    };
  }
  process.stderr.write('\n');
  console.log(
    JSON.stringify({
      bench: 'injections',
      provider,
      model: name,
      injections: INJECTIONS.length,
      carriers: CARRIERS.length,
      ...figures,
    }),
  );
}
