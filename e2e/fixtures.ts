/** What every story begins with: the API, people who are signed in, and an ear for what a person would call broken. */
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test';
import { ADMIN, ADMIN_API_KEY, type Product, startProduct } from './product.ts';
import { openRest, type Rest } from './rest.ts';

export { ADMIN, expect };

type Session = Awaited<ReturnType<BrowserContext['storageState']>>;

type Fixtures = {
  /** Console errors, page errors and answers of 500 and above fail the story, but for what it says it expects. */
  trouble: { watch(context: BrowserContext): void; expect(what: RegExp): void };
  rest: Rest;
  /** A browser of its own, signed in with the session if there is one. */
  visit(session?: Session): Promise<Page>;
  /** The admin's browser. */
  desk: Page;
};

type Shared = {
  running: Product;
  /** Where this worker's product answers. */
  product: string;
  /** Kills its web server; another begins. */
  endWeb: Product['endWeb'];
  /** The admin's session, made by hand once. */
  adminSession: Session;
};

export const test = base.extend<Fixtures, Shared>({
  running: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures from the pattern
    async ({}, use) => {
      // One that runs already, for whoever works on the stories; else one is started.
      const url = process.env.E2E_BASE_URL;
      if (url) return use({ url, endWeb: () => Promise.reject(new Error('It is not ours to end.')), stop: async () => {} });
      const product = await startProduct();
      await use(product);
      await product.stop();
    },
    { scope: 'worker', timeout: 300_000 },
  ],
  product: [async ({ running }, use) => use(running.url), { scope: 'worker' }],
  endWeb: [async ({ running }, use) => use(running.endWeb), { scope: 'worker' }],
  baseURL: async ({ product }, use) => use(product),
  adminSession: [
    async ({ browser, product }, use) => {
      const context = await browser.newContext({ baseURL: product });
      await signIn(await context.newPage(), ADMIN);
      await use(await context.storageState());
      await context.close();
    },
    { scope: 'worker' },
  ],
  trouble: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures from the pattern
    async ({}, use) => {
      const expected: RegExp[] = [];
      const heard: string[] = [];
      await use({
        watch: (context) => listen(context, (what) => heard.push(what)),
        expect: (what) => expected.push(what),
      });
      expect(heard.filter((what) => !expected.some((one) => one.test(what)))).toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, trouble }, use) => {
    trouble.watch(context);
    await use(context);
  },
  rest: async ({ product }, use) => {
    await use(restOf(product));
  },
  visit: async ({ browser, product, trouble }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (session) => {
      const context = await browser.newContext({ baseURL: product, ...(session ? { storageState: session } : {}) });
      opened.push(context);
      trouble.watch(context);
      return context.newPage();
    });
    for (const context of opened) await context.close();
  },
  desk: async ({ visit, adminSession }, use) => {
    await use(await visit(adminSession));
  },
});

/** The product's API, with the key of its environment. */
export function restOf(product: string): Rest {
  return openRest(product, ADMIN_API_KEY);
}

/** Tells what a person would call broken: errors of the console and the page, and answers of 500 and above. */
export function listen(context: BrowserContext, hear: (what: string) => void): void {
  context.on('console', (message) => {
    if (message.type() === 'error') hear(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => hear(`page: ${error.error().message}`));
  context.on('response', (response) => {
    if (response.status() >= 500) hear(`${response.status()} ${response.url()}`);
  });
}

/** Signs in by hand; Enter sends the form, so that it costs no click. */
export async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
}
