import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vectorize } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { Ppo } from '@gradus/policy-gradient';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { saveRun } from '../../src/runs/run.ts';
import { runCommand } from '../run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradus-policy-'));
let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('launchOptions'));
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

it('an exported policy acts in a page as the agent does, loaded by <script type="module"> and nothing else', async () => {
  const agent = new Ppo(
    vectorize(() => makeEnv('CartPole-v1'), 1),
    { seed: 1 },
  );
  const run = { algorithm: 'ppo', environment: 'CartPole-v1', numEnvs: 1, steps: 1, seed: 1, device: 'wasm' } as const;
  await saveRun(join(folder, 'agent'), run, agent);
  const out = join(folder, 'policy.js');
  const { status } = await runCommand('export', join(folder, 'agent'), '--format', 'js', '--out', out);
  expect(status).toBe(0);

  const observations = Array.from({ length: 50 }, (_, i) => [0, 1, 2, 3].map((j) => 2 * Math.sin(7 * i + j)));
  const page = await browser.newPage();
  const requests: string[] = [];
  const html = `<script type="module">
    import { act } from './policy.js';
    document.title = JSON.stringify(${JSON.stringify(observations)}.map((observation) => act(observation)));
  </script>`;
  await page.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    requests.push(pathname);
    if (pathname === '/policy.js') {
      await route.fulfill({ contentType: 'text/javascript', body: readFileSync(out, 'utf8') });
    } else await route.fulfill({ contentType: 'text/html', body: html });
  });
  await page.goto('http://page.test/');
  await page.waitForFunction('document.title !== ""');
  expect(JSON.parse(await page.title())).toEqual(observations.map((observation) => agent.act(observation)));
  expect(requests).toEqual(['/', '/policy.js']);
});
