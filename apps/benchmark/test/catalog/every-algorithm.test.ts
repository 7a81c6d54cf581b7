import {
  Box,
  Dict,
  Discrete,
  EnvError,
  MultiBinary,
  MultiDiscrete,
  Random,
  decodeCheckpoint,
  encodeCheckpoint,
  vectorize,
  type Env,
  type Observation,
  type Space,
  type VectorEnv,
} from '@gradus/core';
import { device } from '@gradus/tensor';
import { describe, expect, test, vi } from 'vitest';
import { algorithms } from '../../src/catalog/algorithms.ts';
import { supportedSpaces } from '../../src/catalog/supported-spaces.ts';

const named = new Dict({
  box: new Box(-1, 1, [2]),
  choice: new Discrete(3, 5),
  choices: new MultiDiscrete([2, 3], [1, -1]),
  inner: new Dict({ bits: new MultiBinary(3), integers: new Box(-5, 7, [2], { dtype: 'int8' }) }),
});
const observation = { box: [0.5, -0.5], choice: 6, choices: [1, 0], inner: { bits: [1, 0, 1], integers: [3, -2] } };

/** By what is said of an algorithm. */
const observationSpaces: Readonly<Record<string, Space>> = {
  all: named,
  'Discrete or MultiDiscrete': new MultiDiscrete([2, 3], [1, -1]),
  Discrete: new Discrete(4, -2),
  'Discrete or MultiDiscrete, or Box with features': new MultiDiscrete([2, 3], [1, -1]),
};
const discrete = new Discrete(3, -1);
const box = new Box([-2, 0], [1, 3]);
const actionSpaces: Readonly<Partial<Record<string, readonly Space[]>>> = {
  all: [discrete, box, new MultiDiscrete([2, 3], [1, -5]), new MultiBinary(2)],
  Discrete: [discrete],
  'Discrete without masks': [discrete],
  'Box with finite bounds': [box],
};

/** Episodes of seven steps, without `getState`; an action that its space does not have is an error. */
function episodes(observationSpace: Space, actionSpace: Space, seed: number): Env {
  const random = new Random(seed);
  let length = 0;
  return {
    observationSpace,
    actionSpace,
    reset: () => {
      length = 0;
      return { observation: observationSpace.sample(random) };
    },
    step: (action) => {
      const problem = actionSpace.problem(action);
      if (problem !== undefined) throw new EnvError(`action ${problem}`);
      length++;
      const reward = typeof action === 'number' ? action : action[0];
      return { observation: observationSpace.sample(random), reward, terminated: length === 7, truncated: false };
    },
  };
}

const small: Readonly<Record<string, unknown>> = {
  hidden: [8],
  criticHidden: [8],
  steps: 8,
  batchSize: 8,
  learningStarts: 16,
  trainFrequency: 6,
  bufferSize: 200,
  cellSize: 4,
  sequenceLength: 4,
  populationSize: 12,
  device: device('wasm'),
};

const one = { episodeStarts: Uint8Array.of(1) };

// Text games have spaces of their own, and tests of these.
const cases = Object.entries(supportedSpaces).flatMap(([name, spaces]) =>
  (actionSpaces[spaces.actions] ?? []).map((actionSpace) => ({
    name,
    observationSpace: observationSpaces[spaces.observations],
    actionSpace,
  })),
);

test('all algorithms are among these', () => {
  expect(new Set(cases.map(({ name }) => name))).toEqual(
    new Set(Object.keys(algorithms).filter((name) => !['drrn', 'tdqn'].includes(name))),
  );
});

describe.each(cases)('$name, actions $actionSpace.kind', ({ name, observationSpace, actionSpace }) => {
  const { create, load, defaults } = algorithms[name];
  const given = Object.fromEntries(Object.entries(small).filter(([key]) => key in defaults || key === 'device'));
  const make = (copies: number): VectorEnv => vectorize((i) => episodes(observationSpace, actionSpace, i + 1), copies);
  // Tables and linear functions learn in one copy.
  const copies = supportedSpaces[name].observations === 'all' ? 2 : 1;

  test('learns, is saved, acts without an environment, and goes on with new episodes in another one', () => {
    const agent = create(make(copies), given);
    Array.from(agent.learn({ steps: 48 }));
    const saved = decodeCheckpoint(encodeCheckpoint(agent.checkpoint()));
    const loaded = load(saved, { device: device('wasm') });
    const random = new Random(1);
    const seen: Observation[] = Array.from({ length: 10 }, () => observationSpace.sample(random));
    if (observationSpace === named) {
      seen.push(observation);
      expect(loaded.act(observation, one)).toEqual(loaded.act(named.flatten(observation), one));
    }
    for (const each of seen) {
      const action = loaded.act(each, one);
      expect(action).toEqual(agent.act(each, one));
      expect(actionSpace.problem(action)).toBeUndefined();
      expect(actionSpace.problem(loaded.act(each, { ...one, deterministic: false }))).toBeUndefined();
    }
    expect(() => loaded.learn({ moreSteps: 8 }).next()).toThrow(/^learn: expected an environment to learn in/);

    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { step } = agent;
    expect(Array.from(agent.learn({ steps: 8 }))).toEqual([]);
    expect(warn.mock.lastCall?.[0]).toMatch(/^learn: nothing to do, since \d+ steps are done/);

    const again = load(saved, { env: make(copies === 1 ? 1 : 3), device: device('wasm') });
    expect([again.resumed, again.step]).toEqual(['with new episodes', step]);
    Array.from(again.learn({ moreSteps: 36 }));
    expect(again.step).toBeGreaterThanOrEqual(step + 36);
    for (const each of [agent, loaded, again]) each.dispose();
  });
});
