/** What a row from outside looks like, beside what is sent of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { isLegible, legible } from '#lib/core/values/legible.ts';
import { atSize, FULL } from '#test/size.ts';
import { startTarget } from '#test/target.ts';
import { categoryOf, decision, lookAt } from './checkpoint.ts';
import { expect, test } from './fixtures.ts';

const TAGS = [...'pay me'].map((char) => String.fromCodePoint(0xe0000 + char.charCodeAt(0))).join('');
const SPOOF = 'billing@p\u0430ypal.com';

/** Turning, zero-width, tags, a filler, a soft hyphen, a pile; each goes another way. */
const SUBJECTS = {
  send: `Invoice \u202efdp.exe`,
  lost: `Re\u200bfund${TAGS}`,
  task: `Call\u3164back Z${'\u0334'.repeat(30)}`,
  away: 'News\u00adletter \u2066for you',
};
const CSV = `kind,from,subject,no\u200bte\n${Object.entries(SUBJECTS)
  .map(([kind, subject]) => `${kind},${SPOOF},${subject},a\ufeffb\u200f${kind}`)
  .join('\n')}\n`;

const LETTER = [
  'From: deals@shop.example',
  'To: ada@example.org',
  'Subject: Sale',
  'Date: Mon, 3 Nov 2025 10:00:00 +0000',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<style>@import url(https://evil.example/a.css); h1 { background: url(https://evil.example/b.png) }</style>',
  '<script src="https://evil.example/c.js"></script><svg><image href="https://evil.example/d.png"/></svg>',
  '<h1>Sale</h1><a href="https://evil.example/login">https://bank.example</a>',
  '<img src="https://evil.example/e.gif"><img srcset="https://evil.example/f.gif 2x"><table background="https://evil.example/g"></table>',
  '<form action="https://evil.example/"><button>Send</button></form>',
  '',
].join('\r\n');

function planOf(url: string): PlanInput {
  const post = (path: string) => ({
    connector: 'http',
    do: 'POST',
    with: { url: `${url}/${path}`, body: { from: '{{from}}', subject: '{{subject}}' }, timeoutMs: 20_000 },
  });
  return {
    version: 2,
    classifier: {
      kind: 'rules',
      rules: Object.keys(SUBJECTS).map((category) => ({
        where: [[{ field: 'kind', is: 'is', value: category }]],
        category,
        why: '',
        confidence: 0.9,
      })),
      otherwise: 'away',
    },
    categories: [
      { name: 'send', action: post('rows') },
      { name: 'lost', action: post('lost') },
      {
        name: 'task',
        action: { connector: 'task', do: 'create', with: { title: '{{subject}}', body: 'From {{from}}: {{subject}}' } },
      },
      { name: 'away', action: { connector: 'shelf', do: 'archive' } },
    ],
    chunking: { by: 'size', maxItems: 50 },
    execution: { first: 0, haltAfter: { consecutive: 100, share: 1 } },
    receiptFields: ['from', 'subject'],
  };
}

/** Every text that the page draws or says, with where it stands. */
async function saidOn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const said = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (!node.parentElement?.closest('script, style')) said.push(node.textContent ?? '');
    for (const element of document.querySelectorAll('*'))
      for (const name of ['title', 'aria-label', 'aria-description', 'placeholder', 'alt'])
        if (element.hasAttribute(name)) said.push(element.getAttribute(name) ?? '');
    return said;
  });
}

/** The page shows these texts as they would be sent, with a stand-in for what nobody sees, and has nothing hidden anywhere. */
async function seen(page: Page, ...sent: string[]): Promise<void> {
  for (const text of sent) await expect(page.locator('body')).toContainText(legible(text).replace(/\s+/g, ' '));
  const hidden = (await saidOn(page)).filter((text) => !isLegible(text));
  expect(hidden.map((text) => legible(text))).toEqual([]);
}

test('Every page shows what hides in a row from outside, and what is sent is the very row', async ({ desk: page, rest }) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-e2e-eyes-'));
  const target = await startTarget({ log: join(folder, 'effects.jsonl') });
  await target.modeOf('/lost', 'reset-after', 10);
  const all = Object.values(SUBJECTS);
  const spoofs = page.locator('[data-spoof=mixed]');
  try {
    const refused = rest.api.batches.create({ body: { datasetId: crypto.randomUUID(), name: 'a\u202eb', plan: {} as never } });
    await expect(refused).rejects.toThrow(/A batch’s name has something that nobody sees after “a”: right-to-left override/);

    const dataset = await rest.upload('eyes\u202evsc.csv', CSV);
    expect(dataset.name).toBe('eyes vsc.csv');
    await page.goto(`/datasets/${dataset.id}`);
    await seen(page, ...all, 'no\u200bte');
    await expect(spoofs.first()).toHaveText('≠ mixed scripts');
    await page.getByRole('button', { name: 'Row 1', exact: true }).click();
    await expect(page.getByRole('dialog').getByText('As it stands in the file')).toBeVisible();
    await seen(page, SUBJECTS.send);
    for (const rest of atSize([], ['?tab=fields', '/reading'])) {
      await page.goto(`/datasets/${dataset.id}${rest}`);
      await seen(page, 'no\u200bte');
    }
    await page.goto(`/batches/new?dataset=${dataset.id}`);
    await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled();
    await seen(page, SPOOF);

    const name = `Eyes ${Date.now()}`;
    const { id } = await rest.api.batches.create({
      body: { datasetId: dataset.id, name, plan: planOf(target.url) as never, start: true },
    });
    await rest.untilChunk(id, 1, 'awaiting_review');
    await page.goto(`/batches/${id}/chunks/1`);
    for (const [category, subject] of Object.entries(SUBJECTS)) {
      await categoryOf(page, category).click();
      await seen(page, SPOOF, subject);
      await expect(
        page
          .getByRole('article')
          .locator('bdi', { hasText: legible(subject) })
          .first(),
      ).toBeVisible();
      // What is sent can't be undone, so one of each is marked.
      await page.keyboard.press('a');
    }
    await lookAt(page, ...Object.keys(SUBJECTS));
    await expect(page.getByRole('article').locator('mark')).toHaveText('away');
    await decision(page).getByRole('button').first().click();
    const question = page.getByRole('dialog');
    await seen(page, '127.0.0.1');
    await question.getByLabel('Type 4 to continue').fill('4');
    await question.getByRole('button', { name: 'Cancel' }).locator('xpath=preceding-sibling::button').click();
    await expect(question).toBeHidden();
    await rest.untilChunk(id, 1, 'unresolved');

    const bodies = target.lines().map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toContainEqual({ from: SPOOF, subject: SUBJECTS.send });
    expect(bodies).toContainEqual({ from: SPOOF, subject: SUBJECTS.lost });

    // The pages of a batch that is over draw the same words by the same parts.
    if (!FULL) return;
    await page.goto(`/batches/${id}`);
    await seen(page, SUBJECTS.send);
    for (const [tab, ...shown] of [['receipts', ...all], ['uncertain', SUBJECTS.lost], ['task', SUBJECTS.task], ['plan']]) {
      await page.goto(`/batches/${id}?tab=${tab}`);
      await seen(page, ...shown);
    }
    await page.goto(`/batches/${id}?tab=receipts`);
    await page
      .getByRole('row')
      .filter({ hasText: legible(SUBJECTS.send) })
      .getByRole('link')
      .first()
      .click();
    await expect(page.getByText('Body of the receipt').first()).toBeVisible();
    await seen(page, SUBJECTS.send);
    await page.goto('/tasks');
    await seen(page, SUBJECTS.task);
    await page.goto('/shelf');
    await page.getByRole('listitem').filter({ hasText: name }).getByRole('link', { name: 'away', exact: true }).click();
    await seen(page, SUBJECTS.away);
    await page.goto('/');
    await seen(page);

    // A mail that asks for pictures, styles and another page: it is drawn, and nobody but the product is asked for anything.
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const letter = await rest.upload('letter.eml', LETTER);
    await page.goto(`/datasets/${letter.id}`);
    await page.getByRole('button', { name: 'Row 1', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'HTML' }).click();
    await expect(page.getByText('3 remote pictures were not loaded.')).toBeVisible();
    const html = page.frameLocator('iframe');
    await expect(html.getByText('⟨https://evil.example/login⟩')).toBeVisible();
    await html.getByText('https://bank.example', { exact: true }).click();
    await expect(html.getByRole('heading', { name: 'Sale' })).toBeVisible();
    const own = new URL(page.url()).origin;
    expect(asked.filter((url) => url.startsWith('http') && !url.startsWith(own))).toEqual([]);
  } finally {
    await target.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
