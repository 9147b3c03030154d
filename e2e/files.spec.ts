import { drop, UPLOAD } from './drop.ts';
import { expect, test } from './fixtures.ts';

test('A hostile CSV is taken in whole, what could not be read is told with line and reason, and nothing of it runs', async ({
  desk: page,
}) => {
  await page.goto('/datasets');
  const file = Buffer.concat([
    Buffer.from('name,__proto__,name,note\n'),
    Buffer.from('Ada,polluted,twice,"<img src=x onerror=alert(1)>"\n'),
    Buffer.from('too,few\n'),
    Buffer.from('"=HYPERLINK(""http://evil.example"")",b,c,"two\nlines"\n'),
    Buffer.from('one,two,three,four,five\n'),
    Buffer.from([...Buffer.from('nul'), 0, ...Buffer.from(',x,y,z\n')]),
    Buffer.from(`long,${'x'.repeat(1_000_000)},c,d\n`),
  ]);
  page.on('dialog', (dialog) => {
    throw new Error(`The file's script ran: ${dialog.message()}`);
  });
  await drop(page, UPLOAD, 'hostile.csv', file);
  await expect(page.getByRole('heading', { name: 'hostile.csv', level: 1 })).toBeVisible();
  await expect(page.getByText(/^4 rows · 1 MB$/)).toBeVisible();
  await expect(page.getByRole('link', { name: '2 rows could not be read' })).toBeVisible();
  const items = page.getByRole('table', { name: 'Items' });
  await expect(items.getByRole('columnheader', { name: '__proto__' })).toBeVisible();
  await expect(items.getByRole('cell', { name: 'polluted' })).toBeVisible();
  await expect(items.getByRole('cell', { name: '<img src=x onerror=alert(1)>' })).toBeVisible();
  await page.getByRole('link', { name: /^Unreadable rows/ }).click();
  const unreadable = page.getByRole('region', { name: 'Unreadable rows' }).getByRole('row');
  await expect(unreadable.filter({ hasText: 'too,few' })).toHaveText(/^3.*2 cells.*4.*too,few\s*$/);
  await expect(unreadable.filter({ hasText: 'one,two,three,four,five' })).toHaveText(/^6.*5 cells.*4/);
});

const NO_TABLES = [
  {
    name: 'picture.csv',
    bytes: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    says: /“picture\.csv”.*(PNG|image|picture)/i,
  },
  { name: 'empty.csv', bytes: Buffer.alloc(0), says: '“empty.csv” is empty: it has 0 bytes.' },
  { name: 'header.csv', bytes: Buffer.from('only,a,header\n'), says: '“header.csv” has a header but no rows below it.' },
];

test('A picture, an empty file and a header alone are no tables: each says so and leaves nothing', { tag: '@proof' }, async ({
  desk: page,
  rest,
  trouble,
}) => {
  // The browser itself tells of a refused request.
  trouble.expect(/status of 4\d\d.*\/api\/v1\/datasets\?name=/);
  await page.goto('/datasets');
  for (const { name, bytes, says } of NO_TABLES) {
    await drop(page, UPLOAD, name, bytes);
    await expect(page.getByRole('alert').filter({ hasText: `“${name}”` })).toContainText(says);
    const left = (await rest.api.datasets.list({ limit: 100 })).items.filter((one) => one.name === name);
    for (const { id, state, items, reason } of left) {
      expect({ state, items, reason }).toEqual({ state: 'failed', items: 0, reason: expect.stringMatching(says) });
      expect((await rest.api.datasets.items({ id })).items).toEqual([]);
    }
  }
  await page.goto('/datasets');
  const rowOf = (name: string) => page.getByRole('row').filter({ hasText: name }).first();
  for (const { name } of NO_TABLES) await expect(rowOf(name)).toContainText('Failed');
  const [{ name, says }] = NO_TABLES as [(typeof NO_TABLES)[0]];
  await rowOf(name).getByRole('link', { name }).click();
  await expect(page.getByRole('alert').filter({ hasText: `“${name}”` })).toContainText(says);
  await expect(page.getByRole('link', { name: 'Plan a batch' })).toHaveCount(0);
});
