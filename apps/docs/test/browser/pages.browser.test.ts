import type { Server } from 'node:http';
import { chromium, type Browser, type LaunchOptions } from 'playwright';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { dist, foreign, openPage, referencePages, scriptSize } from '../../scripts/opened-page.ts';
import { readPages, urlOf } from '../../scripts/pages.ts';
import { serveFolder } from '../../scripts/serve-folder.ts';
import { violations } from './violations.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly launchOptions: LaunchOptions;
  }
}

const phone = { width: 390, height: 844 };
const paths = [...readPages().map(urlOf), ...referencePages];
const sizes = new Map<string, number>();
let browser: Browser;
let site: { readonly server: Server; readonly url: string };

beforeAll(async () => {
  site = await serveFolder(dist);
  browser = await chromium.launch(inject('launchOptions'));
});

afterAll(async () => {
  await browser.close();
  site.server.close();
  const lines = [...sizes]
    .sort(([, a], [, b]) => b - a)
    .map(([path, size]) => `${size.toFixed(1).padStart(6)} ${path}`);
  console.log(['kB of scripts, gzipped, before anything is started', ...lines].join('\n'));
});

it('the first page loads nothing of a demo', async () => {
  const { page, requests } = await openPage(browser, site.url, '/');
  // The page that lists the demos is fetched before anybody goes there, as all pages that are linked to.
  expect(requests.filter((request) => /demo(?!s_index)|worker/.test(request))).toEqual([]);
  await page.close();
});

it('asks for scripts after the first paint, or after two seconds where nobody tells of one', async () => {
  const { page } = await openPage(browser, site.url, '/algorithms/ppo');
  const [painted, asked] = await page.evaluate<[number, number]>(`[
    performance.getEntriesByName('first-contentful-paint')[0].startTime,
    Math.min(...performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).map(({ startTime }) => startTime)),
  ]`);
  expect(asked).toBeGreaterThan(Math.min(painted, 2000));
  expect(await page.locator('html').getAttribute('class')).not.toContain('unpainted');
  await page.close();

  const untold = await browser.newPage();
  await untold.addInitScript('PerformanceObserver.prototype.observe = () => {}');
  await untold.goto(`${site.url}/demos/grid`);
  await untold.locator('[data-demo=grid]').waitFor();
  await untold.close();
});

// Some at a time: most of the while a page waits for its last request.
it.concurrent.each(paths)('%s loads at most 150 kB of scripts, fits a phone, complains of nothing', async (path) => {
  const { page, requests, complaints } = await openPage(browser, site.url, path, { viewport: phone });
  sizes.set(path, scriptSize(requests));
  expect(scriptSize(requests)).toBeLessThan(150);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(phone.width);
  expect(foreign(requests, site.url)).toEqual([]);
  expect(complaints).toEqual([]);
  // What is shown is the page, not its absence, and no formula or link is left as it was written.
  expect(await page.getByText('PAGE NOT FOUND').count()).toBe(0);
  expect(await page.evaluate(AS_WRITTEN)).toEqual([]);
  await page.close();
});

/** Dollars, and braces of doc comments, in what is read, outside of code and formulas. */
const AS_WRITTEN = `(() => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('#app'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, textContent } = walker.currentNode;
    if (/[$]|[{]@/.test(textContent) && !parentElement.closest('code, pre, textarea, .katex, script, style')) {
      found.push(textContent.trim());
    }
  }
  return found;
})()`;

const kinds = [
  '/',
  '/guides/coming-from',
  '/course/policy-gradients',
  '/algorithms/',
  '/algorithms/ppo',
  '/demos/',
  '/demos/playground',
  '/benchmarks',
  ...referencePages,
];

it.concurrent.each(kinds)('%s has no serious fault of accessibility, light and dark', async (path) => {
  // Without motion, so that no colour is on its way to another.
  const { page } = await openPage(browser, site.url, path, { reducedMotion: 'reduce' });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await violations(page), colorScheme).toEqual([]);
  }
  await page.close();
});

it('a name leads to its place in the reference', async () => {
  const { page } = await openPage(browser, site.url, '/course/decision-processes');
  await page.getByRole('link', { name: 'policyIteration' }).first().click();
  await page.waitForURL('**/reference/value-based/functions/policyIteration');
  await page.getByRole('heading', { level: 1, name: 'policyIteration' }).waitFor();
  await page.close();
});
