import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEnvironments } from '../../src/catalog/environments.ts';
import { planRuns } from '../../src/suites/plan-runs.ts';
import { findSuite, listSuites } from '../../src/suites/suite.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const entry = { algorithm: 'ppo', environment: 'CartPole-v1' };

function suiteFile(text: string): string {
  const path = join(temporaryFolder(), 'mine.json');
  writeFileSync(path, text);
  return path;
}

describe('findSuite', () => {
  it('fills in what a file leaves out', () => {
    const path = suiteFile(JSON.stringify({ name: 'mine', entries: [entry] }));
    expect(findSuite(path)).toEqual({
      source: path,
      name: 'mine',
      description: '',
      seeds: 5,
      episodes: 100,
      evaluations: 20,
      evaluationEpisodes: 20,
      entries: [{ ...entry, options: {} }],
    });
  });

  it('knows suites that can all be planned', async () => {
    expect(listSuites()).toEqual([
      'box2d',
      'classic',
      'continuous-control',
      'dqn-ablation',
      'dqn-family',
      'dqn-gradus',
      'mujoco',
      'ppo',
      'ppo-gradus',
      'pqn',
      'quick',
      'recurrent-ppo',
      'reinforce',
      'replay-study',
      'searches',
      'tabular',
      'trpo',
      'zeroth-and-first-order',
    ]);
    for (const name of listSuites()) {
      const suite = findSuite(name);
      expect(suite.name).toBe(name);
      await loadEnvironments(suite.entries.flatMap(({ environment }) => environment));
      expect(planRuns(suite, { device: 'wasm' }).length).toBeGreaterThan(0);
    }
  });

  it('says which suites there are', () => {
    expect(() => findSuite('clasic')).toThrow('clasic: expected the name of a suite or a file; did you mean classic?');
    expect(() => findSuite('xyz')).toThrow(
      'known are box2d, classic, continuous-control, dqn-ablation, dqn-family, dqn-gradus, mujoco, ppo, ppo-gradus, pqn, quick, recurrent-ppo, reinforce, replay-study, searches, tabular, trpo, zeroth-and-first-order',
    );
    expect(() => findSuite(temporaryFolder())).toThrow('EISDIR');
  });

  it.each([
    [{}, 'mine.json: name: expected string, got nothing'],
    [[], 'mine.json: expected object, got []'],
    [{ name: '../x', entries: [entry] }, 'mine.json: name: expected letters, digits and any of . _ + -, got "../x"'],
    [{ name: 'mine', entries: [] }, 'mine.json: entries: expected array to have >=1 items, got []'],
    [{ name: 'mine', entries: [entry], episode: 3 }, "mine.json: unknown key 'episode'; did you mean episodes"],
    [
      { name: 'mine', entries: [entry], seeds: 'all' },
      'mine.json: seeds: expected a number of seeds or a list of them, got "all"',
    ],
    [{ name: 'mine', entries: [entry], seeds: 0 }, 'mine.json: seeds: expected number to be >=1, got 0'],
    [{ name: 'mine', entries: [entry], seeds: [1, 1] }, 'seeds: expected different seeds, got [1,1]'],
    [
      { name: 'mine', entries: [{ ...entry, setings: 'zoo' }] },
      "entries[0]: unknown key 'setings'; did you mean settings?",
    ],
    [{ name: 'mine', entries: [entry, { ...entry, settings: 'ours' }] }, 'entries[1].settings: expected one of'],
    [{ name: 'mine', entries: [{ ...entry, steps: 0 }] }, 'entries[0].steps: expected number to be >=1, got 0'],
    [
      { name: 'mine', entries: [{ ...entry, environment: 1 }] },
      'environment: expected the id of an environment or a list of ids, got 1',
    ],
  ])('names what does not fit: %j', (data, message) => {
    expect(() => findSuite(suiteFile(JSON.stringify(data)))).toThrow(message);
  });

  it('names a file that is no JSON', () => {
    expect(() => findSuite(suiteFile('{ name: 3 }'))).toThrow('mine.json: expected JSON, got "{ name: 3 }"');
    // In one line, though what is wrong is quoted from several.
    expect(() => findSuite(suiteFile('{\n"name":\nx\n}'))).toThrow(
      /mine\.json: expected JSON, got .*not valid JSON\)$/,
    );
    expect(() => findSuite(suiteFile('{\n"name":\nx\n}'))).not.toThrow(/\n/);
  });
});
