import {
  CheckpointError,
  EnvError,
  decodeCheckpoint,
  encodeCheckpoint,
  evaluate,
  linear,
  loadAgent,
  readState,
  type Agent,
  type Env,
  type LoadableAgent,
} from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import {
  DoubleQLearning,
  ExpectedSarsa,
  LinearQLearning,
  LinearSarsa,
  MonteCarloControl,
  NStepQLearning,
  NStepSarsa,
  QLambda,
  QLearning,
  Sarsa,
  SarsaLambda,
  epsilonGreedy,
} from '@gradus/value-based';
import { describe, expect, test, vi } from 'vitest';

type ValueAgent = Agent & Pick<QLearning | LinearSarsa, 'actionValues' | 'resumed'>;

const tabular = [
  QLearning,
  DoubleQLearning,
  Sarsa,
  ExpectedSarsa,
  MonteCarloControl,
  NStepQLearning,
  NStepSarsa,
  SarsaLambda,
  QLambda,
];
const linearAgents = [LinearSarsa, LinearQLearning];
const classes: readonly LoadableAgent[] = [...tabular, ...linearAgents];

/** By algorithm: an agent in a world with masks, which knows the states by their numbers. */
const create: Readonly<Record<string, (env: Env) => ValueAgent>> = {
  ...Object.fromEntries(tabular.map((Class) => [Class.algorithm, (env: Env) => new Class(env, { seed: 4 })])),
  ...Object.fromEntries(
    linearAgents.map((Class) => [
      Class.algorithm,
      (env: Env) => new Class(env, { seed: 4, features: { kind: 'one-hot' } }),
    ]),
  ),
};

const taxi = (): Env => makeEnv('Taxi-v4', { maxEpisodeSteps: 17 });
const withoutState = (): Env => {
  const env = taxi();
  const { observationSpace, actionSpace } = env;
  return {
    observationSpace,
    actionSpace,
    reset: (how) => env.reset(how),
    step: (action) => env.step(action),
    actionMask: () => env.actionMask?.() ?? new Uint8Array(6),
  };
};

/** Within an episode. */
function trained(algorithm: string, env: Env = taxi()): ValueAgent {
  const agent = create[algorithm](env);
  Array.from(agent.learn({ steps: 500 }));
  return agent;
}

const states = Float32Array.from({ length: 500 }, (_, state) => state);

describe.each(Object.keys(create))('%s', (algorithm) => {
  test('acts as it did without an environment, and cannot learn there', () => {
    const agent = trained(algorithm);
    const checkpoint = decodeCheckpoint(encodeCheckpoint(agent.checkpoint()));
    const loaded = loadAgent(checkpoint, classes) as ValueAgent;
    expect(loaded).toBeInstanceOf(agent.constructor);
    expect(loaded.step).toBe(500);
    expect(loaded.actionValues(states)).toEqual(agent.actionValues(states));
    const [before, after] = [agent, loaded].map((each) => evaluate(each, taxi(), { episodes: 3, seed: 1 }));
    expect(after).toEqual(before);
    expect(() => loaded.learn({ moreSteps: 1 }).next()).toThrow(EnvError);
    // What it has learned is saved again.
    expect(loaded.checkpoint().state.learned).toEqual(checkpoint.state.learned);
  });

  test('shows the values that it acts by, of one state or of many', () => {
    const agent = trained(algorithm);
    const values = agent.actionValues(states);
    expect(values).toHaveLength(3000);
    expect(values.some((value) => value !== 0)).toBe(true);
    for (const state of [0, 250, 499]) {
      const own = agent.actionValues(state);
      expect(own).toEqual(values.slice(6 * state, 6 * state + 6));
      expect(agent.act(state)).toBe(own.indexOf(Math.max(...own)));
    }
    expect(() => agent.actionValues(500)).toThrow(RangeError);
    expect(() => agent.actionValues(new Float32Array(0))).toThrow(
      new RangeError('observations: expected 1 numbers, or as many for each of several, got 0'),
    );
  });

  test('goes on with new episodes in an environment without getState, and says so', () => {
    const agent = trained(algorithm, withoutState());
    const loaded = loadAgent(agent.checkpoint(), classes, { env: withoutState() }) as ValueAgent;
    expect(loaded.resumed).toBe('with new episodes');
    // Nothing is left of the episode that it was in.
    const [{ state }, fresh] = [loaded.checkpoint(), create[algorithm](taxi()).checkpoint()];
    expect(state.episode).toEqual(fresh.state.episode);
    expect(state.learned).toEqual(agent.checkpoint().state.learned);
    expect(Array.from(loaded.learn({ moreSteps: 300 })).at(-1)?.step).toBe(800);
    expect(trained(algorithm).resumed).toBeUndefined();
    expect((loadAgent(trained(algorithm).checkpoint(), classes, { env: taxi() }) as ValueAgent).resumed).toBe(
      'exactly',
    );
  });

  test('moreSteps count from now, and with nothing to do it says so', () => {
    const [once, twice] = [trained(algorithm), trained(algorithm)];
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(Array.from(once.learn({ steps: 500 }))).toEqual([]);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
    Array.from(once.learn({ steps: 700 }));
    Array.from(twice.learn({ moreSteps: 200 }));
    expect(twice.checkpoint()).toStrictEqual(once.checkpoint());
  });
});

describe('options when loading', () => {
  test('take the place of those that were saved', () => {
    const exploration = epsilonGreedy(linear(0.5, 0));
    const loaded = QLearning.load(trained('q-learning').checkpoint(), { env: taxi(), exploration, alpha: 1 });
    expect(loaded.options).toMatchObject({ exploration, alpha: 1, seed: 4 });
    // The last of 1000 steps.
    const progress = Array.from(loaded.learn({ steps: 1000 })).at(-1);
    expect(progress?.metrics['train/exploration']).toBeCloseTo(0.5 * (1 - 999 / 1000), 12);
    const quick = LinearSarsa.load(trained('linear-sarsa').checkpoint(), { env: taxi(), alpha: 0.03 });
    expect(Array.from(quick.learn({ moreSteps: 1 })).at(-1)?.metrics['train/alpha']).toBe(0.03);
  });

  test('other spaces are named', () => {
    expect(() => QLearning.load(trained('q-learning').checkpoint(), { env: makeEnv('CliffWalking-v1') })).toThrow(
      /^load: what was saved does not fit with observations Discrete\(48\), which were Discrete\(500\) or actions Discrete\(4\), which were Discrete\(6\): /,
    );
  });

  test('are checked, and those that what was saved does not fit are named', () => {
    expect(() => QLearning.load(trained('q-learning').checkpoint(), { gamma: 7 })).toThrow(
      new RangeError('q-learning: expected gamma to be a number in [0, 1], got 7'),
    );
    const others = { features: { kind: 'one-hot', groups: 10 } } as const;
    expect(() => LinearSarsa.load(trained('linear-sarsa').checkpoint(), others)).toThrow(
      new CheckpointError(
        "load: what was saved does not fit with another features: state 'weights': expected Float64Array(60), got Float64Array(3000)",
      ),
    );
    expect(() => NStepSarsa.load(trained('n-step-sarsa').checkpoint(), { env: taxi(), nSteps: 9 })).toThrow(
      new CheckpointError(
        "load: what was saved does not fit with another nSteps: state 'indices': expected Int32Array(9), got Int32Array(4)",
      ),
    );
    // Where new episodes begin the window is empty.
    expect(NStepSarsa.load(trained('n-step-sarsa').checkpoint(), { nSteps: 9 }).options.nSteps).toBe(9);
  });
});

test('the steps before an interruption that begins new episodes are not in an n-step return', () => {
  const env = (): Env<number, number> => ({
    observationSpace: taxi().observationSpace,
    actionSpace: taxi().actionSpace,
    reset: () => ({ observation: 0 }),
    step: () => ({ observation: 0, reward: 1, terminated: false, truncated: false }),
  });
  const agent = new NStepQLearning(env(), { nSteps: 4 });
  Array.from(agent.learn({ steps: 3 }));
  const loaded = NStepQLearning.load(agent.checkpoint(), { env: env() });
  Array.from(loaded.learn({ moreSteps: 3 }));
  expect(loaded.values.visits.reduce((sum, count) => sum + count)).toBe(6);
  expect(loaded.values.table.every((value) => value === 0)).toBe(true);
  Array.from(loaded.learn({ moreSteps: 1 }));
  expect(loaded.values.table.some((value) => value !== 0)).toBe(true);
});

test('several copies are refused by name', () => {
  expect(() => Sarsa.load(trained('sarsa').checkpoint(), { env: makeVectorEnv('Taxi-v4', 2) })).toThrow(
    new RangeError('sarsa: expected one copy of the environment, got 2'),
  );
});

test('what was learned is in the checkpoint by name', () => {
  const names = (algorithm: string): string[] =>
    Object.keys(readState(trained(algorithm).checkpoint().state, 'learned')).sort();
  expect(names('q-learning')).toEqual(['actionValues']);
  expect(names('double-q-learning')).toEqual(['actionValues', 'first', 'second']);
  expect(names('linear-sarsa')).toEqual(['weights']);
});
