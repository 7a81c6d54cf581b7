import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { chromium, type Browser, type LaunchOptions, type Locator, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { writeReport } from '../../src/commands/report.ts';
import { classicResults, writeResults } from '../synthetic-results.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradus-report-'));
const figures = join(folder, 'figures');
const report = join(folder, 'report.html');
let browser: Browser;

beforeAll(async () => {
  writeResults(join(folder, 'classic'), classicResults());
  await writeReport([join(folder, 'classic')], report, { svg: figures, ignoreFailed: false, force: false });
  browser = await chromium.launch(inject('launchOptions'));
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

declare module 'vitest' {
  interface ProvidedContext {
    /** How to start the Chromium that is installed here: vitest.browser.config.ts has found it. */
    readonly launchOptions: LaunchOptions;
  }
}

interface Screen {
  readonly width: number;
  readonly height: number;
}

const wide: Screen = { width: 1280, height: 900 };
const phone: Screen = { width: 360, height: 740 };

type Theme = 'light' | 'dark';

/** Opens a file; what it requests and complains about is kept. */
async function open(path: string, colorScheme: Theme, viewport: Screen = wide) {
  const page = await browser.newPage({ viewport, colorScheme });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(pathToFileURL(path).href);
  return { page, requests, complaints };
}

/** The red, green and blue of every pixel of an element, as it is seen. */
async function pixelsOf(locator: Locator): Promise<Rgb[]> {
  const image = await loadImage(await locator.screenshot());
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return Array.from({ length: data.length / 4 }, (_, i) => [data[4 * i], data[4 * i + 1], data[4 * i + 2]]);
}

type Rgb = readonly [red: number, green: number, blue: number];

function parseColour(text: string): Rgb {
  const [red, green, blue] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}

/** The contrast ratio of two colours, from 1 to 21 (Web Content Accessibility Guidelines 2.2). */
function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The highest contrast of any pixel to the background. */
function strongest(pixels: readonly Rgb[], background: Rgb): number {
  return pixels.reduce((highest, pixel) => Math.max(highest, contrast(pixel, background)), 1);
}

function paper(page: Page): Promise<Rgb> {
  return page.evaluate<string>('getComputedStyle(document.body).backgroundColor').then(parseColour);
}

/** Every colour in which text is seen, with what is written in it and what is behind. */
const textColours = `[...document.querySelectorAll('body *')]
  .filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
  .filter((element) => element.tagName !== 'title')
  .map((element) => {
    let behind = element;
    while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
    const { color, fill } = getComputedStyle(element);
    return {
      text: element.textContent.trim().slice(0, 40),
      colour: element.namespaceURI.endsWith('svg') ? fill : color,
      background: getComputedStyle(behind).backgroundColor,
    };
  })`;

/** Of each figure with learning curves: the lines of means and the bands, and where they are. */
const curvesOf = `[...document.querySelectorAll('svg[aria-label^="Learning curves"]')].map((figure) => {
  const box = (path) => {
    const { left, right, width, height } = path.getBoundingClientRect();
    const { stroke, fill, fillOpacity } = getComputedStyle(path);
    return { left, right, width, height, stroke, fill, fillOpacity: Number(fillOpacity) };
  };
  return {
    lines: [...figure.querySelectorAll('[aria-label="line"][stroke-width="2"] path')].map(box),
    bands: [...figure.querySelectorAll('[aria-label="area"] path')].map(box),
  };
})`;

interface Shape {
  readonly left: number;
  readonly right: number;
  readonly width: number;
  readonly height: number;
  readonly stroke: string;
  readonly fill: string;
  readonly fillOpacity: number;
}

describe.each([
  { theme: 'light', viewport: wide },
  { theme: 'dark', viewport: wide },
  { theme: 'light', viewport: phone },
  { theme: 'dark', viewport: phone },
] as const)('the report, $theme, $viewport.width pixels wide', ({ theme, viewport }) => {
  let page: Page;
  let requests: readonly string[];
  let complaints: readonly string[];

  beforeAll(async () => {
    ({ page, requests, complaints } = await open(report, theme, viewport));
    for (const details of await page.locator('summary').all()) await details.click();
  });
  afterAll(() => page.close());

  it('loads nothing but itself, without an error or a warning', () => {
    expect(requests).toEqual([pathToFileURL(report).href]);
    expect(complaints).toEqual([]);
  });

  it('fits the screen, everything opened', async () => {
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width);
  });

  it('shows curves and bands, each in a colour that stands out', async () => {
    const all = await page.evaluate<{ lines: Shape[]; bands: Shape[] }[]>(curvesOf);
    expect(all.map(({ lines, bands }) => [lines.length, bands.length])).toEqual([
      [2, 2],
      [2, 2],
      [2, 2],
      [1, 1],
    ]);
    for (const { lines, bands } of all) {
      for (const { left, right, width, height, stroke } of lines) {
        expect(left).toBeGreaterThan(0);
        expect(right).toBeLessThanOrEqual(viewport.width);
        expect(width).toBeGreaterThan(100);
        expect(height).toBeGreaterThan(50);
        expect(contrast(parseColour(stroke), await paper(page))).toBeGreaterThan(3);
      }
      for (const { width, height, fillOpacity } of bands) {
        expect(width).toBeGreaterThan(100);
        expect(height).toBeGreaterThan(50);
        expect(fillOpacity).toBeGreaterThan(0.1);
      }
      expect(new Set(lines.map(({ stroke }) => stroke)).size).toBe(lines.length);
    }
    const figure = page.locator('svg[aria-label^="Learning curves"]').first();
    const pixels = await pixelsOf(figure);
    for (const { stroke } of all[0].lines) {
      const colour = parseColour(stroke);
      // Two pixels wide and at least a hundred long, but for what is smoothed at its edges or lies under the other curve.
      expect(
        pixels.filter((pixel) => pixel.every((value, i) => Math.abs(value - colour[i]) <= 8)).length,
      ).toBeGreaterThan(80);
    }
  });

  it('can be read: every text has a contrast of at least 4.5 : 1', async () => {
    const texts = await page.evaluate<{ text: string; colour: string; background: string }[]>(textColours);
    expect(texts.length).toBeGreaterThan(300);
    const hard = texts.filter(({ colour, background }) => contrast(parseColour(colour), parseColour(background)) < 4.5);
    expect(hard).toEqual([]);
    // As it is painted: most of the page is paper, and it is as light or dark as it should be.
    const pixels = await pixelsOf(page.locator('header'));
    const background = await paper(page);
    expect(pixels.filter((pixel) => contrast(pixel, background) < 1.01).length / pixels.length).toBeGreaterThan(0.8);
    expect(luminance(background) > 0.5).toBe(theme === 'light');
    expect(strongest(pixels, background)).toBeGreaterThan(7);
  });
});

it('changes its theme when asked to', async () => {
  const { page } = await open(report, 'light');
  const isLight = async () => luminance(await paper(page)) > 0.5;
  expect(await isLight()).toBe(true);
  await page.getByText('dark', { exact: true }).click();
  expect(await isLight()).toBe(false);
  await page.getByText('light', { exact: true }).click();
  expect(await isLight()).toBe(true);
  await page.close();
});

it.each(['light', 'dark'] as const)('figures stand on paper of their own in another page, %s', async (theme) => {
  const { page, complaints } = await open(report, theme);
  for (const name of readdirSync(figures)) {
    const { page: alone, requests, complaints: errors } = await open(join(figures, name), theme);
    expect({ requests, errors }).toEqual({ requests: [pathToFileURL(join(figures, name)).href], errors: [] });
    await alone.close();
    // An image that is not well-formed has no size.
    await page.evaluate(`document.body.innerHTML = '<img src="figures/${name}">'`);
    const image = page.locator('img');
    await expect.poll(() => page.evaluate<number>("document.querySelector('img').naturalWidth")).toBe(392);
    const pixels = await pixelsOf(image);
    const background = pixels[20 * 392 + 380];
    expect(luminance(background) > 0.5).toBe(theme === 'light');
    expect(strongest(pixels, background)).toBeGreaterThan(7);
  }
  expect(complaints).toEqual([]);
  await page.close();
});
