import {
  Discrete,
  decodeCheckpoint,
  encodeCheckpoint,
  evaluate,
  linear,
  type Checkpoint,
  type Env,
  type Metrics,
  type VectorEnv,
} from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import {
  DoubleQLearning,
  ExpectedSarsa,
  MonteCarloControl,
  NStepQLearning,
  NStepSarsa,
  QLambda,
  QLearning,
  Sarsa,
  SarsaLambda,
  boltzmann,
  epsilonGreedy,
  upperConfidence,
  visitStepSize,
} from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { oneStepEnv } from '../support/one-step-env.ts';
import type { TabularAgent, TabularAgentClass } from '../support/tabular-agent.ts';

/** A class of agents. */
interface AgentClass extends TabularAgentClass {
  load(checkpoint: Checkpoint, options?: object): TabularAgent;
  restore(checkpoint: Checkpoint, env: Env | VectorEnv): TabularAgent;
}

const classes: readonly AgentClass[] = [
  QLearning,
  Sarsa,
  ExpectedSarsa,
  DoubleQLearning,
  MonteCarloControl,
  NStepQLearning,
  NStepSarsa,
  SarsaLambda,
  QLambda,
];

const STEPS = 4000;
const HALF = 2000;

/** Learns up to step `until` of a training of `STEPS`; the metrics of each yield, but for the speed. */
function learn(agent: TabularAgent, until: number = STEPS): Metrics[] {
  const rounds: Metrics[] = [];
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    rounds.push({ ...metrics, 'time/steps_per_second': 0 });
    if (step >= until) break;
  }
  return rounds;
}

const scheduled = { exploration: epsilonGreedy(linear(1, 0.1)), alpha: linear(0.5, 0.1) };
const cases: [string, AgentClass, object][] = [
  ...classes.map((Class): [string, AgentClass, object] => [Class.name, Class, scheduled]),
  ['Boltzmann, visits', QLearning, { exploration: boltzmann(linear(2, 0.1)), alpha: visitStepSize(0.7) }],
  ['UCB, visits', Sarsa, { exploration: upperConfidence(2), alpha: visitStepSize(1, 1) }],
  ["Peng's Q(λ)", QLambda, { ...scheduled, variant: 'peng', traces: 'accumulating' }],
  ['Dutch traces', SarsaLambda, { ...scheduled, traces: 'dutch' }],
];

describe.each(cases)('%s', (_name, Class, options) => {
  /** With masks, and in the middle of an episode at step HALF. */
  const make = (): VectorEnv => makeVectorEnv('Taxi-v4', 1, { maxEpisodeSteps: 17 });

  test('the same seed gives the same bits', () => {
    const [first, second, other] = [7, 7, 8].map((seed) => new Class(make(), { ...options, seed }));
    expect(learn(first)).toEqual(learn(second));
    expect(first.checkpoint()).toStrictEqual(second.checkpoint());
    learn(other);
    expect(other.values.table).not.toEqual(first.values.table);
  });

  test('stopped, saved and resumed is the same as not interrupted, bit for bit', () => {
    const whole = new Class(make(), { ...options, seed: 7 });
    const metrics = learn(whole);
    const begun = new Class(make(), { ...options, seed: 7 });
    const before = learn(begun, HALF);
    const resumed = Class.restore(decodeCheckpoint(encodeCheckpoint(begun.checkpoint())), make());
    // What the stopped agent does now is nothing to the other one.
    learn(begun);
    expect(resumed.step).toBe(HALF);
    expect([...before, ...learn(resumed)]).toEqual(metrics);
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
  });
});

test('acting changes nothing of what is learned', () => {
  const agent = new Sarsa(makeEnv('FrozenLake-v1'));
  learn(agent, HALF);
  const before = agent.checkpoint();
  evaluate(agent, makeEnv('FrozenLake-v1'), { episodes: 3, seed: 1 });
  expect(agent.checkpoint()).toStrictEqual(before);
});

describe('the end of an episode', () => {
  const options = { gamma: 0.5, alpha: 0.1, exploration: epsilonGreedy(0) };

  test.each(classes)(
    '$name bootstraps from the final observation where it was cut off, not where it terminated',
    (Class) => {
      // Greedy, so that max, mean and draw are alike: 0.1 · (10 + 0.5 · 6).
      for (const [terminated, expected] of [
        [false, 1.3],
        [true, 1],
      ] as const) {
        const agent = new Class(oneStepEnv({ terminated }), options);
        for (const values of [agent.values.table, ...extraTables(agent)]) values.set([0, 0, 4, 6]);
        Array.from(agent.learn({ steps: 1 }));
        // Double Q-learning acts by the mean of two tables, of which one has learned.
        const half = agent instanceof DoubleQLearning ? 2 : 1;
        expect(Math.max(...agent.values.table.subarray(0, 2))).toBeCloseTo(expected / half, 12);
      }
    },
  );

  test.each(classes)('$name takes no mask of the next episode for that of the final observation', (Class) => {
    const env: Env = { ...oneStepEnv({}), actionMask: () => Uint8Array.of(1, 0) };
    const agent = new Class(env, options);
    for (const values of [agent.values.table, ...extraTables(agent)]) values.set([0, 0, 4, 6]);
    Array.from(agent.learn({ steps: 1 }));
    expect(agent.values.table[0]).toBeCloseTo(agent instanceof DoubleQLearning ? 0.65 : 1.3, 12);
  });

  test.each([Sarsa, NStepSarsa, SarsaLambda, QLambda])(
    '$name draws an action for the final observation, which is not taken in the next episode',
    (Class) => {
      const agent = new Class(oneStepEnv({}), options);
      agent.values.table.set([0, 9, 4, 0]);
      Array.from(agent.learn({ steps: 3 }));
      expect([...agent.values.visits]).toEqual([0, 3, 0, 0]);
    },
  );

  test('nothing is carried over to the next episode', () => {
    for (const Class of [NStepQLearning, NStepSarsa, SarsaLambda, QLambda, MonteCarloControl]) {
      const agent = new Class(oneStepEnv({ terminated: true }), options);
      Array.from(agent.learn({ steps: 1 }));
      agent.values.table.set([0, 0, 0, 0]);
      Array.from(agent.learn({ steps: 2 }));
      expect(Math.max(...agent.values.table)).toBeCloseTo(1, 12);
    }
  });
});

test("Peng's Q(λ) values the states on the way by their legal actions", () => {
  let state = 0;
  const env: Env<number, number> = {
    observationSpace: new Discrete(2),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: (state = 0) }),
    step: () => {
      const terminated = state === 1;
      state = 1;
      return { observation: 1, reward: terminated ? 10 : 0, terminated, truncated: false };
    },
    actionMask: () => Uint8Array.of(1, 0),
  };
  const agent = new QLambda(env, { variant: 'peng', gamma: 1, lambda: 1, alpha: 0.5 });
  agent.values.table.set([0, 0, 2, 50]);
  Array.from(agent.learn({ steps: 2 }));
  // With λ = 1 both move half the way to the return, 10.
  expect([...agent.values.table]).toEqual([5, 0, 6, 50]);
});

/** The two tables of Double Q-learning. */
function extraTables(agent: TabularAgent): Float64Array[] {
  if (!(agent instanceof DoubleQLearning)) return [];
  const { first, second } = (Reflect.get(agent, 'parts') as { learned: Record<string, Float64Array> }).learned;
  return [first, second];
}

describe('states', () => {
  test('of MultiDiscrete observations are numbered in mixed radix, the last element fastest', () => {
    const agent = new QLearning(makeEnv('Blackjack-v1'));
    expect(agent.values.numStates).toBe(32 * 11 * 2);
    expect(agent.values.stateOf([13, 7, 1])).toBe((13 * 11 + 7) * 2 + 1);
  });

  test('and actions may start elsewhere than at 0', () => {
    const taken: number[] = [];
    const env: Env<number, number> = {
      observationSpace: new Discrete(3, 5),
      actionSpace: new Discrete(2, -1),
      reset: () => ({ observation: 7 }),
      step: (action) => {
        taken.push(action);
        return { observation: 6, reward: action, terminated: true, truncated: false };
      },
    };
    const agent = new QLearning(env, { exploration: epsilonGreedy(1) });
    Array.from(agent.learn({ steps: 100 }));
    expect(new Set(taken)).toEqual(new Set([-1, 0]));
    expect(agent.values.stateOf(7)).toBe(2);
    expect([...agent.values.table.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    expect(agent.values.table[4]).toBeLessThan(-0.5);
    expect(agent.act(7)).toBe(0);
  });
});

describe('acting', () => {
  const agent = new QLearning(makeEnv('LectureGrid-v0'));
  agent.values.table.set([1, 3, 3, 2], 4);

  test('takes the best action, the first of equal ones, that is legal', () => {
    expect(agent.act(1)).toBe(1);
    expect(agent.act(1, { actionMasks: Uint8Array.of(1, 0, 1, 1) })).toBe(2);
    const actions = new Int32Array(3);
    const actionMasks = Uint8Array.from([0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1]);
    agent.actBatch(Float32Array.of(0, 1, 1), actions, { actionMasks });
    expect([...actions]).toEqual([3, 3, 1]);
  });

  test('names what cannot be', () => {
    const noLegal = 'actionMasks: expected a legal action in each row, got none in row 0';
    expect(() => agent.act(1, { actionMasks: new Uint8Array(4) })).toThrow(new RangeError(noLegal));
    expect(() => agent.act(6)).toThrow(new RangeError('observation is 6, expected an integer in [0, 5]'));
    expect(() => {
      agent.actBatch(Float32Array.of(1, 1.5), new Int32Array(2));
    }).toThrow(new RangeError('observation of environment 1 is 1.5, expected an integer in [0, 5]'));
  });
});

describe('identities', () => {
  const tableOf = (Class: AgentClass, options: object): Float64Array => {
    const agent = new Class(makeVectorEnv('FrozenLake-v1', 1), { ...options, seed: 3 });
    learn(agent);
    return agent.values.table;
  };
  /** What is tried does not depend on values, so that all see the same steps. */
  const uniform = { exploration: epsilonGreedy(1), initialValue: 0.5 };

  test('with n = 1, n-step methods are the one-step methods, to the bit', () => {
    expect(tableOf(NStepQLearning, { nSteps: 1 })).toStrictEqual(tableOf(QLearning, {}));
    expect(tableOf(NStepSarsa, { nSteps: 1 })).toStrictEqual(tableOf(Sarsa, {}));
  });

  test('with λ = 0, SARSA(λ) is SARSA and both Q(λ) are Q-learning', () => {
    const close = (x: Float64Array, y: Float64Array): boolean => x.every((value, i) => Math.abs(value - y[i]) < 1e-12);
    for (const traces of ['accumulating', 'replacing', 'dutch']) {
      expect(close(tableOf(SarsaLambda, { ...uniform, lambda: 0, traces }), tableOf(Sarsa, uniform))).toBe(true);
      expect(close(tableOf(QLambda, { ...uniform, lambda: 0, traces }), tableOf(QLearning, uniform))).toBe(true);
    }
    const peng = { ...uniform, lambda: 0, variant: 'peng' };
    expect(close(tableOf(QLambda, peng), tableOf(QLearning, uniform))).toBe(true);
  });

  test('a greedy Expected SARSA is Q-learning', () => {
    const greedy = { exploration: epsilonGreedy(0), initialValue: 1 };
    const [expected, maximum] = [tableOf(ExpectedSarsa, greedy), tableOf(QLearning, greedy)];
    expect(expected.every((value, i) => Math.abs(value - maximum[i]) < 1e-9)).toBe(true);
    expect(maximum.some((value) => value < 0.9)).toBe(true);
  });
});
