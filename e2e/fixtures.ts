/** What every story begins with: the API, people who are signed in, and an ear for what a person would call broken. */
import {
  type BrowserContext,
  test as base,
  type ConsoleMessage,
  expect,
  type Page,
  type Response,
  type WebError,
} from '@playwright/test';
import { ADMIN, ADMIN_API_KEY, type Product, startProduct } from './product.ts';
import { openRest, type Rest } from './rest.ts';

export { ADMIN, expect };

export type Session = Awaited<ReturnType<BrowserContext['storageState']>>;

type Fixtures = {
  /** Console errors, page errors and answers of 500 and above fail the story, but for what it says it expects. */
  trouble: { watch(context: BrowserContext): () => void; expect(what: RegExp): void };
  rest: Rest;
  /** A browser of its own, signed in with the session if there is one. */
  visit(session?: Session): Promise<Page>;
  /** A tab of the admin's browser, which all stories of a worker share: it has the pages' scripts by then. What a story opens in it is closed behind it. */
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
  adminContext: BrowserContext;
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
      await signIn(waiting(await context.newPage()), ADMIN);
      await use(await context.storageState());
      await context.close();
    },
    { scope: 'worker' },
  ],
  adminContext: [
    async ({ browser, product, adminSession }, use, { project }) => {
      const { viewport, locale, timezoneId, contextOptions } = project.use;
      const looks = { viewport: viewport ?? null, locale: locale ?? 'en-GB', timezoneId: timezoneId ?? 'UTC', ...contextOptions };
      const context = await browser.newContext({ ...looks, baseURL: product, storageState: adminSession });
      // Stays open: the process that draws the tabs lives as long as one is, and has their scripts compiled.
      await (await context.newPage()).goto('/healthz');
      await use(context);
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
  page: async ({ page }, use) => use(waiting(page)),
  rest: async ({ product }, use) => {
    await use(restOf(product));
  },
  visit: async ({ browser, product, trouble }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (session) => {
      const context = await browser.newContext({ baseURL: product, ...(session ? { storageState: session } : {}) });
      opened.push(context);
      trouble.watch(context);
      return waiting(await context.newPage());
    });
    for (const context of opened) await context.close();
  },
  desk: async ({ adminContext, trouble }, use) => {
    const stop = trouble.watch(adminContext);
    await use(waiting(await adminContext.newPage()));
    for (const page of adminContext.pages().slice(1)) await page.close();
    stop();
  },
});

/**
 * A page that is opened or read anew is there when its script has all of it: on a busy machine a press before that is lost. Whoever says `waitUntil` sees it
 * earlier.
 */
function waiting(page: Page): Page {
  const [goto, reload] = [page.goto.bind(page), page.reload.bind(page)];
  page.goto = async (url, options) => {
    const answer = await goto(url, options);
    if (!options?.waitUntil) await alive(page);
    return answer;
  };
  page.reload = async (options) => {
    const answer = await reload(options);
    await alive(page);
    return answer;
  };
  return page;
}

/** Waits until a page's script has all of it. */
async function alive(page: Page): Promise<void> {
  await page.waitForFunction(async () => {
    const controls = [...document.querySelectorAll('main :is(a, button, input, select, textarea)')];
    if (!controls.every((control) => Object.keys(control).some((key) => key.startsWith('__reactProps')))) return false;
    // What it does when it was drawn is done by then.
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    return true;
  });
}

/** The product's API, with the key of its environment. */
export function restOf(product: string): Rest {
  return openRest(product, ADMIN_API_KEY);
}

/** Tells what a person would call broken, until it is stopped: errors of the console and the page, and answers of 500 and above. */
export function listen(context: BrowserContext, hear: (what: string) => void): () => void {
  const onConsole = (message: ConsoleMessage): void => {
    if (message.type() === 'error') hear(`console: ${message.text()} (${message.location().url})`);
  };
  const onError = (error: WebError): void => hear(`page: ${error.error().message}`);
  const onResponse = (response: Response): void => {
    if (response.status() >= 500) hear(`${response.status()} ${response.url()}`);
  };
  context.on('console', onConsole).on('weberror', onError).on('response', onResponse);
  return () => {
    context.off('console', onConsole).off('weberror', onError).off('response', onResponse);
  };
}

/** Signs in by hand; Enter sends the form, so that it costs no click. */
export async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
}
