// What cannot be a test, since it depends on the clock or on who looks: pnpm --filter @gradus/docs measure <what>, of the site that was built.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { chromium, type Browser, type Page } from 'playwright';
import { launchOptions } from '../../../tooling/scripts/chromium.mjs';
import { choose, hasLearned, look, titleOf, variants } from './learned.ts';
import { dist, openPage, referencePages, scriptSize } from './opened-page.ts';
import { readPages, urlOf } from './pages.ts';
import { serveFolder } from './serve-folder.ts';

const pages = readPages();
const withDemos = new Set(pages.filter(({ text }) => text.includes('<Demo ')).map(urlOf));

/** Pages of each kind, and all with a demo. */
const kinds = [
  ...['/', '/guides/first-agent', '/guides/coming-from', '/course/', '/algorithms/', '/algorithms/ppo', '/benchmarks'],
  ...['/demos/', '/demos/playground', ...withDemos],
  ...referencePages,
];

const commands: Readonly<Record<string, (browser: Browser, url: string, words: readonly string[]) => Promise<void>>> = {
  sizes,
  paint,
  learning,
  screenshots,
};

/** Kilobytes of scripts of every page, gzipped: as it is opened, and, where it has demos, when all were started. */
async function sizes(browser: Browser, url: string): Promise<void> {
  for (const path of [...pages.map(urlOf), ...referencePages]) {
    const { page, demo, requests } = await openPage(browser, url, path);
    if (withDemos.has(path)) await demo.first().waitFor();
    const opened = scriptSize(requests).toFixed(1);
    for (const each of await demo.all()) {
      await each.getByRole('button', { name: 'Step' }).click();
      await each.locator('figure svg').waitFor();
    }
    const started = !withDemos.has(path) ? '' : scriptSize(requests).toFixed(1);
    console.log(`${opened.padStart(6)} ${started.padStart(6)} ${path}`);
    await page.close();
  }
}

/** Seconds until the largest part of each kind of page is painted, with a processor that is four times slower: the median of five. */
async function paint(browser: Browser, url: string): Promise<void> {
  for (const path of kinds) {
    const seconds: number[] = [];
    for (let i = 0; i < 5; i++) seconds.push(await largestPaint(browser, `${url}${path}`));
    const [, , median] = seconds.sort((a, b) => a - b);
    console.log(`${median.toFixed(2)} s (${seconds.map((each) => each.toFixed(2)).join(' ')}) ${path}`);
  }
}

async function largestPaint(browser: Browser, address: string): Promise<number> {
  const page = await browser.newPage();
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.addInitScript(`
    new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntries()) globalThis.largestPaint = startTime;
    }).observe({ type: 'largest-contentful-paint', buffered: true });`);
  await page.goto(address, { waitUntil: 'networkidle', timeout: 600_000 });
  // Entries come some time after what they are about.
  await page.waitForFunction('globalThis.largestPaint !== undefined');
  const milliseconds = await page.evaluate<number>('globalThis.largestPaint');
  await page.close();
  return milliseconds / 1000;
}

/** Seconds from Start until each demo has learned what the browser tests ask of it, and until it says that it is solved. `words`: of which demos. */
async function learning(browser: Browser, url: string, words: readonly string[]): Promise<void> {
  for (const variant of variants.filter(({ name }) => words.length === 0 || words.includes(name))) {
    const { page, demo } = await openPage(browser, url, `/demos/${variant.name}`);
    await choose(demo, variant);
    const begin = performance.now();
    await demo.getByRole('button', { name: 'Start' }).click();
    const seconds = (): string => ((performance.now() - begin) / 1000).toFixed(1);
    let learned = '';
    for (;;) {
      const shown = await look(demo);
      if (learned === '' && hasLearned(variant, shown)) learned = seconds();
      if (shown.hasEnded || performance.now() - begin > 60_000 || (learned !== '' && !canBeSolved(variant.name))) {
        const solved = shown.isSolved ? `, solved after ${seconds()} s` : '';
        console.log(`${titleOf(variant)}: learned after ${learned || 'more than 60'} s${solved}; ${shown.status}`);
        break;
      }
      await page.waitForTimeout(50);
    }
    await page.close();
  }
}

const canBeSolved = (name: string): boolean => ['tricks', 'ppo-and-dqn', 'lunar-lander', 'pendulum'].includes(name);

/** Pictures of each kind of page into the folder that is the first of `words`: light, dark, and as wide as a phone. Demos have run for some seconds. */
async function screenshots(browser: Browser, url: string, [folder = 'screenshots', only = '']: readonly string[]) {
  mkdirSync(folder, { recursive: true });
  const looks = {
    light: { colorScheme: 'light', width: 1280 },
    dark: { colorScheme: 'dark', width: 1280 },
    phone: { colorScheme: 'light', width: 390 },
  } as const;
  for (const path of kinds.filter((each) => each.includes(only))) {
    const { page, demo } = await openPage(browser, url, path, { viewport: { width: 1280, height: 900 } });
    // They are loaded after the page.
    if (withDemos.has(path)) await demo.first().waitFor();
    for (const each of await demo.all()) await runAWhile(page, each);
    await page.evaluate('scrollTo(0, 0)');
    for (const [name, { colorScheme, width }] of Object.entries(looks)) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      const file = `${path === '/' ? 'home' : path.slice(1).replaceAll('/', '-')}-${name}.png`;
      await page.screenshot({ path: join(folder, file), fullPage: true });
    }
    await page.close();
  }
}

async function runAWhile(page: Page, demo: Awaited<ReturnType<typeof openPage>>['demo']): Promise<void> {
  await demo.getByRole('button', { name: 'Start' }).click();
  await demo.locator('figure svg').waitFor();
  await page.waitForTimeout(5000);
  await demo.locator('button.main').click();
}

const [what = '', ...words] = process.argv.slice(2);
if (!(what in commands)) throw new Error(`measure: expected one of ${Object.keys(commands).join(', ')}, got '${what}'`);
const { server, url } = await serveFolder(dist);
const browser = await chromium.launch(launchOptions);
await commands[what](browser, url, words);
await browser.close();
server.close();
