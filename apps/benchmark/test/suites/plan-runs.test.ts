import { describe, expect, it } from 'vitest';
import { planRuns } from '../../src/suites/plan-runs.ts';
import { plannedRunSchema } from '../../src/runs/planned-run.ts';
import { suiteSchema, type Suite } from '../../src/suites/suite.ts';

function suite(...entries: readonly object[]): Suite {
  return { ...suiteSchema.parse({ name: 'mine', seeds: 2, entries }), source: 'mine.json' };
}

const ppo = { algorithm: 'ppo', environment: 'CartPole-v1' };
const dqn = { algorithm: 'dqn', environment: ['CartPole-v1', 'Acrobot-v1'], seeds: [7] };
const device = 'wasm';

function idOf(entry: object, changes: Partial<Suite> = {}): string {
  return planRuns({ ...suite(entry), ...changes }, { device })[0].id;
}

describe('planRuns', () => {
  it('plans every seed of every algorithm in every environment, the first seeds first', () => {
    const runs = planRuns(suite(ppo, dqn), { device });
    expect(runs.map(({ label, environment, seed }) => `${label} ${environment} ${seed}`)).toEqual([
      'ppo-zoo CartPole-v1 0',
      'dqn-zoo CartPole-v1 7',
      'dqn-zoo Acrobot-v1 7',
      'ppo-zoo CartPole-v1 1',
    ]);
    for (const run of runs) expect(plannedRunSchema.parse(JSON.parse(JSON.stringify(run)))).toEqual(run);
  });

  it('takes settings, and what replaces them', () => {
    const [run] = planRuns(suite({ ...ppo, label: 'slow', options: { gamma: 0.5 }, numEnvs: 16, steps: 999 }), {
      device,
    });
    expect(run).toMatchObject({ label: 'slow', numEnvs: 16, steps: 999, episodes: 100, evaluations: 20, device });
    // Of the zoo's settings for CartPole-v1, and of the entry.
    expect(run.options).toMatchObject({ gaeLambda: 0.8, gamma: 0.5 });
  });

  it('gives ids that change with whatever decides a result, and with nothing else', () => {
    const id = idOf(ppo);
    expect(id).toMatch(/^ppo-zoo\/CartPole-v1\/0-[0-9a-f]{8}$/);
    expect(idOf(ppo)).toBe(id);
    // A default written down, and the same options in another order.
    expect(idOf({ ...ppo, options: { targetKl: null } })).toBe(id);
    expect(idOf({ ...ppo, options: { gamma: 0.98, gaeLambda: 0.8 } })).toBe(id);
    expect(idOf({ ...ppo, options: { gaeLambda: 0.8, gamma: 0.98 } })).toBe(id);
    expect(idOf(ppo, { description: 'other' })).toBe(id);
    const others = [
      idOf({ ...ppo, options: { gamma: 0.97 } }),
      idOf({ ...ppo, steps: 99_999 }),
      idOf({ ...ppo, numEnvs: 16 }),
      idOf({ ...ppo, seeds: [1] }),
      idOf(ppo, { episodes: 99 }),
      idOf(ppo, { evaluations: 19 }),
      idOf(ppo, { evaluationEpisodes: 19 }),
      planRuns(suite(ppo), { device: 'native' })[0].id,
    ];
    expect(new Set([id, ...others]).size).toBe(others.length + 1);
  });

  it('takes other seeds, and those that match a filter', () => {
    const ids = (options: object): string[] =>
      planRuns(suite(ppo, dqn), { device, ...options }).map(({ id }) => id.replace(/-[0-9a-f]{8}$/, ''));
    expect(ids({ seeds: [3] })).toEqual(['ppo-zoo/CartPole-v1/3', 'dqn-zoo/CartPole-v1/3', 'dqn-zoo/Acrobot-v1/3']);
    expect(ids({ filter: 'Acrobot' })).toEqual(['dqn-zoo/Acrobot-v1/7']);
    expect(ids({ filter: 'p*CartPole*1-' })).toEqual(['ppo-zoo/CartPole-v1/1']);
    // A dot is a dot.
    expect(() => ids({ filter: 'p.o' })).toThrow(/--filter p\.o: expected a part of some run's id, such as ppo-zoo/);
  });

  it.each([
    [[{ ...ppo, algorithm: 'ppoo' }], "mine.json: entries[0].algorithm: unknown algorithm 'ppoo'; did you mean ppo?"],
    [
      [ppo, { ...dqn, environment: 'CartPol-v1' }],
      "entries[1].environment: unknown environment 'CartPol-v1'; did you mean",
    ],
    [
      [{ ...dqn, environment: 'Pendulum-v1', settings: 'zoo' }],
      'entries[0].settings: there are none for dqn in Pendulum-v1, only for',
    ],
    [[{ ...dqn, environment: 'Pendulum-v1', settings: 'default' }], 'expected an environment with Discrete actions'],
    [[{ ...ppo, options: { gama: 1 } }], "entries[0].options: ppo: unknown option 'gama'; did you mean 'gamma'?"],
    [[{ ...ppo, options: { gamma: 7 } }], 'entries[0].options: Ppo: expected gamma to be a number in [0, 1], got 7'],
    [
      [{ ...ppo, options: { learningRate: { kind: 'linear', from: 1e-3, to: 0 } } }],
      'got {"kind":"linear","from":0.001,"to":0}: expected until to be a number in (0, 1], got undefined',
    ],
    [[{ ...ppo, options: { batchSize: 100 } }], 'entries[0].options: Ppo: expected batchSize to be a divisor of 256'],
    [[{ ...ppo, options: { seed: 1 } }], 'entries[0].options.seed: expected no seed here but in seeds'],
    [[ppo, ppo], 'entries[1]: ppo-zoo in CartPole-v1 is what entries[0] is too; give it another label'],
  ])('names what cannot be trained: %j', (entries, message) => {
    expect(() => planRuns(suite(...entries), { device })).toThrow(message);
  });
});
