import { dynamicsFromTable, evaluate, linear, TransitionTable, vectorEnvFromDynamics } from '@gradus/core';
import { Dqn, rainbowDefaults, valueIteration, type DqnOptions } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { learnedValues } from '../support/learned-values.ts';
import { maximumDifference } from '../support/random-tables.ts';

const STATES = 4;
const LEFT = 0;
const GAMMA = 0.8;

/** Four places in a row. Left of the first one ends the episode with 0.3, right of the last one with 1; a step costs 0.05 before. */
function corridor(changed: (state: number, action: number) => { reward: number } | undefined = () => undefined) {
  return new TransitionTable({
    numStates: STATES,
    numActions: 2,
    initialDistribution: new Array<number>(STATES).fill(1 / STATES),
    outcomes: (state, action) => {
      const change = changed(state, action);
      if (change) return [{ probability: 1, nextState: state, reward: change.reward, terminated: true }];
      const nextState = action === LEFT ? state - 1 : state + 1;
      if (nextState < 0) return [{ probability: 1, nextState: state, reward: 0.3, terminated: true }];
      if (nextState === STATES) return [{ probability: 1, nextState: state, reward: 1, terminated: true }];
      return [{ probability: 1, nextState, reward: -0.05, terminated: false }];
    },
  });
}

/** Random actions, and a table instead of a network. */
const options: Partial<DqnOptions> = {
  hidden: [],
  gamma: GAMMA,
  learningRate: linear(0.1, 1e-3),
  bufferSize: 500,
  trainFrequency: 4,
  targetUpdateInterval: 40,
  epsilon: 1,
};
const categorical = { kind: 'categorical', atoms: 21, low: -0.5, high: 1.5 } as const;

test.each<[string, Partial<DqnOptions>]>([
  ['DQN', {}],
  ['squared error', { loss: 'squared' }],
  ['double', { double: true }],
  ['dueling', { dueling: true }],
  ['prioritized', { replay: 'prioritized' }],
  ['noisy', { noisy: true }],
  ['C51', { distribution: categorical }],
  ['QR-DQN', { distribution: { kind: 'quantile', quantiles: 5 } }],
  // Returns of several steps are those of the policy that acts, which is random here.
  ['Rainbow', { ...rainbowDefaults, nSteps: 1, distribution: categorical }],
  ['no replay', { replay: 'none', batchSize: 16, trainFrequency: 16 }],
])('q becomes Q*: %s', (_, changes) => {
  const table = corridor();
  const env = vectorEnvFromDynamics(dynamicsFromTable(table), 4);
  const agent = new Dqn(env, { ...options, ...changes, epsilon: 1, learningRate: linear(0.1, 1e-3) });
  Array.from(agent.learn({ steps: 12_000 }));
  const { actionValues } = valueIteration(table, GAMMA);
  expect(maximumDifference(learnedValues(agent, STATES, 2), actionValues)).toBeLessThan(0.02);
  agent.dispose();
});

describe('action masks', () => {
  /** Not allowed: left in the first place, where it would be worth 5, and in the third. */
  const isIllegal = (state: number, action: number): boolean => state % 2 === 0 && action === LEFT;
  const actionMasks = Uint8Array.from({ length: 2 * STATES }, (_, i) => Number(!isIllegal(i >> 1, i & 1)));
  const tempting = corridor((state, action) => (isIllegal(state, action) ? { reward: 5 } : undefined));
  const make = (masks = actionMasks) => vectorEnvFromDynamics(dynamicsFromTable(tempting, { actionMasks: masks }), 4);

  test.each<[string, Partial<DqnOptions>]>([
    ['half of the actions random', { epsilon: 0.5 }],
    ['noisy', { noisy: true, epsilon: 0.2 }],
    ['double C51', { double: true, epsilon: 0.5, distribution: categorical }],
    ['all random', { epsilon: 1 }],
  ])('no illegal action is taken, neither in acting nor in targets: %s', (_, changes) => {
    const env = make();
    const step = env.step.bind(env);
    let illegal = 0;
    env.step = (actions) => {
      for (let i = 0; i < 4; i++) illegal += Number(isIllegal(env.observations[i], actions[i]));
      step(actions);
    };
    const agent = new Dqn(env, { ...options, ...changes });
    Array.from(agent.learn({ steps: 12_000 }));
    expect(illegal).toBe(0);
    // What is worth least is never chosen where there is something else.
    const legal = corridor((state, action) => (isIllegal(state, action) ? { reward: -5 } : undefined));
    const expected = valueIteration(legal, GAMMA).actionValues;
    const learned = learnedValues(agent, STATES, 2);
    const onlyLegal = (values: ArrayLike<number>) => Array.from(values, (value, i) => value * actionMasks[i]);
    expect(maximumDifference(onlyLegal(learned), onlyLegal(expected))).toBeLessThan(0.02);
    const { returns } = evaluate(agent, make(), { episodes: 20, seed: 3 });
    // One to four steps to the end on the right.
    for (const value of returns) expect(value).toBeGreaterThanOrEqual(1 - 3 * 0.05 - 1e-9);
    expect(Math.max(...returns)).toBeLessThanOrEqual(1);
    expect(illegal).toBe(0);
    agent.dispose();
  });

  test('that leave no action are refused', () => {
    const none = actionMasks.slice();
    none.set([0, 0], 2);
    const learn = () => {
      Array.from(new Dqn(make(none), options).learn({ steps: 100 }));
    };
    expect(learn).toThrow(/expected a legal action/);
  });

  test('acting names the row that has no legal action', () => {
    const agent = new Dqn(make(), options);
    const act = () => {
      agent.actBatch(Float32Array.of(0, 1), new Int32Array(2), { actionMasks: Uint8Array.of(1, 0, 0, 0) });
    };
    expect(act).toThrow(new RangeError('actionMasks: expected a legal action in each row, got none in row 1'));
  });
});
