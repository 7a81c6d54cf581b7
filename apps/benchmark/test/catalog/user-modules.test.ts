import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listEnvs, makeEnv } from '@gradus/envs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { algorithms } from '../../src/catalog/algorithms.ts';
import { environmentOf, importModules } from '../../src/catalog/user-modules.ts';
import { temporaryFolder } from '../temporary-folder.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const fixtures = join(import.meta.dirname, '..', 'fixtures');

/** Spaces and steps of an environment, in JavaScript without imports; `{}` stands for what is special about it. */
const env = (special = ''): string => `{
  observationSpace: { kind: 'box', size: 1, shape: [1], low: [0], high: [1], dtype: 'float32', toString: () => 'Box',
    sample: () => [0], contains: () => true, problem: () => undefined },
  actionSpace: { kind: 'discrete', n: 2, start: 0, size: 1, toString: () => 'Discrete(2)', sample: () => 0,
    contains: () => true, problem: () => undefined },
  reset: () => ({ observation: [0] }),
  step: () => ({ observation: [0], reward: 0, terminated: true, truncated: false }),
  ${special}
}`;

function moduleOf(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

describe('a module of the user', () => {
  it('registers an exported class by its name, once however often it is imported', async () => {
    const path = join(fixtures, 'delivery.mjs');
    await importModules([path, path]);
    expect(listEnvs()).toContain('Delivery');
    expect(makeEnv('Delivery').reset()).toEqual({ observation: [0] });
    expect(await environmentOf(path)).toBe('Delivery');
  });

  it('registers what createEnv makes by the name of the file, and a table by its ids', async () => {
    const created = moduleOf('taxi-rank.mjs', `export const createEnv = () => (${env()});`);
    expect(await environmentOf(created)).toBe('taxi-rank');
    const table = moduleOf(
      'two.mjs',
      `export const environments = { 'A-v0': () => (${env()}), 'B-v0': () => (${env()}) };`,
    );
    await importModules([table]);
    expect(listEnvs()).toEqual(expect.arrayContaining(['taxi-rank', 'A-v0', 'B-v0']));
    await expect(environmentOf(table)).rejects.toThrow(`${table}: expected one environment, got A-v0, B-v0; --import`);
  });

  it('registers algorithms', async () => {
    await importModules([join(fixtures, 'own-algorithm.mjs')]);
    expect(algorithms['short-ppo'].defaults).toMatchObject({ steps: 32, gamma: 0.99 });
    expect(algorithms['short-ppo'].settings).toEqual({});
  });

  it('is no id of an environment', async () => {
    expect(await environmentOf('CartPole-v1')).toBe('CartPole-v1');
    expect(await environmentOf('Own.js-v1')).toBe('Own.js-v1');
  });

  it.each([
    ['throws', `throw new Error('no map');`, /throws\.mjs: it could not be loaded: no map$/],
    ['misspelt', `export const = 1;`, /misspelt\.mjs: it could not be loaded: /],
    ['helpers', `export const a = 1; export function b() {}`, /expected it to export a class .+; it exports a, b$/],
    ['nothing', ``, /expected it to export .+ createEnv .+; it exports nothing$/],
    ['taken', `export const environments = { 'CartPole-v1': () => (${env()}) };`, /the id 'CartPole-v1' is taken/],
    [
      'value',
      `export const environments = { 'C-v0': 7 };`,
      /environments\['C-v0'\]: expected a class or a function .+ number/,
    ],
    [
      'same',
      `const one = ${env()}; export const createEnv = () => one;`,
      /same: expected another environment at each call/,
    ],
    ['broken', `export const createEnv = () => { throw new Error('no board'); };`, /broken: no board$/],
    [
      'reward',
      `export const createEnv = () => (${env('step: () => ({ observation: [0], reward: NaN, terminated: true, truncated: false })')});`,
      /reward: step: reward .*NaN/,
    ],
    [
      'algorithm',
      `export const algorithms = { mine: { defaults: {}, create() {} } };`,
      /algorithms\.mine\.load: expected a function/,
    ],
    [
      'named',
      `export const algorithms = { ppo: { defaults: {}, create() {}, load() {} } };`,
      /the name 'ppo' is taken/,
    ],
  ])('%s is refused by name', async (name, text, message) => {
    await expect(importModules([moduleOf(`${name}.mjs`, text)])).rejects.toThrow(message);
  });

  it('that is not there is refused by its path', async () => {
    await expect(importModules(['nowhere/envs.js'])).rejects.toThrow(
      /^--import nowhere\/envs\.js: there is no such file \(looked for \/.+nowhere\/envs\.js\)$/,
    );
    await expect(environmentOf('./nowhere.js')).rejects.toThrow('./nowhere.js: there is no such file');
  });
});
