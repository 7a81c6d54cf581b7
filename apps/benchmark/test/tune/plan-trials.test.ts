import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planTrials } from '../../src/tune/plan-trials.ts';
import { readSpace, type Space } from '../../src/tune/space.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const base = {
  name: 'mine',
  algorithm: 'ppo',
  environment: 'CartPole-v1',
  settings: 'default',
  numEnvs: 2,
  options: { hidden: [8], gamma: 0.9 },
  steps: 1000,
  trials: 6,
  seeds: 2,
  parameters: {
    learningRate: { log: [1e-4, 1e-2] },
    numEnvs: { choice: [2, 4, 8] },
    clipRange: { uniform: [0.1, 0.3] },
  },
};

function space(changes: object = {}): Space {
  const path = join(temporaryFolder(), 'space.json');
  writeFileSync(path, JSON.stringify({ ...base, ...changes }));
  return readSpace(path);
}

function plan(changes: object = {}) {
  return planTrials(space(changes), 'wasm');
}

describe('planTrials', () => {
  it('plans the space that is there as an example', () => {
    const example = readSpace(join(import.meta.dirname, '../../spaces/ppo-cartpole.json'));
    const { trials, rejected, rungs } = planTrials(example, 'wasm');
    expect(rungs.map(({ trials, steps }) => [trials, steps])).toEqual([
      [27, 5556],
      [9, 16_667],
      [3, 50_000],
    ]);
    expect(trials).toHaveLength(27);
    expect(rejected).toEqual([]);
  });

  it.each(['ddpg-softmax-beta', 'dqn-cartpole', 'ppo-mountain-car-continuous'])(
    'plans %s, on seeds from 1000 on',
    (name) => {
      const { trials, generations, rejected } = planTrials(
        readSpace(join(import.meta.dirname, `../../spaces/${name}.json`)),
        'wasm',
      );
      expect(generations).toBeGreaterThan(1);
      expect(rejected).toEqual([]);
      for (const { runs } of trials) for (const [i, { seed }] of runs.entries()) expect(seed).toBe(1000 + i);
    },
  );

  it('plans whole runs with the values that were drawn', () => {
    const { trials, rejected } = plan({ strategy: 'halving', eta: 2 });
    expect(rejected).toEqual([]);
    expect(trials.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const { index, parameters, runs } of trials) {
      const { numEnvs, ...drawn } = parameters;
      expect(runs.map(({ seed }) => seed)).toEqual([0, 1]);
      for (const run of runs) {
        expect(run).toMatchObject({ label: `trial-${index}`, numEnvs, steps: 1000, evaluations: 4, device: 'wasm' });
        expect(run.options).toEqual({ hidden: [8], gamma: 0.9, ...drawn });
      }
    }
    expect(new Set(trials.flatMap(({ runs }) => runs).map(({ id }) => id)).size).toBe(12);
  });

  it('draws members of options', () => {
    const learningRate = { kind: 'linear', from: 0.1, to: 0, until: 1 };
    const { trials } = plan({ options: { learningRate }, parameters: { 'learningRate.from': { log: [1e-4, 1e-2] } } });
    for (const { parameters, runs } of trials) {
      expect(runs[0].options).toEqual({ learningRate: { ...learningRate, from: parameters['learningRate.from'] } });
    }
  });

  it('draws the same for the same seed, others for another', () => {
    const values = (changes: object): unknown[] => plan(changes).trials.map(({ parameters }) => parameters);
    const drawn = values({});
    expect(values({})).toEqual(drawn);
    expect(values({ trials: 9 }).slice(0, 6)).toEqual(drawn);
    const other = values({ seed: 1 });
    for (const [i, parameters] of drawn.entries()) expect(other[i]).not.toEqual(parameters);
    // One parameter more changes nothing about the others.
    const more = values({ parameters: { epochs: { integer: [1, 9] }, ...base.parameters } }) as Record<
      string,
      unknown
    >[];
    expect(more.every(({ epochs }) => Number(epochs) >= 1 && Number(epochs) <= 9)).toBe(true);
    expect(more).toEqual(drawn.map((parameters) => expect.objectContaining(parameters as object) as unknown));
  });

  it('replaces combinations that make no agent, and says which', () => {
    const parameters = { batchSize: { choice: [64, 128] }, numEnvs: { choice: [2, 4] } };
    const { trials, rejected, isExhausted } = plan({ parameters, options: { steps: 32 } });
    expect(
      trials.map(({ parameters: { batchSize, numEnvs } }) => `${Number(batchSize)} ${Number(numEnvs)}`).sort(),
    ).toEqual(['128 4', '64 2', '64 4']);
    expect(isExhausted).toBe(true);
    expect(rejected).toEqual([
      'batchSize=128 numEnvs=2: options: Ppo: expected batchSize to be a divisor of 64 (steps × copies), got 128',
    ]);
  });

  it.each(['random', 'halving'])('tries nothing twice, and ends where the space does: %s', (strategy) => {
    const parameters = { epochs: { integer: [1, 3] }, numEnvs: { choice: [2, 4] } };
    const { trials, rungs, isExhausted } = plan({ strategy, parameters, trials: 50, eta: 2 });
    const names = trials.map((trial) => JSON.stringify(trial.parameters));
    expect(new Set(names).size).toBe(6);
    expect(names).toHaveLength(6);
    expect(isExhausted).toBe(true);
    expect(rungs[0].trials).toBe(6);
    // Others come in the same order.
    const few = plan({ strategy, parameters, trials: 3, eta: 2 });
    expect(few.trials.map((trial) => JSON.stringify(trial.parameters))).toEqual(names.slice(0, 3));
    expect(few.isExhausted).toBe(false);
    // A range that is only some digits wide.
    const narrow = plan({ parameters: { gamma: { uniform: [0.9, 0.9000000000000002] } }, trials: 50 });
    expect(narrow.trials.length).toBeLessThan(4);
    expect(narrow.isExhausted).toBe(true);
  });

  it.each(['random', 'grid', 'evolution'] as const)(
    'takes an integer from 3 to 3 for the choice of 3 in a search: %s',
    (strategy) => {
      const trialsOf = (epochs: object) => {
        const parameters = { epochs, numEnvs: { choice: [2, 4] } };
        return plan({ parameters, strategy, trials: undefined }).trials.map(({ parameters: values }) => values);
      };
      const one = trialsOf({ integer: [3, 3] });
      expect(one.map(({ epochs, numEnvs }) => [epochs, numEnvs]).sort()).toEqual([
        [3, 2],
        [3, 4],
      ]);
      expect(trialsOf({ choice: [3] })).toEqual(one);
    },
  );

  it('has all combinations of a grid, ends included', () => {
    const parameters = {
      learningRate: { log: [1e-4, 1e-2], points: 3 },
      clipRange: { uniform: [0.1, 0.3], points: 2 },
      epochs: { integer: [1, 2] },
    };
    const { trials, rungs, isExhausted } = plan({ strategy: 'grid', parameters, trials: undefined });
    expect(trials).toHaveLength(12);
    expect(rungs).toEqual([{ trials: 12, steps: 1000, point: 1 }]);
    expect(isExhausted).toBe(false);
    expect(trials.map((trial) => trial.parameters.epochs)).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
    expect(trials.map((trial) => trial.parameters.clipRange).slice(0, 4)).toEqual([0.1, 0.1, 0.3, 0.3]);
    const rates = trials.filter((_, i) => i % 4 === 0).map((trial) => Number(trial.parameters.learningRate));
    expect(rates[0]).toBeCloseTo(1e-4, 12);
    expect(rates[1]).toBeCloseTo(1e-3, 12);
    expect(rates[2]).toBe(1e-2);
    // As many as there are may be asked for, not fewer.
    expect(plan({ strategy: 'grid', parameters, trials: 12 }).trials).toHaveLength(12);
    expect(() => plan({ strategy: 'grid', parameters, trials: 11 })).toThrow(
      'parameters: expected at most 11 combinations, got 12',
    );
  });
});

const kinds =
  'expected {"uniform": [low, high]}, {"log": [low, high]} with 0 < low < high, {"logNormal": [median, factor]} with a factor above 1, ' +
  '{"integer": [low, high]} or {"choice": [value, …]}';

describe('a bad space is said in one line', () => {
  it.each([
    { changes: { algorithm: 'ppoo' }, message: "algorithm: unknown algorithm 'ppoo'; did you mean ppo?" },
    { changes: { environment: 'CartPole-v2' }, message: "environment: unknown environment 'CartPole-v2'" },
    { changes: { settings: 'mine' }, message: 'settings: expected ' },
    { changes: { steps: 0 }, message: 'steps: expected ' },
    { changes: { steps: undefined }, message: 'steps: expected ' },
    { changes: { trails: 3 }, message: "unknown key 'trails'; did you mean trials?" },
    { changes: { parameters: {} }, message: 'parameters: expected at least one parameter' },
    { changes: { parameters: { learningrate: { log: [1, 2] } } }, message: "did you mean 'learningRate'?" },
    { changes: { parameters: { seed: { integer: [1, 9] } } }, message: 'options.seed: expected no seed here' },
    {
      changes: { parameters: { gamma: { uniform: [0.9, 1.5] } } },
      message: 'parameters.gamma.uniform[1]: options: Ppo: expected gamma to be a number in [0, 1], got 1.4',
    },
    {
      changes: { parameters: { batchSize: { choice: [64, 100] } }, options: { steps: 32 } },
      message:
        'parameters.batchSize.choice[1]: options: Ppo: expected batchSize to be a divisor of 64 (steps × copies), got 100',
    },
    {
      changes: { parameters: { learningRate: { choice: [0.1, { kind: 'linear', from: 1, to: 0 }] } } },
      message: 'parameters.learningRate.choice[1]: options: Ppo: ',
    },
    {
      changes: { options: { learningRate: { kind: 'linaer' } }, parameters: { gamma: { choice: [0.9] } } },
      message: 'linaer',
    },
    {
      changes: { parameters: { 'learningRate.from': { log: [1e-4, 1e-2] } } },
      message: 'parameters: learningRate.from: expected "options" to have an object learningRate, whose member it is',
    },
    {
      changes: { parameters: { 'learningrate.from': { log: [1e-4, 1e-2] } } },
      message: "did you mean 'learningRate'?",
    },
    { changes: { minSteps: 2000 }, message: 'minSteps: expected at most steps, got 2000' },
    {
      changes: { strategy: 'grid' },
      message: 'parameters.learningRate: expected "points", how many values a grid has',
    },
    {
      changes: { parameters: { gamma: { uniform: [0.9, 0.99], points: 3 } } },
      message: 'parameters.gamma.points: expected none but for the strategy grid, got 3',
    },
    {
      changes: { parameters: { epochs: { choice: [3, 4, 3] } } },
      message: '.choice: expected different values, got [3,4,3]',
    },
    { changes: { seeds: 1e12 }, message: 'seeds: expected ' },
    { changes: { parameters: { gamma: { uniform: [2, 3] } } }, message: 'expected gamma to be a number in [0, 1]' },
    ...[
      { parameter: { log: [0, 1] }, message: '.log[0]: expected number to be >0, got 0' },
      { parameter: { log: [2, 1] }, message: '.log: expected the first number below the second, got [2,1]' },
      { parameter: { uniform: [1, 1] }, message: '.uniform: expected the first number below the second, got [1,1]' },
      {
        parameter: { integer: [4, 3] },
        message: '.integer: expected the first number to be at most the second, got [4,3]',
      },
      { parameter: { choice: [] }, message: '.choice: expected array to have >=1 items, got []' },
      { parameter: { uniform: [1] }, message: `: ${kinds}, got {"uniform":[1]}` },
      { parameter: { integer: [1.5, 3] }, message: `: ${kinds}, got {"integer":[1.5,3]}` },
      { parameter: { normal: [0, 1] }, message: `: ${kinds}, got {"normal":[0,1]}` },
      { parameter: { log: [1, 2], choice: [3] }, message: `: ${kinds}, got {"log":[1,2],"choice":[3]}` },
      { parameter: 0.001, message: `: ${kinds}, got 0.001` },
    ].map(({ parameter, message }) => ({
      changes: { parameters: { gamma: parameter } },
      message: `parameters.gamma${message}`,
    })),
  ])('$changes', ({ changes, message }) => {
    const attempt = (): unknown => plan(changes);
    expect(attempt).toThrow(expect.objectContaining({ name: 'UserError' }) as Error);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(/^[^\n]*\/space\.json: [^\n]*$/);
  });

  it('without an empty list of what is known, where a parameter may be one of several kinds', () => {
    const parameters = { gamma: { integer: [0, 1], points: 2 } };
    expect(() => plan({ parameters })).toThrow(/: parameters\.gamma: unknown key 'points'$/);
  });

  it('a file that is not there, or no JSON', () => {
    expect(() => readSpace('not/there.json')).toThrow(/^not\/there\.json: ENOENT/);
    const path = join(temporaryFolder(), 'space.json');
    writeFileSync(path, '{ trials');
    expect(() => readSpace(path)).toThrow(/space\.json: expected JSON/);
  });
});
