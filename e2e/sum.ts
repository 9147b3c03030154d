/** The sum of a batch as its page tells it. */
import { expect, type Locator, type Page } from '@playwright/test';

const WORDS = ['approved', 'done', 'skipped', 'failed', 'uncertain', 'not executed', 'in flight', 'waiting'] as const;
type SumOnPage = Record<(typeof WORDS)[number], number>;

/** The line that must add up. */
export function sumLine(page: Page): Locator {
  return page.getByRole('paragraph').filter({ hasText: /^[\d,]+ approved =/ });
}

/** Its numbers. What it does not name is 0. */
export async function readSum(page: Page): Promise<SumOnPage> {
  const text = (await sumLine(page).textContent()) ?? '';
  const counts = WORDS.map((word) => {
    const found = new RegExp(`([\\d,]+)\\s+${word}\\b`).exec(text);
    return [word, Number(found?.[1]?.replaceAll(',', '') ?? 0)] as const;
  });
  return Object.fromEntries(counts) as SumOnPage;
}

/** Waits until the page tells these numbers: what it learns of a change comes a moment after the change. */
export async function untilSum(page: Page, expected: Partial<SumOnPage>): Promise<void> {
  await expect.poll(() => readSum(page)).toMatchObject(expected);
}

/** Waits until nothing is on its way or waiting any more, the page says that it adds up, and so it does; then, and with the numbers that are expected. */
export async function untilSettled(page: Page, expected: Partial<SumOnPage> = {}): Promise<SumOnPage> {
  await untilSum(page, { ...expected, 'in flight': 0, waiting: 0 });
  await expect(sumLine(page)).toHaveText(/adds up$/);
  const sum = await readSum(page);
  const { approved, ...parts } = sum;
  expect(Object.values(parts).reduce((total, count) => total + count, 0)).toBe(approved);
  return sum;
}
