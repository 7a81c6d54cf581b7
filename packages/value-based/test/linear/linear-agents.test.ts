import {
  Box,
  CheckpointError,
  Discrete,
  EnvError,
  Random,
  TransitionTable,
  dynamicsFromTable,
  envFromDynamics,
  type Env,
  type StepResult,
  type VectorEnv,
} from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import {
  LinearQLearning,
  LinearSarsa,
  createFeatures,
  policyIteration,
  type FeatureOptions,
  type LinearSarsaOptions,
} from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { featuresOf } from '../support/feature-rows.ts';
import { maximumDifference } from '../support/random-tables.ts';
import { ScriptedEnv, type Transition } from '../support/scripted-env.ts';

const ranges = { low: [-1, -2], high: [1, 2] };
const dense: FeatureOptions = { kind: 'fourier', order: 2, ...ranges };
const tiles: FeatureOptions = { kind: 'tiles', tilings: 4, tiles: 3, ...ranges };
const NUM_ACTIONS = 3;
const START = 1;

interface Reference {
  readonly features: FeatureOptions;
  readonly alpha: number;
  readonly gamma: number;
  readonly lambda?: number;
  readonly replacing?: boolean;
  /** max_a′ q(s′, a′) instead of q(s′, a′). */
  readonly maximum?: boolean;
}

/** What greedy SARSA(λ) or Q-learning makes of these transitions, with dense vectors; w is [d × actions]. */
function learnFrom(log: readonly Transition[], options: Reference): number[] {
  const { alpha, gamma, lambda = 0, replacing = false, maximum = false } = options;
  const features = createFeatures(new ScriptedEnv().observationSpace, options.features);
  const w = new Array<number>(features.count * NUM_ACTIONS).fill(0);
  let z = w.map(() => 0);
  const q = (x: readonly number[], action: number): number =>
    x.reduce((sum, value, i) => sum + value * w[i * NUM_ACTIONS + action], 0);
  log.forEach(({ observation, action, reward, nextObservation, terminated, truncated }, t) => {
    const [x, next] = [observation, nextObservation].map((each) => featuresOf(features, each));
    const values = [0, 1, 2].map((a) => q(next, a));
    // Greedy: what was done next, and at the end of an episode what would have been.
    const nextAction =
      maximum || truncated ? values.indexOf(Math.max(...values)) : (log[t + 1]?.action ?? START) - START;
    const error = reward + (terminated ? 0 : gamma * values[nextAction]) - q(x, action - START);
    z = z.map((trace, k) => {
      const [i, a] = [Math.floor(k / NUM_ACTIONS), k % NUM_ACTIONS];
      const gradient = a === action - START ? x[i] : 0;
      const decayed = gamma * lambda * trace;
      return replacing && gradient !== 0 ? gradient : decayed + gradient;
    });
    z.forEach((trace, k) => (w[k] += alpha * error * trace));
    if (terminated || truncated) z = z.map(() => 0);
  });
  return w;
}

describe('updates are those of a slow version with dense vectors', () => {
  test.each<[string, Partial<LinearSarsaOptions>]>([
    ['SARSA, cosines', { features: dense }],
    ['SARSA(λ), cosines', { features: dense, lambda: 0.7 }],
    ['SARSA(λ), tiles', { features: tiles, lambda: 0.9 }],
    ['SARSA(λ), tiles, replacing', { features: tiles, lambda: 0.9, traces: 'replacing' }],
  ])('%s', (_, options) => {
    const env = new ScriptedEnv();
    const agent = new LinearSarsa(env, { alpha: 0.05, gamma: 0.8, epsilon: 0, seed: 2, ...options });
    // The 60th step ends an episode, so that every next action is in the log.
    Array.from(agent.learn({ steps: 60 }));
    const expected = learnFrom(env.log, {
      features: dense,
      ...options,
      alpha: 0.05,
      gamma: 0.8,
      replacing: options.traces === 'replacing',
    });
    expect(maximumDifference(agent.values.weights, expected)).toBeLessThan(1e-12);
    expect(new Set(env.log.map(({ action }) => action)).size).toBeGreaterThan(1);
  });

  test.each<[string, FeatureOptions]>([
    ['cosines', dense],
    ['tiles', tiles],
  ])('Q-learning, %s, exploring', (_, features) => {
    const env = new ScriptedEnv();
    const agent = new LinearQLearning(env, { features, alpha: 0.05, gamma: 0.8, epsilon: 0.5, seed: 2 });
    Array.from(agent.learn({ steps: 59 }));
    const expected = learnFrom(env.log, { features, alpha: 0.05, gamma: 0.8, maximum: true });
    expect(maximumDifference(agent.values.weights, expected)).toBeLessThan(1e-12);
  });
});

test('one-hot features, α = 1, a deterministic world: Q-learning finds Q* exactly (S2.2)', () => {
  const random = new Random(6);
  const [numStates, numActions] = [6, 3];
  const table = new TransitionTable({
    numStates,
    numActions,
    initialDistribution: new Float64Array(numStates).fill(1 / numStates),
    outcomes: () => [
      {
        probability: 1,
        nextState: random.integer(numStates),
        reward: random.integer(9),
        terminated: random.nextFloat() < 0.1,
      },
    ],
  });
  const agent = new LinearQLearning(envFromDynamics(dynamicsFromTable(table, { maxEpisodeSteps: 20 })), {
    features: { kind: 'one-hot' },
    alpha: 1,
    gamma: 0.9,
    epsilon: 1,
  });
  Array.from(agent.learn({ steps: 20_000 }));
  const { actionValues } = policyIteration(table, 0.9);
  // 20,000 steps pass through all 18 pairs some hundreds of times, and each time divides the error by 0.9 at least.
  expect(maximumDifference(agent.values.weights, actionValues)).toBeLessThan(1e-9);
});

/** Two states by turns; state 0 forbids action 1 and state 1 all but action 2. Illegal actions would pay best. */
class MaskedEnv implements Env<number, number> {
  readonly observationSpace = new Discrete(2);
  readonly actionSpace = new Discrete(3);
  readonly taken: [state: number, action: number][] = [];
  private state = 0;
  masks: readonly (readonly number[])[] = [
    [1, 0, 1],
    [0, 0, 1],
  ];

  reset(): { observation: number } {
    this.state = 0;
    return { observation: 0 };
  }

  step(action: number): StepResult<number> {
    this.taken.push([this.state, action]);
    this.state = 1 - this.state;
    return { observation: this.state, reward: action === 1 ? 10 : -1 - action, terminated: false, truncated: false };
  }

  actionMask(): Uint8Array {
    return Uint8Array.from(this.masks[this.state]);
  }
}

describe('action masks', () => {
  const options = { features: { kind: 'one-hot' }, alpha: 0.5, gamma: 0.5, epsilon: 0.5 } as const;

  test.each([LinearSarsa, LinearQLearning])('%o takes and values legal actions alone', (Method) => {
    const env = new MaskedEnv();
    const agent = new Method(env, options);
    Array.from(agent.learn({ steps: 400 }));
    expect(env.taken.every(([state, action]) => env.masks[state][action] === 1)).toBe(true);
    expect(new Set(env.taken.map(String))).toEqual(new Set(['0,0', '0,2', '1,2']));
    // Untried actions are still worth 0, more than all legal ones: a maximum over all would have made these −1 and −3.
    const [, , inOne] = [...agent.values.weights].slice(3);
    expect(inOne).toBeLessThan(-3.5);
    expect(agent.act(0)).toBe(1);
    expect(agent.act(0, { actionMasks: Uint8Array.of(1, 0, 1) })).toBe(0);
    const actions = new Int32Array(2);
    agent.actBatch(Float32Array.of(0, 1), actions, { actionMasks: Uint8Array.of(0, 0, 1, 0, 1, 0) });
    expect([...actions]).toEqual([2, 1]);
  });

  test.each([LinearSarsa, LinearQLearning])('%o says where no action is legal', (Method) => {
    const env = new MaskedEnv();
    env.masks = [
      [1, 0, 1],
      [0, 0, 0],
    ];
    const message = new RangeError('actionMasks: expected a legal action in each row, got none in row 0');
    expect(() => Array.from(new Method(env, options).learn({ steps: 4 }))).toThrow(message);
    const agent = new Method(new MaskedEnv(), options);
    expect(() => agent.act(0, { actionMasks: Uint8Array.of(0, 0, 0) })).toThrow(message);
  });
});

test('ε-greedy: chance decides between equal best actions, and ε is shared by all that are legal', () => {
  const agent = new LinearQLearning(makeEnv('IdentityDiscrete-v0', { n: 5 }), { features: { kind: 'one-hot' } });
  const { values } = agent;
  const vector = { length: 1, indices: Int32Array.of(0), values: Float64Array.of(1) };
  values.add(vector, 1, 2);
  values.add(vector, 3, 2);
  values.add(vector, 4, 3);
  const random = new Random(1);
  const [draws, epsilon] = [40_000, 0.3];
  const counts = new Float64Array(5);
  for (let k = 0; k < draws; k++) counts[values.explore(vector, epsilon, random, Uint8Array.of(1, 1, 0, 1, 0))]++;
  const probabilities = [epsilon / 3, epsilon / 3 + (1 - epsilon) / 2, 0, epsilon / 3 + (1 - epsilon) / 2, 0];
  probabilities.forEach((p, action) => {
    expect(Math.abs(counts[action] - draws * p)).toBeLessThanOrEqual(5 * Math.sqrt(draws * p * (1 - p)));
  });
  expect(values.explore(vector, 0, random)).toBe(4);
});

describe('errors', () => {
  test.each<[object, string]>([
    [{ lamda: 1 }, "linear-sarsa: unknown option 'lamda'; did you mean 'lambda', 'gamma'?"],
    [{ lambda: 2 }, 'linear-sarsa: expected lambda to be a number in [0, 1], got 2'],
    [{ alpha: -1 }, 'linear-sarsa: expected alpha to be a number of at least 0, or a schedule of such numbers, got -1'],
    [
      { features: { kind: 'tile' } },
      'linear-sarsa: expected features to be an object whose kind is one of tiles, polynomial, fourier, one-hot, table, got {"kind":"tile"}',
    ],
    [
      { features: { kind: 'fourier', order: 2 }, traces: 'replacing' },
      "linear-sarsa: expected features of 0 and 1 for replacing traces, got 'fourier'",
    ],
  ])('%j', (options, message) => {
    expect(() => new LinearSarsa(makeEnv('MountainCar-v0'), options)).toThrow(new RangeError(message));
  });

  test('an environment that does not fit', () => {
    expect(() => new LinearQLearning(makeEnv('Pendulum-v1'))).toThrow(
      new RangeError('linear-q-learning: expected an environment with Discrete actions, got Box(-2, 2, [1])'),
    );
    expect(() => new LinearQLearning(makeVectorEnv('MountainCar-v0', 2))).toThrow(
      new RangeError('linear-q-learning: expected one copy of the environment, got 2'),
    );
    expect(() => new LinearSarsa(makeEnv('CartPole-v1'))).toThrow(
      'tile coding: dimension 1 of the observations ranges over [-Infinity, Infinity], expected finite low and high',
    );
  });

  test('an observation of another shape', () => {
    expect(() => new LinearSarsa(makeEnv('MountainCar-v0')).act([0])).toThrow(
      new RangeError('observation has 1 elements, expected 2'),
    );
  });

  test("a checkpoint of another algorithm, or for another environment's spaces", () => {
    const saved = new LinearSarsa(makeEnv('MountainCar-v0')).checkpoint();
    expect(() => LinearQLearning.restore(saved, makeEnv('MountainCar-v0'))).toThrow(
      new CheckpointError("checkpoint: expected algorithm 'linear-q-learning', got 'linear-sarsa'"),
    );
    expect(() => LinearSarsa.restore(saved, makeEnv('Taxi-v4'))).toThrow(
      /^load: what was saved does not fit with observations Discrete\(500\), which were Box.* or actions .*: state 'weights': expected Float64Array\(432\), got Float64Array\(1944\)$/,
    );
  });

  test('rewards that are no numbers, and values that diverge', () => {
    const env = (reward: number): VectorEnv => {
      const made = makeVectorEnv('MountainCar-v0', 1);
      const step = made.step.bind(made);
      return Object.assign(made, {
        step(actions: Int32Array) {
          step(actions);
          made.rewards[0] = reward;
        },
      });
    };
    expect(() => Array.from(new LinearSarsa(env(NaN)).learn({ steps: 3 }))).toThrow(
      new EnvError('reward of environment 0 is NaN, expected a finite number'),
    );
    expect(() => Array.from(new LinearQLearning(env(-1), { alpha: 3 }).learn({ steps: 20_000 }))).toThrow(
      /^linear-q-learning: train\/td_error is (-?Infinity|NaN) at step \d+; the learning rate may be too large$/,
    );
  });
});

test('observations beyond the given range are taken to be at its edge', () => {
  const space = new Box(-Infinity, Infinity, [1]);
  const features = createFeatures(space, { kind: 'fourier', order: 2, low: [0], high: [1] });
  expect(featuresOf(features, [7])).toEqual(featuresOf(features, [1]));
  expect(featuresOf(features, [-7])).toEqual(featuresOf(features, [0]));
});
