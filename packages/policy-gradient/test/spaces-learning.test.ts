import {
  Box,
  Dict,
  MultiBinary,
  Random,
  evaluate,
  vectorize,
  type Agent,
  type Env,
  type NamedValues,
} from '@gradus/core';
import { Ppo, Reinforce, Trpo } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';

const observationSpace = new Dict({ lamps: new MultiBinary(3), noise: new Box(-1, 1, [2]) });
const STEPS = 20;

/** Shows three lamps, and rewards with ⅓ for each switch that is as its lamp: 20 is perfect. */
function switches(seed: number): Env<NamedValues, Int32Array> {
  let random = new Random(seed);
  let lamps: Int32Array = new Int32Array(3);
  let steps = 0;
  const show = (): NamedValues => {
    lamps = new MultiBinary(3).sample(random);
    return { lamps, noise: [random.uniform(-1, 1), random.uniform(-1, 1)] };
  };
  return {
    observationSpace,
    actionSpace: new MultiBinary(3),
    reset(options) {
      if (options?.seed !== undefined) random = new Random(options.seed);
      steps = 0;
      return { observation: show() };
    },
    step(action) {
      const right = action.filter((bit, i) => bit === lamps[i]).length;
      return { observation: show(), reward: right / 3, terminated: false, truncated: ++steps === STEPS };
    },
    getState: () => ({ random: random.getState(), lamps, steps }),
    setState: () => undefined,
  };
}

/** Nothing follows from an action here, so γ = 0. */
const agents: Record<string, () => Agent> = {
  Ppo: () => {
    const env = vectorize(switches, 4);
    return new Ppo(env, { steps: 64, batchSize: 64, epochs: 8, gamma: 0, learningRate: 5e-3, seed: 1 });
  },
  Trpo: () => {
    const env = vectorize(switches, 4);
    return new Trpo(env, { steps: 64, batchSize: 256, gamma: 0, targetKl: 0.02, hidden: [32], seed: 1 });
  },
  Reinforce: () => new Reinforce(vectorize(switches, 4), { gamma: 0, learningRate: 1e-2, hidden: [32], seed: 1 }),
};

describe.each(Object.entries(agents))('%s learns bits from a Dict', (_, make) => {
  test('three switches follow three lamps', () => {
    const agent = make();
    Array.from(agent.learn({ steps: 8192 }));
    expect(evaluate(agent, switches(9), { episodes: 10, seed: 5 }).meanReturn).toBeGreaterThan(18);
    // By names as well as by the numbers of the layout.
    const byName = agent.act({ lamps: [1, 0, 1], noise: [0, 0] });
    expect(byName).toEqual(agent.act([1, 0, 1, 0, 0]));
    expect(byName).toEqual(Int32Array.of(1, 0, 1));
    expect(() => agent.act({ lamps: [1, 0, 1] })).toThrow("observation has no 'noise', expected lamps, noise");
    agent.dispose();
  });
});
