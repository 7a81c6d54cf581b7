import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type LaunchOptions,
  type Locator,
  type Page,
} from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { catalog } from '../../demos/catalog.ts';
import { serveFolder } from './serve-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly launchOptions: LaunchOptions;
  }
}

const names = Object.keys(catalog);
/** Nothing here depends on how fast a machine is: tests that wait for ever are ended by the runner. */
const patiently = { timeout: 500_000 };
let browser: Browser;
let site: { readonly server: Server; readonly url: string };

beforeAll(async () => {
  site = await serveFolder(fileURLToPath(new URL('../../.vitepress/dist', import.meta.url)));
  browser = await chromium.launch(inject('launchOptions'));
});

afterAll(async () => {
  await browser.close();
  site.server.close();
});

/** A page that was opened, what it asked for, and what it complained of. */
interface Opened {
  readonly page: Page;
  readonly demo: Locator;
  readonly requests: string[];
  readonly complaints: string[];
}

async function open(path: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(patiently.timeout);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${site.url}${path}`);
  return { page, demo: page.locator('[data-demo]'), requests, complaints };
}

/** What axe finds of impact `serious` or `critical`, but for VitePress's own button, of which it says that its label lacks the key's name. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
    "axe.run({ exclude: ['.DocSearch-Button'] }).then(({ violations }) => violations)",
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Kilobytes of scripts, gzipped as a host would. */
function scriptSize(requests: readonly string[]): number {
  const scripts = [...new Set(requests)].filter((request) => new URL(request).pathname.endsWith('.js'));
  const folder = new URL('../../.vitepress/dist/', import.meta.url);
  const sizes = scripts.map((script) => gzipSync(readFileSync(new URL(`.${new URL(script).pathname}`, folder))).length);
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

/** By how much the curve is above its start: its words are ‘…: from 9.8 to 412; …’, of which the first line counts. */
async function improvement(demo: Locator): Promise<number> {
  const words = (await demo.locator('svg').last().getAttribute('aria-label')) ?? '';
  const [, from, to] = /: from (\S+) to ([^;\s]+)/.exec(words) ?? [];
  const read = (text = 'NaN'): number => Number(text.replace('K', 'e3').replace('M', 'e6'));
  return read(to) - read(from);
}

it('the first page loads at most 150 kB of scripts, and nothing of a demo', async () => {
  const { page, requests, complaints } = await open('/');
  await page.waitForLoadState('networkidle');
  expect(scriptSize(requests)).toBeLessThan(150);
  // The page that lists the demos is fetched before anybody goes there, as all pages that are linked to.
  expect(requests.filter((request) => /demo(?!s_index)|worker/.test(request))).toEqual([]);
  expect(complaints).toEqual([]);
  await page.close();
});

describe.each(names)('the demo %s', (name) => {
  it('trains when asked to, improves, and asks no other host for anything', async () => {
    const { page, demo, requests, complaints } = await open(`/demos/${name}`, { colorScheme: 'dark' });
    await demo.getByText('Nothing runs yet.').waitFor();
    expect(page.workers()).toEqual([]);
    await demo.getByRole('button', { name: 'Start' }).click();
    await expect.poll(() => improvement(demo), patiently).toBeGreaterThan(0);
    expect(requests.filter((request) => !request.startsWith(site.url) && !/^(data|blob):/.test(request))).toEqual([]);
    expect(complaints).toEqual([]);
    expect(scriptSize(requests)).toBeLessThan(400);
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('fits a phone', async () => {
    const { page, demo } = await open(`/demos/${name}`, { viewport: { width: 390, height: 844 } });
    await demo.getByRole('button', { name: 'Step' }).click();
    await demo.locator('svg').last().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await violations(page)).toEqual([]);
    await page.close();
  });
});

it('PPO solves CartPole in the page, and keeps the weights', async () => {
  const { page, demo } = await open('/demos/ppo-and-dqn');
  await demo.getByRole('button', { name: 'Start' }).click();
  await demo.getByText('solved, and the best weights are kept').first().waitFor(patiently);
  const [, best] = /best (\d+)/.exec((await demo.locator('.status').textContent()) ?? '') ?? [];
  expect(Number(best)).toBeGreaterThanOrEqual(475);
  await page.close();
});

it('a pretrained agent plays at once, frozen', async () => {
  const { page, demo } = await open('/demos/ppo-and-dqn');
  await demo.getByRole('button', { name: 'Pretrained agent' }).click();
  await expect.poll(() => demo.locator('.status').textContent(), patiently).toMatch(/now 4[789]\d|now 500/);
  expect(await demo.getByLabel('Frozen policy').isChecked()).toBe(true);
  await page.close();
});

it('is used by keyboard alone', async () => {
  const { page, demo } = await open('/demos/ppo-and-dqn');
  const start = demo.getByRole('button', { name: 'Start' });
  await start.focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // Step
  await expect.poll(() => demo.locator('.status').textContent(), patiently).toMatch(/^256 environment steps/);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  await demo.getByRole('button', { name: 'Pause' }).waitFor();
  await page.keyboard.press('Space');
  await start.waitFor();
  await demo.getByLabel('Frozen policy').focus();
  await page.keyboard.press('Space');
  expect(await demo.getByLabel('Frozen policy').isChecked()).toBe(true);
  await demo.getByLabel('Seed').focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect.poll(() => demo.locator('.status').textContent(), patiently).toMatch(/^0 environment steps/);
  await demo.getByLabel('Speed').focus();
  await page.keyboard.press('ArrowUp');
  expect(await demo.getByLabel('Speed').inputValue()).toBe('10');
  await page.close();
});

it('has walls drawn by keyboard', async () => {
  const { page, demo } = await open('/demos/grid');
  await demo.getByRole('button', { name: 'Step' }).click();
  await demo.getByRole('button', { name: 'row 1, column 1:' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await demo.getByRole('button', { name: 'row 2, column 2: wall' }).waitFor();
  await page.close();
});

it('ends its worker when the reader leaves, and moves nothing where motion is unwanted', async () => {
  const { page, demo } = await open('/demos/tricks', { reducedMotion: 'reduce' });
  expect(await demo.getByLabel('Moving picture').isChecked()).toBe(false);
  await demo.getByRole('button', { name: 'Start' }).click();
  await expect.poll(() => page.workers().length, patiently).toBe(1);
  await page.getByRole('link', { name: 'Ten arms' }).first().click();
  await page.locator('[data-demo=bandits]').waitFor();
  await expect.poll(() => page.workers().length, patiently).toBe(0);
  await page.close();
});

describe('the playground', () => {
  const outcome = (page: Page): Locator => page.locator('[data-playground] .outcome');

  it('runs what was written, draws and prints', async () => {
    const { page, requests, complaints } = await open('/demos/playground', { colorScheme: 'dark' });
    const editor = page.getByLabel('The program');
    await editor.fill(
      "import { Random } from '@gradus/core';\nfor (let i = 0; i < 5; i++) plot('line', i, i);\nprint(new Random(1).integer(1));",
    );
    await editor.press('Control+Enter');
    await expect.poll(() => outcome(page).textContent(), patiently).toContain('It ran to its end.');
    expect(await page.getByLabel('What was printed').textContent()).toBe('0');
    expect(await page.locator('[data-playground] svg').getAttribute('aria-label')).toContain('line: from 0 to 4');
    expect(scriptSize(requests)).toBeLessThan(400);
    expect(complaints).toEqual([]);
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('says in which line an error is, keeps indents, and ends a loop when told to', async () => {
    const { page } = await open('/demos/playground', { viewport: { width: 390, height: 844 } });
    const editor = page.getByLabel('The program');
    await editor.fill('');
    await editor.pressSequentially('if (true) {\nnull.x;');
    expect(await editor.inputValue()).toBe('if (true) {\n  null.x;');
    await editor.pressSequentially('\n}');
    await page.getByRole('button', { name: 'Run' }).click();
    await expect.poll(() => outcome(page).textContent(), patiently).toContain('Line 2: TypeError');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await editor.fill('for (;;);');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => page.workers().length, patiently).toBe(0);
    await page.close();
  });
});
