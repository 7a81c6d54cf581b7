import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { dqnAblation } from '../../src/experiments/dqn-ablation.ts';
import { tdLambdaExperiment } from '../../src/experiments/td-lambda.ts';
import { experimentPage } from '../../src/experiments/page.ts';
import { makeRecord, writeRecord } from '../../src/experiments/record.ts';
import { replaceFile } from '../../src/files/replace-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradus-experiment-'));
let browser: Browser;

/** Curves, and bars. */
const names = ['td-lambda', 'dqn-ablation'];

beforeAll(async () => {
  const context = { seeds: 2, results: '', takes: '', command: [] };
  const variants = ['linear', 'deep', 'deep-target', 'deep-replay', 'dqn'].map((label, i) => {
    return { label, scores: [i, i + 2], value: i + 1, low: i, high: i + 2 };
  });
  const records = [
    makeRecord(tdLambdaExperiment, 2, await tdLambdaExperiment.run(context)),
    makeRecord(dqnAblation, 2, { games: [{ environment: 'MinAtar/Breakout-v0', steps: 1000, variants }] }),
  ];
  for (const record of records) {
    const out = join(folder, record.experiment.name);
    await writeRecord(record, out);
    await replaceFile(join(out, 'report.html'), experimentPage(record));
  }
  browser = await chromium.launch(inject('launchOptions'));
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

describe.each(names)('the page of %s', (name) => {
  it.each([
    { theme: 'light', width: 1280 },
    { theme: 'dark', width: 360 },
  ] as const)('loads nothing but itself and fits the screen, $theme, $width pixels wide', async ({ theme, width }) => {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: theme });
    const [requests, complaints]: [string[], string[]] = [[], []];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    const url = pathToFileURL(join(folder, name, 'report.html')).href;
    await page.goto(url);
    expect({ requests, complaints }).toEqual({ requests: [url], complaints: [] });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const [red] = (await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).match(/\d+/g) ?? [];
    expect(Number(red) > 128).toBe(theme === 'light');
    await page.close();
  });

  it('has figures that are whole files of their own', async () => {
    const figures = readdirSync(join(folder, name)).filter((file) => file.endsWith('.svg'));
    expect(figures.length).toBeGreaterThan(0);
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, name, 'report.html')).href);
    for (const figure of figures) {
      // An image that is not well-formed has no size.
      await page.evaluate(`document.body.innerHTML = '<img src="${figure}">'`);
      await expect.poll(() => page.evaluate<number>("document.querySelector('img').naturalWidth")).toBe(512);
    }
    await page.close();
  });
});
