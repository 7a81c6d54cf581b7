import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright';
import { docs } from './folders.ts';

/** The site as it was built. */
export const dist: string = join(docs, '.vitepress', 'dist');

/** A page that was opened, what it asked for, and what it complained of. */
export interface OpenedPage {
  readonly page: Page;
  /** The demos that are in it. */
  readonly demo: Locator;
  readonly requests: string[];
  readonly complaints: string[];
}

/** Opens a page of the site that is served at `url`. Nothing waits for less than ten minutes: how fast a machine is must not matter. */
export async function openPage(
  browser: Browser,
  url: string,
  path: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(600_000);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${url}${path}`, { waitUntil: 'networkidle' });
  // Scripts are asked for after the first paint; VitePress names its switch of colours when the page has come alive.
  if (options.javaScriptEnabled !== false) {
    await page.locator('.VPSwitchAppearance:not([title=""])').first().waitFor({ state: 'attached' });
    await page.waitForLoadState('networkidle');
  }
  return { page, demo: page.locator('[data-demo]'), requests, complaints };
}

/** Kilobytes of the scripts among requests, gzipped as a host would. */
export function scriptSize(requests: readonly string[]): number {
  const paths = new Set(requests.map((request) => new URL(request).pathname).filter((path) => path.endsWith('.js')));
  const sizes = [...paths].map((path) => gzipSync(readFileSync(join(dist, path))).length);
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

/** Requests that went to another host than the site's. */
export function foreign(requests: readonly string[], url: string): string[] {
  return requests.filter((request) => !request.startsWith(`${url}/`) && !/^(data|blob):/.test(request));
}

/** Pages of the reference of each kind: a list, a function, a class, an interface, a type. */
export const referencePages: readonly string[] = [
  ...['', 'core/', 'core/functions/evaluate', 'policy-gradient/classes/Ppo', 'core/interfaces/Env'],
  'core/type-aliases/Observation',
].map((page) => `/reference/${page}`);
