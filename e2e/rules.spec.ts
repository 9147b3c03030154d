import AxeBuilder from '@axe-core/playwright';
import { atSize, FULL } from '#test/size.ts';
import { expect, test } from './fixtures.ts';

test.use({ locale: 'de-DE' });

const ON = Date.UTC(2026, 9, 25);
const DAY_MS = 86_400_000;

/** Tickets as numbers; the file has them as a German spreadsheet writes them. */
const TICKETS = Array.from({ length: atSize(1_000, 3_000) }, (_, index) => ({
  number: `T-${1000 + index}`,
  /** round about the limits often: 89, 90 and 91 days, 999.99, 1,000.00 and 1,000.01 */
  daysAgo: index % 7 === 0 ? 89 + (index % 3) : (index * 7919) % 400,
  status: ['open', 'Open', 'pending', 'closed', 'on hold'][(index * 31) % 5] ?? '',
  vip: index % 9 === 0,
  cents: index % 11 === 0 ? 99_999 + (index % 3) : (index * 104_729) % 500_000,
  /** some have words where the others have an amount */
  priced: index % 101 !== 7,
}));

function germanDay(daysAgo: number): string {
  const [year, month, day] = new Date(ON - daysAgo * DAY_MS).toISOString().slice(0, 10).split('-');
  return `${day}/${month}/${year}`;
}

function germanAmount(cents: number): string {
  const whole = String(Math.floor(cents / 100)).replace(/\B(?=(\d{3})+$)/g, '.');
  return `${whole},${String(cents % 100).padStart(2, '0')}`;
}

function file(): string {
  const rows = TICKETS.map(({ number, daysAgo, status, vip, cents, priced }) =>
    [number, germanDay(daysAgo), status, vip ? 'yes' : 'no', priced ? germanAmount(cents) : 'on request'].join(';'),
  );
  return `${['Ticket No.;Last Reply;Status;V.I.P.;Amount', ...rows].join('\n')}\n`;
}

test('Who never saw CEL or JSON closes the tickets that were meant: older than 90 days, not VIP, open, over 1.000', async ({
  visit,
  adminSession,
  rest,
}) => {
  const page = await visit(adminSession);
  const { id } = await rest.upload('Tickets.csv', file());
  await page.goto(`/batches/new?dataset=${id}`);
  await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled();
  // What the draft proposes by the columns goes with a press each.
  const proposed = page.getByRole('button', { name: /^Remove rule \d+$/ });
  for (let left = await proposed.count(); left > 0; left -= 1) {
    await proposed.first().click();
    await expect(proposed).toHaveCount(left - 1);
  }
  await page.getByLabel('What should happen?').fill('Close what nobody waits for any more');
  await page.getByRole('button', { name: 'Rule', exact: true }).click();
  await page.getByLabel('Rule 1: field').selectOption('Last Reply');
  await page.getByLabel('Rule 1: operator').selectOption({ label: 'is older than' });
  await page.getByLabel('Rule 1: how many days').fill('90');
  await page.getByLabel('Rule 1: day').fill('2026-10-25');
  for (const [at, field, operator] of [
    [2, 'V.I.P.', 'is no'],
    [3, 'Status', 'is any of'],
    [4, 'Amount', 'is over'],
  ] as const) {
    await page.getByRole('button', { name: 'Rule 1: another condition' }).click();
    await page.getByLabel(`Rule 1, condition ${at}: field`).selectOption(field);
    await page.getByLabel(`Rule 1, condition ${at}: operator`).selectOption({ label: operator });
  }
  await page.getByRole('button', { name: /^open / }).click();
  // Nothing is counted or started of a rule that is half filled in.
  await expect(page.getByRole('button', { name: /^Start/ })).toBeDisabled();
  await page.getByLabel('Rule 1, condition 4: value').fill('1.000');
  await expect(page.getByText('Read as 1000, not as 1.')).toBeVisible();

  const waiting = TICKETS.filter(({ daysAgo, vip, status }) => daysAgo > 90 && !vip && status.toLowerCase() === 'open');
  const meant = waiting.filter(({ cents, priced }) => priced && cents > 100_000);
  const count = page.getByRole('button', { name: `${meant.length} rows that rule 1 decides: show them` });
  await expect(count).toBeVisible();
  expect(meant.length).toBeGreaterThan(atSize(20, 100));

  // Where only the amount is in words, nobody knows: it is told beside the rule. Every count opens its rows and gives the focus back.
  const unpriced = waiting.filter(({ priced }) => !priced).length;
  const unknown = page.getByRole('button', { name: new RegExp(`^${unpriced} .*no number in “Amount”`) });
  for (const [button, row] of [
    [count, meant[0]?.number ?? ''],
    [unknown, 'on request (can’t be read)'],
  ] as const) {
    await button.click();
    await expect(page.getByRole('dialog').getByRole('cell', { name: row }).first()).toBeVisible();
    if (FULL) {
      const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode();
      const { violations } = await axe.withTags(['wcag2a', 'wcag2aa', 'wcag21aa']).analyze();
      expect(violations).toEqual([]);
    }
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(button).toBeFocused();
  }

  await page.getByRole('button', { name: /^Start/ }).click();
  // By the page itself, which follows: an address that is asked for while it still comes cuts off what it reads.
  await page.getByRole('link', { name: 'Review next' }).click();
  await expect(page.getByText('What should happen: Close what nobody waits for any more')).toBeVisible();
});

test('Requests that can’t be built, and two that would change the same thing, are told before the start, with their rows', async ({
  desk: page,
  rest,
}) => {
  const rows = ['A-1;one', ';two', 'A-3;three', ';four', 'A-3;five'];
  const { id } = await rest.upload('Requests.csv', `id;subject\n${rows.join('\n')}\n`);
  await page.goto(`/batches/new?dataset=${id}`);
  await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled();
  await page.getByLabel('Category of items that no rule matches').selectOption('archive');
  await page.getByRole('combobox', { name: 'archive: action' }).selectOption('http');
  await page.getByLabel('Address').fill('http://127.0.0.1:9/rows/{{id}}');
  await page.getByRole('button', { name: '2 requests can’t be built ▸' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('cell', { name: /^Item 2: a part of the URL's path is empty/ })).toBeVisible();
  await expect(dialog.getByRole('row')).toHaveCount(3);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Show these rows' }).click();
  await expect(dialog.getByRole('cell', { name: 'five' })).toBeVisible();
  await expect(dialog.getByRole('row')).toHaveCount(3);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled();
});
