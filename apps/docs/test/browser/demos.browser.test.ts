import type { Server } from 'node:http';
import { coinCollector } from '@gradus/envs/text';
import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { catalog } from '../../demos/catalog.ts';
import { choose, hasLearned, look, titleOf, variants, type Variant } from '../../scripts/learned.ts';
import { dist, foreign, openPage, scriptSize, type OpenedPage } from '../../scripts/opened-page.ts';
import { serveFolder } from '../../scripts/serve-folder.ts';
import { violations } from './violations.ts';

const names = Object.keys(catalog);
/** Nothing here depends on how fast a machine is: tests that wait for ever are ended by the runner. */
const patiently = { timeout: 500_000 };
let browser: Browser;
let site: { readonly server: Server; readonly url: string };

beforeAll(async () => {
  site = await serveFolder(dist);
  browser = await chromium.launch(inject('launchOptions'));
});

afterAll(async () => {
  await browser.close();
  site.server.close();
});

const open = (path: string, options?: BrowserContextOptions): Promise<OpenedPage> =>
  openPage(browser, site.url, path, options);

it('there is a sign of learning for every demo', () => {
  expect([...new Set(variants.map(({ name }) => name))].sort()).toEqual([...names].sort());
});

/** Which of the demo's controls has the focus, by its place among them. */
const FOCUSED = `(() => {
  const controls = document.querySelectorAll('[data-demo] :is(button, select, input)');
  return [...controls].indexOf(document.activeElement);
})()`;

describe.each(names)('the demo %s', (name) => {
  it('fits a phone, is worked by keyboard, learns, and asks no other host for anything', async () => {
    const viewport = { width: 390, height: 844 };
    const { page, demo, requests, complaints } = await open(`/demos/${name}`, { viewport });
    await demo.getByText('Nothing runs yet.').waitFor();
    expect(page.workers()).toEqual([]);

    // Every control is come to by the tabulator key.
    const start = demo.getByRole('button', { name: 'Start', exact: true });
    await start.focus();
    const controls = await demo.locator('button:not([disabled], [tabindex="-1"]), select, input').count();
    const reached = new Set<number>();
    for (let i = 0; i < controls; i++) {
      reached.add(await page.evaluate<number>(FOCUSED));
      await page.keyboard.press('Tab');
    }
    reached.delete(-1);
    expect(reached.size).toBe(controls);

    await start.focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // Step
    await expect.poll(async () => (await look(demo)).step, patiently).toBeGreaterThan(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page), colorScheme).toEqual([]);
    }

    await demo.getByLabel('Speed').selectOption('full');
    const [first, ...others] = variants.filter((variant) => variant.name === name);
    await choose(demo, first);
    await expectLearning(page, demo, first);
    for (const variant of others) {
      await choose(demo, variant);
      await expect.poll(async () => (await look(demo)).step, patiently).toBe(0);
      await expectLearning(page, demo, variant);
    }
    expect(foreign(requests, site.url)).toEqual([]);
    expect(complaints).toEqual([]);
    expect(scriptSize(requests)).toBeLessThan(400);
    await page.close();
  });
});

/** Starts a demo by keyboard, waits until it has learned, and has it pause. */
async function expectLearning(page: Page, demo: Locator, variant: Variant): Promise<void> {
  const start = demo.getByRole('button', { name: 'Start', exact: true });
  const pause = demo.getByRole('button', { name: 'Pause', exact: true });
  await start.focus();
  await page.keyboard.press('Space');
  let shown = await look(demo);
  await expect
    .poll(async () => {
      shown = await look(demo);
      return hasLearned(variant, shown) || shown.hasEnded || shown.step > variant.within;
    }, patiently)
    .toBe(true);
  expect(hasLearned(variant, shown), `${titleOf(variant)}: ${shown.status}, ${JSON.stringify(shown.gains)}`).toBe(true);
  // What has ended may still play what was best.
  if ((await pause.count()) > 0) await page.keyboard.press('Space');
  await start.waitFor();
}

it.each(['/demos/grid', '/demos/playground'])('%s cannot be clicked before its scripts have come', async (path) => {
  const { page } = await open(path, { javaScriptEnabled: false });
  await page.locator('section[inert] button.main').waitFor();
  expect(await page.locator('[data-demo], [data-playground]').count()).toBe(0);
  await page.close();
});

it('a pretrained agent plays at once, frozen', async () => {
  const { page, demo } = await open('/demos/ppo-and-dqn');
  await demo.getByRole('button', { name: 'Pretrained agent' }).click();
  await expect.poll(() => demo.locator('.status').textContent(), patiently).toMatch(/now 4[789]\d|now 500/);
  expect(await demo.getByLabel('Frozen policy').isChecked()).toBe(true);
  await page.close();
});

it('has its settings changed by keyboard', async () => {
  const { page, demo } = await open('/demos/ppo-and-dqn');
  await demo.getByRole('button', { name: 'Step' }).click();
  await expect.poll(() => demo.locator('.status').textContent(), patiently).toMatch(/^256 environment steps/);
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

/** The button that has the focus. */
const focused = (page: Page): Locator => page.locator('button:focus');

it('has a world in words won by keyboard', async () => {
  const { page, demo } = await open('/demos/text-world');
  await demo.getByRole('button', { name: 'Step' }).click();
  const choices = demo.getByRole('group', { name: 'What you can do' }).getByRole('button');
  const game = coinCollector({ level: 5, world: 1 });
  game.reset();
  await choices.first().focus();
  for (const command of game.shortestSolution() ?? []) {
    expect(await choices.allTextContents()).toEqual(game.setState(game.getState()).validActions);
    const { length } = game.setState(game.getState()).validActions;
    for (let i = 0; i < length && (await focused(page).textContent())?.trim() !== command; i++) {
      await page.keyboard.press('ArrowRight');
    }
    await page.keyboard.press('Enter');
    game.step(command);
    await demo.getByText(`> ${command}`).last().waitFor();
    await demo
      .getByText(`move ${game.setState(game.getState()).moves}.`)
      .first()
      .waitFor();
  }
  await demo.getByText('The game is over, with 1 of 1').waitFor();
  await page.close();
});

it('has a game of backgammon played by keyboard against the trained net', async () => {
  const { page, demo, requests, complaints } = await open('/demos/backgammon');
  await demo.getByRole('button', { name: 'Pretrained agent' }).click();
  const choices = demo.getByRole('group', { name: 'What you can do' }).getByRole('button');
  await choices.first().focus();
  const told = demo.getByRole('log');
  const board = demo.getByRole('img', { name: 'The board' });
  const shown = async (): Promise<string> =>
    [...(await choices.allTextContents()), await told.textContent(), await board.getAttribute('aria-label')].join();
  await demo.getByLabel('2-ply').check();
  await choices.first().focus();
  while (!/has won|have won/.test((await told.textContent()) ?? '')) {
    const before = await shown();
    // The first choice always goes on; the focus stays among the choices.
    await page.keyboard.press('Enter');
    await expect.poll(shown, patiently).not.toBe(before);
    await expect.poll(() => focused(page).count(), patiently).toBe(1);
  }
  await choices.getByText('play again').waitFor();
  expect(foreign(requests, site.url)).toEqual([]);
  expect(complaints).toEqual([]);
  expect(await violations(page)).toEqual([]);
  await page.close();
});

it('has checkers moved by clicks', async () => {
  const { page, demo } = await open('/demos/backgammon');
  await demo.getByRole('button', { name: 'Step' }).click();
  const board = demo.getByRole('img', { name: 'The board' });
  await board.waitFor();
  await board.locator('.target').first().click();
  await demo.getByRole('button', { name: 'take back' }).click();
  await expect.poll(() => demo.getByRole('button', { name: 'take back' }).count(), patiently).toBe(0);
  await page.close();
});

it('ends its worker when the reader leaves, and moves nothing where motion is unwanted', async () => {
  const { page, demo } = await open('/demos/tricks', { reducedMotion: 'reduce' });
  await expect.poll(() => demo.getByLabel('Moving picture').isChecked(), patiently).toBe(false);
  await demo.getByRole('button', { name: 'Start' }).click();
  await expect.poll(() => page.workers().length, patiently).toBe(1);
  await page.getByRole('link', { name: 'Ten arms' }).first().click();
  await page.locator('[data-demo=bandits]').waitFor();
  await expect.poll(() => page.workers().length, patiently).toBe(0);
  await page.close();
});

it('has one demo run at a time where a page has two, and ends both when the reader leaves', async () => {
  const { page } = await open('/course/policy-gradients');
  const [first, second] = ['aliased-grid', 'tricks'].map((name) => page.locator(`[data-demo=${name}]`));
  const stepOf = async (demo: Locator): Promise<number> => (await look(demo)).step;
  await first.getByRole('button', { name: 'Start' }).click();
  await expect.poll(() => stepOf(first), patiently).toBeGreaterThan(0);
  await second.getByRole('button', { name: 'Start' }).click();
  await first.getByRole('button', { name: 'Start' }).waitFor();
  const before = await stepOf(first);
  const begun = await stepOf(second);
  await expect.poll(() => stepOf(second), patiently).toBeGreaterThan((begun || 0) + 2000);
  expect(await stepOf(first)).toBe(before);
  await first.getByRole('button', { name: 'Start' }).click();
  await second.getByRole('button', { name: 'Start' }).waitFor();
  await expect.poll(() => stepOf(first), patiently).toBeGreaterThan(before);
  expect(page.workers()).toHaveLength(2);
  await page.getByRole('link', { name: '8 Themes' }).first().click();
  await page.getByRole('heading', { name: '8 Themes' }).waitFor();
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
