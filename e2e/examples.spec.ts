import type { Page } from '@playwright/test';
import { atSize } from '#test/size.ts';
import { approve, categoryOf, countIn, lookAt, releaseRest } from './checkpoint.ts';
import { expect, test } from './fixtures.ts';

const ROWS = atSize(150, 3_000);
const ROUNDS = atSize(2, 5);
const ROUND = 20;

const WORDS = {
  task: ['crash', 'error', 'login', 'frozen', 'broken'],
  archive: ['newsletter', 'offer', 'discount', 'webinar', 'survey'],
};
const isOf = (n: number): keyof typeof WORDS => ((n * 7) % 3 === 0 ? 'task' : 'archive');

/** Row n is about one of two things, in words. */
function tickets(): Buffer {
  const line = (n: number) => {
    const words = WORDS[isOf(n)];
    return `${n},Please see the ${words[n % 5]} and the ${words[(n * 3 + 1) % 5]} of week ${n % 52}`;
  };
  return Buffer.from(`number,message\n${Array.from({ length: ROWS }, (_, at) => line(at + 1)).join('\n')}\n`);
}

/** Decides the items of a round by their keys, as somebody does who reads them. */
async function teachRound(page: Page, round: number): Promise<void> {
  const panel = page.getByRole('region', { name: 'Teach' });
  for (let n = 1; n <= ROUND; n++) {
    await expect(panel.getByText(`${n} of ${ROUND} before it learns again`)).toBeVisible();
    const item =
      (await panel
        .getByText(/Please see the/)
        .first()
        .textContent()) ?? '';
    const category = WORDS.task.some((word) => item.includes(word)) ? 'task' : 'archive';
    const button = panel.getByRole('group', { name: 'Where does it belong?' }).getByRole('button', { name: category });
    await page.keyboard.press(((await button.textContent()) ?? '').charAt(0));
  }
  await expect(panel.getByText(new RegExp(`^${round * ROUND} taught\\.`))).toBeVisible();
}

test('From a CSV and a sentence to a running, reviewed batch: a person decides some items, and it learns the rest', async ({
  desk: page,
}) => {
  await page.goto('/datasets');
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a file' }).click();
  await (await choosing).setFiles({ name: 'tickets.csv', mimeType: 'text/csv', buffer: tickets() });
  await page.getByRole('link', { name: 'Plan a batch' }).click();
  await page.getByLabel('What should happen?').fill('Make a task of what is broken, and archive what is advertising');
  const start = page.getByRole('button', { name: /^Start/ });
  await expect(start).toBeEnabled();
  await page.getByLabel('Who classifies').selectOption('Examples');
  await page.getByRole('button', { name: 'Teach, 20 at a time' }).click();
  await expect(page.getByText('Nothing was taught yet. It learns from 10 decisions on')).toBeVisible();
  for (let round = 1; round <= ROUNDS; round++) await teachRound(page, round);

  const panel = page.getByRole('region', { name: 'Teach' });
  await expect(panel).toContainText(
    /Of (the other|a sample of) [\d,]+ items it would put [\d,]+ to (archive|task), [\d,]+ to (archive|task)/,
  );
  await page.keyboard.press('1');
  await page.keyboard.press('z');
  await expect(panel.getByText(`1 of ${ROUND} before it learns again`)).toBeVisible();
  await panel.getByRole('button', { name: 'Done teaching' }).click();
  await expect(page.getByText(new RegExp(`^${ROUNDS * ROUND} taught: task \\d+, archive \\d+\\.`))).toBeVisible();

  await expect(start).toBeEnabled();
  await start.click();
  await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
  await page.getByRole('link', { name: 'Review next' }).click();
  await expect(categoryOf(page, 'task')).toBeVisible();
  const [task, archive] = [await countIn(page, 'task'), await countIn(page, 'archive')];
  expect(task).toBeGreaterThan(0);
  expect(archive).toBeGreaterThan(task);
  // What the person taught stays theirs and is like nothing: some samples are of that.
  const like = page.getByText(/Like items? \d+.* filed as (task|archive)\./).first();
  await expect(async () => {
    if (!(await like.isVisible())) await page.keyboard.press('j');
    await expect(like).toBeVisible({ timeout: 500 });
  }).toPass();
  await lookAt(page, 'task', 'archive');
  await approve(page);
  await releaseRest(page);
  await expect(page.getByText(`${task + archive} of ${task + archive} done`)).toBeVisible();
});
