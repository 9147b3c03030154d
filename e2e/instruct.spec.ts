import { randomUUID } from 'node:crypto';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import type { WorkClaim } from '#lib/shapes/work.ts';
import { expect, test } from './fixtures.ts';

const PLAN: PlanInput = {
  version: 2,
  instruction: 'Archive what nobody has to answer.',
  classifier: { kind: 'agent', otherwise: 'keep' },
  categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive', with: {} } }, { name: 'keep' }],
  chunking: { by: 'size', maxItems: 20 },
  gates: { next: 'parallel' },
};

test('A correction becomes a line of the instruction: it is proposed, and the next agent reads it', async ({
  desk: page,
  rest,
  product,
}) => {
  const id = await rest.startBatch({ name: 'Instructed', rows: 40, plan: PLAN });
  const { items: people } = await rest.api.people.list({});
  const { key } = await rest.api.keys.make({
    body: { name: 'Agents', role: 'agent', days: 1, batches: [id], owner: String(people[0]?.id) },
  });
  const work = async <T>(path: string, body: unknown): Promise<T> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const answer = await fetch(`${product}/api/v1/batches/${id}/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.status, await answer.clone().text()).toBeLessThan(300);
    return (await answer.json()) as T;
  };
  const claim = async () => (await work<WorkClaim>('work/claim', { worker: 'one', limit: 20 })).claimed;
  const first = await claim();
  const items = (first?.items ?? []).map(({ ordinal }) => ({ ordinal, category: 'noise', why: 'A newsletter.' }));
  await work('chunks/1/work/report', { epoch: first?.epoch, items });
  await work('chunks/1/work/complete', { epoch: first?.epoch });

  await page.goto(`/batches/${id}/chunks/1?category=noise&show=all`);
  await expect(page.getByRole('button', { name: 'Change the instruction…' })).toBeVisible();
  const list = page.getByRole('listbox', { name: 'Items in noise' });
  await list.getByRole('option').filter({ hasText: 'sender2@' }).first().click();
  await page.keyboard.press('2');
  const offer = page.getByRole('region', { name: 'More like it' });
  await offer.getByRole('radio', { name: /Same from: 3 here, 4 to come/ }).check();
  await offer.getByRole('button', { name: 'Add it to the instruction…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change the instruction' });
  const line = 'Items whose from is “sender2@example.org” are “keep”, not “noise”.';
  await expect(dialog.getByLabel('What should happen?')).toHaveValue(`${PLAN.instruction}\n${line}`);
  await dialog.getByRole('button', { name: 'Use this instruction' }).click();
  await expect(dialog).toBeHidden();
  expect(await claim()).toMatchObject({ chunk: { number: 2 }, instruction: `${PLAN.instruction}\n${line}` });
  await page.goto(`/batches/${id}`);
  await expect(page.getByRole('region', { name: 'Agreement' })).toContainText('0 % of 1 row that they marked, 1 was corrected');
});
