/** The checkpoint as a person uses it. */
import { expect, type Locator, type Page } from '@playwright/test';

/** The button of a category in the left pane, with its count and what would happen to it. */
export function categoryOf(page: Page, name: string): Locator {
  return page.getByRole('list', { name: 'Categories' }).getByRole('button', { name: new RegExp(`\\b${name} [\\d,]+\\b`) });
}

/** How many items a category has, as the page says. */
export async function countIn(page: Page, name: string): Promise<number> {
  const text = (await categoryOf(page, name).textContent()) ?? '';
  return Number(new RegExp(`${name}\\s*([\\d,]+)`).exec(text)?.[1]?.replaceAll(',', ''));
}

/** Looks at samples of each of the categories, until the page counts them as seen. */
export async function lookAt(page: Page, ...names: string[]): Promise<void> {
  for (const name of names) {
    await categoryOf(page, name).click();
    await expect(categoryOf(page, name)).toContainText(/\d+ random shown/);
  }
  await expect(decision(page)).toContainText('Every category with an action was shown');
}

/** The bar with what can be decided. */
export function decision(page: Page): Locator {
  return page.getByRole('group', { name: 'Decision' });
}

/** Executes what was looked at: the button, the question with its words, and yes. */
export async function approve(page: Page): Promise<void> {
  await decision(page).getByRole('button').first().click();
  const question = page.getByRole('dialog');
  // A request that is shown in it has buttons of its own.
  await question.getByRole('button', { name: 'Cancel' }).locator('xpath=preceding-sibling::button').click();
  await expect(question).toBeHidden();
}

/** Approves an undo that was started a moment ago: one question over all of its chunks, on the undo's page. Gives its address. */
export async function approveUndo(page: Page): Promise<string> {
  const question = page.getByRole('dialog');
  await expect(question).toContainText('no sample is asked for');
  await question.getByRole('button', { name: 'Cancel' }).locator('xpath=preceding-sibling::button').click();
  await expect(question).toBeHidden();
  return new URL(page.url()).pathname;
}

/** Lets the rest run once the receipts of the first are on the screen. */
export async function releaseRest(page: Page): Promise<void> {
  const first = page.getByRole('region', { name: 'The first receipts' });
  await expect(first).toBeVisible();
  await first.getByRole('button', { name: /the other/ }).click();
  await expect(first).toBeHidden();
}
