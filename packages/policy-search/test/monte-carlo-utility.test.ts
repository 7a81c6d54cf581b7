import {
  Box,
  Discrete,
  EnvError,
  MultiDiscrete,
  NumpyRandom,
  Random,
  RunningNormalizer,
  spawnSeed,
  vectorize,
  withReward,
  type Env,
  type ResetOptions,
  type Space,
} from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { MonteCarloUtility, NetworkPolicy, PolicyNetwork } from '@gradus/policy-search';
import { describe, expect, test } from 'vitest';

/** Random candidates for a network, some of which balance a pole for long and some of which do not. */
function randomCandidates(network: PolicyNetwork, count: number): Float64Array {
  const random = new Random(3);
  return Float64Array.from({ length: count * network.dimension }, () => random.normal());
}

describe('on several copies', () => {
  const episodes = 2;
  const cases = [1, 3, 4, 7, 20].flatMap((numEnvs) => [
    { numEnvs, hidden: [] },
    { numEnvs, hidden: [6] },
  ]);

  test.each(cases)('%o: episodes are those of single environments with these seeds', ({ numEnvs, hidden }) => {
    const network = new PolicyNetwork(makeEnv('CartPole-v1'), { hidden });
    const candidates = randomCandidates(network, 7);
    const utility = new MonteCarloUtility(makeVectorEnv('CartPole-v1', numEnvs), network, { episodes });
    const { utilities, returns, lengths } = utility.evaluate(candidates, 50);
    const expected = new Float64Array(14);
    for (let copy = 0; copy < numEnvs; copy++) {
      const env = makeEnv('CartPole-v1');
      for (let e = copy; e < 14; e += numEnvs) {
        const k = Math.floor(e / episodes) * network.dimension;
        const policy = new NetworkPolicy(network, () => candidates.subarray(k, k + network.dimension));
        expected[e] = play(policy, env, e === copy ? { seed: spawnSeed(50, copy) } : {});
      }
    }
    expect(returns).toEqual(expected);
    // A reward of 1 for each step.
    expect([...lengths]).toEqual([...expected]);
    expect(new Set(expected).size).toBeGreaterThan(3);
    expect([...utilities]).toEqual(Array.from({ length: 7 }, (_, k) => (expected[2 * k] + expected[2 * k + 1]) / 2));
    // What came before does not matter.
    expect(utility.evaluate(candidates, 50).returns).toEqual(expected);
    expect(utility.evaluate(candidates, 51).returns).not.toEqual(expected);
  });
});

function play(policy: NetworkPolicy, env: Env, options: ResetOptions): number {
  let { observation } = env.reset(options);
  for (let sum = 0; ;) {
    const result = env.step(policy.act(observation));
    observation = result.observation;
    sum += result.reward;
    if (result.terminated || result.truncated) return sum;
  }
}

/** Whatever is done: with probability ½ an episode of one step and return 0, else one of twenty steps and return 1. */
function lottery(): Env {
  let random = new NumpyRandom(0);
  let left = 0;
  return {
    observationSpace: new Discrete(1),
    actionSpace: new Discrete(2),
    reset: ({ seed } = {}) => {
      if (seed !== undefined) random = new NumpyRandom(seed);
      left = random.nextFloat() < 0.5 ? 1 : 20;
      return { observation: 0 };
    },
    step: () => ({ observation: 0, reward: left === 20 ? 1 : 0, terminated: --left === 0, truncated: false }),
  };
}

test('short episodes have no advantage', () => {
  const env = vectorize(lottery, 16);
  const utility = new MonteCarloUtility(env, new PolicyNetwork(env), { episodes: 40 });
  const { utilities } = utility.evaluate(new Float64Array(100 * utility.network.dimension), 1);
  const mean = utilities.reduce((sum, value) => sum + value, 0) / 100;
  // 4000 episodes: the standard error is 0.5 / √4000. Taking the first that end would give almost 0.
  expect(Math.abs(mean - 0.5)).toBeLessThan((3 * 0.5) / Math.sqrt(4000));
});

describe('common episodes', () => {
  const env = makeVectorEnv('CartPole-v1', 3);
  const network = new PolicyNetwork(env);
  const parameters = randomCandidates(network, 1);
  const twice = Float64Array.of(...parameters, ...parameters);

  test('are the same for all candidates', () => {
    const utility = new MonteCarloUtility(env, network, { episodes: 3, commonEpisodes: true });
    const { returns } = utility.evaluate(twice, 4);
    expect([...returns.subarray(0, 3)]).toEqual([...returns.subarray(3)]);
    expect(new Set(returns).size).toBe(3);
    expect(utility.evaluate(parameters, 4).returns).toEqual(returns.slice(0, 3));
  });

  test('are a choice', () => {
    const { returns } = new MonteCarloUtility(env, network, { episodes: 3 }).evaluate(twice, 4);
    expect([...returns.subarray(0, 3)]).not.toEqual([...returns.subarray(3)]);
  });
});

/** Episodes of `length` steps, each with the reward that `reward` says, in a state that is the number of the step. */
function counter(length: number, reward: (step: number) => number, actionMask?: () => Uint8Array): Env {
  let steps = 0;
  return {
    observationSpace: new Box(-Infinity, Infinity, [1]),
    actionSpace: new Discrete(3),
    reset: () => ({ observation: [(steps = 0)] }),
    step: (action) => {
      expect(actionMask?.()[action as number]).not.toBe(0);
      steps++;
      return { observation: [steps], reward: reward(steps), terminated: steps === length, truncated: false };
    },
    ...(actionMask && { actionMask }),
  };
}

test('legal actions alone are taken where there are masks', () => {
  for (const legal of [0, 1, 2]) {
    const mask = Uint8Array.from([0, 1, 2], (action) => (action === legal ? 1 : 0));
    const env = vectorize(
      () =>
        counter(
          5,
          () => 1,
          () => mask,
        ),
      2,
    );
    const { utilities } = new MonteCarloUtility(env, new PolicyNetwork(env)).evaluate(new Float64Array(18), 0);
    expect([...utilities]).toEqual([5, 5, 5]);
  }
  const env = vectorize(
    () =>
      counter(
        5,
        () => 1,
        () => new Uint8Array(3),
      ),
    1,
  );
  expect(() => new MonteCarloUtility(env, new PolicyNetwork(env)).evaluate(new Float64Array(6), 0)).toThrow(
    'actionMasks: expected a legal action in each row, got none in row 0',
  );
});

test('masks leave each element of a MultiDiscrete action a choice, or are an error', () => {
  const env = vectorize(
    () => ({
      ...counter(3, () => 1),
      actionSpace: new MultiDiscrete([2, 3]),
      step: () => ({ observation: [0], reward: 1, terminated: true, truncated: false }),
      actionMask: () => Uint8Array.of(0, 0, 1, 1, 1),
    }),
    1,
  );
  expect(() => new MonteCarloUtility(env, new PolicyNetwork(env)).evaluate(new Float64Array(10), 0)).toThrow(
    new RangeError('actionMasks: expected a legal action in each row, got none in row 0'),
  );
});

describe('normalization of observations', () => {
  const make = (numEnvs: number) => {
    const env = vectorize((index) => counter(index === 0 ? 2 : 4, () => 1), numEnvs);
    return new MonteCarloUtility(env, new PolicyNetwork(env), { normalizeObservation: true });
  };

  test('is that of all observations that were acted on, by copies that had an episode to play', () => {
    const utility = make(3);
    // Two candidates: the first copy sees 0, 1, the second 0, 1, 2, 3, and the third has nothing to do.
    utility.evaluate(new Float64Array(12), 0);
    const expected = new RunningNormalizer(1);
    for (const step of [[0, 0], [1, 1], [2], [3]]) expected.update(Float32Array.from(step));
    expect(utility.normalizer?.getState()).toEqual(expected.getState());
    // The mean of 0, 1, 0, 1, 2, 3, but for the weight of what it began with.
    expect(utility.normalizer?.mean[0]).toBeCloseTo(7 / 6, 4);
  });

  test('does not change within an evaluation', () => {
    const env = makeVectorEnv('CartPole-v1', 2);
    const network = new PolicyNetwork(env);
    const candidates = randomCandidates(network, 6);
    const options = { episodes: 2, normalizeObservation: true };
    const once = new MonteCarloUtility(env, network, options);
    once.evaluate(candidates, 1);
    // The same normalization for every candidate alone: the same returns on common episodes.
    const state = once.getState();
    const together = new MonteCarloUtility(env, network, { ...options, commonEpisodes: true });
    together.setState(state);
    const alone = Array.from({ length: 6 }, (_, k) => {
      const utility = new MonteCarloUtility(env, network, { ...options, commonEpisodes: true });
      utility.setState(state);
      return utility.evaluate(candidates.subarray(k * network.dimension, (k + 1) * network.dimension), 2).utilities[0];
    });
    expect([...together.evaluate(candidates, 2).utilities]).toEqual(alone);
    expect(together.getState()).not.toEqual(state);
  });

  test('knows nothing of an evaluation that failed', () => {
    let fails = true;
    const env = vectorize(() => counter(4, (step) => (fails && step === 3 ? NaN : 1)), 1);
    const make = () => new MonteCarloUtility(env, new PolicyNetwork(env), { normalizeObservation: true });
    const utility = make();
    expect(() => utility.evaluate(new Float64Array(6), 0)).toThrow(EnvError);
    fails = false;
    const fresh = make();
    expect(utility.getState()).toEqual(fresh.getState());
    utility.evaluate(new Float64Array(6), 0);
    fresh.evaluate(new Float64Array(6), 0);
    expect(utility.getState()).toEqual(fresh.getState());
  });

  test('is for real observations', () => {
    const env = makeVectorEnv('FrozenLake-v1', 1);
    expect(() => new MonteCarloUtility(env, new PolicyNetwork(env), { normalizeObservation: true })).toThrow(
      'normalizeObservation: expected observations of a float32 Box, got Discrete(16)',
    );
  });
});

test('where a wrapper changes rewards, candidates are judged by what it makes of them, and the own returns are reported', () => {
  const shaped = (): Env => {
    const env = counter(3, (step) => step);
    return {
      ...env,
      reset: (options) => env.reset(options),
      step: (action) => {
        const result = env.step(action);
        return withReward(result, 10 * result.reward);
      },
    };
  };
  const play = (make: () => Env) => {
    const env = vectorize(make, 2);
    return new MonteCarloUtility(env, new PolicyNetwork(env), { episodes: 2 }).evaluate(new Float64Array(6 * 3), 0);
  };
  const plain = play(() => counter(3, (step) => step));
  const result = play(shaped);
  expect(result.returns).toEqual(plain.returns);
  expect(result.lengths).toEqual(plain.lengths);
  expect(result.utilities).toEqual(plain.utilities.map((utility) => 10 * utility));
});

describe('errors', () => {
  test('a reward that is not finite', () => {
    const env = vectorize(() => counter(3, () => 1e308), 2);
    const utility = new MonteCarloUtility(env, new PolicyNetwork(env), { episodes: 2 });
    expect(() => utility.evaluate(new Float64Array(6 * 3), 0)).toThrow(
      'reward of environment 0 is 1e+308, expected a number that is finite in float32',
    );
    const bad = vectorize(() => counter(3, (step) => (step === 2 ? NaN : 0)), 1);
    expect(() => new MonteCarloUtility(bad, new PolicyNetwork(bad)).evaluate(new Float64Array(6), 0)).toThrow(
      'reward of environment 0 is NaN, expected a finite number',
    );
  });

  test('candidates of another dimension', () => {
    const env = vectorize(() => counter(3, () => 1), 1);
    // Nine parameters would be three episodes, of one and a half candidates.
    const utility = new MonteCarloUtility(env, new PolicyNetwork(env), { episodes: 2 });
    expect(() => utility.evaluate(new Float64Array(9), 0)).toThrow(
      new RangeError('candidates: expected rows of 6 parameters, got 9'),
    );
  });

  test('an episode without end is one', () => {
    const env = makeVectorEnv('CliffWalking-v1', 1, { maxEpisodeSteps: Infinity });
    const network = new PolicyNetwork(env);
    const few = new MonteCarloUtility(env, network, { maxEpisodeSteps: 7 });
    expect(() => few.evaluate(new Float64Array(network.dimension), 0)).toThrow('did not end within 7 steps');
    expect(() => new MonteCarloUtility(env, network).evaluate(new Float64Array(network.dimension), 0)).toThrow(
      'MonteCarloUtility: an episode did not end within 10000 steps; give the environment a time limit',
    );
  });

  test.each<[object, string]>([
    [{ episodes: 0 }, 'MonteCarloUtility: expected episodes to be a positive integer, got 0'],
    [{ commonEpisodes: 1 }, 'MonteCarloUtility: expected commonEpisodes to be true or false, got 1'],
    [{ gamma: 1 }, "MonteCarloUtility: unknown option 'gamma'"],
  ])('refuses %o', (options, message) => {
    const env = makeVectorEnv('CartPole-v1', 1);
    expect(() => new MonteCarloUtility(env, new PolicyNetwork(env), options)).toThrow(RangeError);
    expect(() => new MonteCarloUtility(env, new PolicyNetwork(env), options)).toThrow(message);
  });

  test('refuses a network of other observations or actions, but not one of other bounds', () => {
    const env = makeEnv('CartPole-v1');
    const of = (other: Readonly<Record<string, Space>>) => () =>
      new MonteCarloUtility(env, new PolicyNetwork({ ...env, ...other }));
    expect(of({ observationSpace: new Box(-1, 1, [6]) })).toThrow(
      new RangeError(
        `MonteCarloUtility: expected a network for the observationSpace ${env.observationSpace.toString()}, got one for Box(-1, 1, [6])`,
      ),
    );
    expect(of({ actionSpace: new Discrete(3) })).toThrow(
      new RangeError('MonteCarloUtility: expected a network for the actionSpace Discrete(2), got one for Discrete(3)'),
    );
    expect(of({ actionSpace: new Box(-1, 1, [1]) })).toThrow('got one for Box(-1, 1, [1])');
    expect(of({ observationSpace: new Box(-1, 1, [4]) })).not.toThrow();
  });
});

test.each([[[]], [[6]]])('with hidden layers %j: plays no more once disposed', (hidden) => {
  const network = new PolicyNetwork(makeEnv('CartPole-v1'), { hidden });
  const candidates = randomCandidates(network, 2);
  const utility = new MonteCarloUtility(makeVectorEnv('CartPole-v1', 2), network);
  expect(utility.evaluate(candidates, 1).returns).toHaveLength(2);
  utility.dispose();
  utility.dispose();
  expect(() => utility.evaluate(candidates, 1)).toThrow('MonteCarloUtility: this one was disposed');
});

test('a policy with hidden layers acts no more once disposed, for other numbers of observations either', () => {
  const network = new PolicyNetwork(makeEnv('CartPole-v1'), { hidden: [6] });
  const policy = new NetworkPolicy(network, () => randomCandidates(network, 1));
  const observation = Float32Array.of(0.1, 0, 0.1, 0);
  expect([0, 1]).toContain(policy.act(observation));
  policy.dispose();
  expect(() => policy.act(observation)).toThrow('this program was disposed');
  expect(() => {
    policy.actBatch(new Float32Array(8), new Int32Array(2));
  }).toThrow('this program was disposed');
});
