import { categoryOf, countIn, decision } from './checkpoint.ts';
import { ADMIN, expect, test } from './fixtures.ts';
import { SHELF_PLAN } from './rest.ts';
import { tabTo } from './tab-to.ts';

test('The same by keyboard alone: sign in, find the checkpoint, correct, execute the first three, release the rest', async ({
  page,
  rest,
}) => {
  const name = 'By keyboard';
  const id = await rest.startBatch({ name, rows: 25, plan: SHELF_PLAN });
  await rest.untilChunk(id, 1, 'awaiting_review');
  const { keyboard } = page;

  // On a slow line the page is there before its script: what is typed and sent by then is not lost, and no password gets into an address.
  const script = Promise.withResolvers<void>();
  await page.route('**/_next/static/**/*.js', async (route) => {
    await script.promise;
    await route.continue();
  });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto('/', { waitUntil: 'commit' });
  await expect(page).toHaveURL(/\/sign-in/);
  await tabTo(page, page.getByLabel('Mail address'));
  await keyboard.type(ADMIN.email);
  await tabTo(page, page.getByLabel('Password'));
  await keyboard.type(ADMIN.password);
  await keyboard.press('Enter');
  script.resolve();
  await expect(page.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
  expect(asked.filter((url) => url.includes('password'))).toEqual([]);
  await tabTo(page, page.getByRole('link', { name: new RegExp(`^${name}, `) }).first());
  await keyboard.press('Enter');
  await expect(decision(page)).toContainText('Every category with an action was shown');

  await keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await expect(help).toContainText('move the item, or all selected, to this category');
  await keyboard.press('Escape');
  await expect(help).toBeHidden();

  const noise = await countIn(page, 'noise');
  const samples = page.getByRole('listbox', { name: 'Items in noise' }).getByRole('option');
  await keyboard.press('j');
  await keyboard.press('j');
  await keyboard.press('k');
  await expect(samples.nth(1)).toHaveAttribute('aria-selected', 'true');
  await keyboard.press('2');
  await expect(samples.nth(1)).toContainText('→ keep');
  await expect(categoryOf(page, 'noise')).toContainText(String(noise - 1));
  await keyboard.press('a');
  await expect(samples.nth(2)).toContainText('right');
  await expect(samples.nth(3)).toHaveAttribute('aria-selected', 'true');
  // The key of the category where it is says the same of it.
  await keyboard.press('1');
  await expect(samples.nth(3)).toContainText('right');
  await expect(samples.nth(4)).toHaveAttribute('aria-selected', 'true');

  await keyboard.press('e');
  const question = page.getByRole('dialog', { name: `Archive ${noise - 1} rows?` });
  await expect(question.getByRole('button', { name: 'Archive first 3' })).toBeFocused();
  await keyboard.press('Enter');
  const first = page.getByRole('region', { name: 'The first receipts' });
  await expect(first.getByRole('listitem')).toHaveCount(3);
  // The receipts of what has begun are there before the last one is done, and only then is there something to release.
  await expect(first.getByRole('button', { name: /the other/ })).toBeEnabled();
  // The page may hear of them while it still waits for the answer to the approval, and takes no further one until then.
  await expect(question).toBeHidden();
  await keyboard.press('e');
  await expect(page.getByText(`${noise - 1} of ${noise - 1} done`)).toBeVisible();

  // So it is with every field: what was typed and chosen before the script is there counts.
  const held = async (path: string): Promise<() => void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await page.unroute('**/_next/static/**/*.js');
    await page.route('**/_next/static/**/*.js', async (route) => {
      await promise;
      await route.continue();
    });
    await page.goto(path, { waitUntil: 'commit' });
    return resolve;
  };
  const searches = await held('/batches');
  await page.getByLabel('Search the batches by name').fill('By key');
  await keyboard.press('Enter');
  searches();
  await expect(page).toHaveURL(/name=By\+key/);
  await expect(page.getByLabel('Search the batches by name')).toHaveValue('By key');

  const account = await held('/you');
  await page.getByLabel('It ends after').selectOption('365');
  await page.getByLabel('What uses it').fill('a program');
  await page.getByLabel('Only for these batches').fill(`${id} and more`);
  account();
  await page.getByRole('button', { name: 'Make a key' }).click();
  await expect(page.getByText('“and”, “more” are no ids or addresses of batches.')).toBeVisible();
  await expect(page.getByLabel('It ends after')).toHaveValue('365');
  await page.getByLabel('Only for these batches').fill(id);
  const made = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/you'));
  await page.getByRole('button', { name: 'Make a key' }).click();
  expect((await made).request().postData()).toContain('"days":365');
  await expect(page.getByLabel('Key “a program”')).toBeVisible();
});
