import { Discrete, evaluate, type Env, type StepResult } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { OneStepActorCritic, type OneStepActorCriticOptions } from '@gradus/actor-critic';
import { decodeSafetensors } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose } from './support/expect-close.ts';

const STATES = 3;
const GAMMA = 0.8;
const [ALPHA, BETA] = [0.3, 0.2];

interface Seen {
  readonly state: number;
  readonly action: number;
  readonly reward: number;
  readonly next: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** Three states in a ring; actions 1 and 2 go one or two on. Every third episode of four steps ends by termination, others by truncation. */
function ring(log: Seen[]): Env<number, number> {
  let [state, steps, episodes] = [0, 0, 0];
  return {
    observationSpace: new Discrete(STATES),
    actionSpace: new Discrete(2, 1),
    reset: () => {
      [steps, state] = [0, episodes++ % STATES];
      return { observation: state };
    },
    step(action): StepResult<number> {
      const from = state;
      state = (state + action) % STATES;
      const ends = ++steps === 4;
      const terminated = ends && episodes % 3 === 0;
      const reward = Math.sin(from + 2 * action);
      const truncated = ends && !terminated;
      log.push({ state: from, action, reward, next: state, terminated, truncated });
      return { observation: state, reward, terminated, truncated };
    },
  };
}

const options: Partial<OneStepActorCriticOptions> = {
  hidden: [],
  learningRate: ALPHA,
  criticLearningRate: BETA,
  gamma: GAMMA,
  reportInterval: 1,
  seed: 2,
};

test.each([false, true])('its tables are those of the rule in float64, with I = γᵗ: %s', (discountsSteps) => {
  const log: Seen[] = [];
  const agent = new OneStepActorCritic(ring(log), { ...options, discountsSteps });
  const values = new Array<number>(STATES).fill(0);
  const preferences = values.map(() => [0, 0]);
  let factor = 1;
  for (const { metrics } of agent.learn({ steps: 60 })) {
    const { state, action, reward, next, terminated, truncated } = log.at(-1)!;
    const error = reward + (terminated ? 0 : GAMMA * values[next]) - values[state];
    const total = preferences[state].reduce((sum, x) => sum + Math.exp(x), 0);
    const probabilities = preferences[state].map((x) => Math.exp(x) / total);
    values[state] += BETA * error;
    // ∇ log π of a softmax: 1 for the action taken, minus the probability of each.
    preferences[state] = preferences[state].map(
      (x, a) => x + ALPHA * (discountsSteps ? factor : 1) * error * (Number(a === action - 1) - probabilities[a]),
    );
    factor = terminated || truncated ? 1 : factor * GAMMA;
    expectClose([metrics['train/td_error']], [error], 1e-5);
    const tables = Object.values(decodeSafetensors(agent.checkpoint().files['parameters.safetensors']));
    expectClose([...tables[0].data], preferences.flat(), 1e-5);
    expectClose([...tables[1].data], values, 1e-5);
  }
  expectClose([...agent.stateValue(Float32Array.of(0, 1, 2))], values, 1e-5);
  expect(new Set(log.map(({ terminated, truncated }) => `${terminated} ${truncated}`)).size).toBe(3);
});

/** One state, in which any action is worth 1 and ends the episode, by termination or by a time limit. */
function oneStep(ends: 'terminated' | 'truncated'): Env {
  const flags = { terminated: ends === 'terminated', truncated: ends === 'truncated' };
  return {
    observationSpace: new Discrete(1),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: 0 }),
    step: () => ({ observation: 0, reward: 1, ...flags }),
  };
}

// v = 1 where nothing follows; v = 1 + γ v = 1 / (1 − γ) where the task goes on after what was cut off; nearer by 1 − β (1 − γ) with each step.
test.each([
  ['terminated', 1],
  ['truncated', 5],
] as const)('an episode that is %s is worth %d', (ends, expected) => {
  const agent = new OneStepActorCritic(oneStep(ends), options);
  Array.from(agent.learn({ steps: 500 }));
  expect(Math.abs(agent.stateValue(0)[0] - expected)).toBeLessThan(1e-4);
});

describe.each<[string, Partial<OneStepActorCriticOptions>, string, number]>([
  ['a table', { hidden: [], learningRate: 0.5, criticLearningRate: 0.5 }, 'IdentityDiscrete-v0', 1],
  ['a network', { hidden: [32], learningRate: 0.02, criticLearningRate: 0.02 }, 'IdentityDiscrete-v0', 8],
])('%s', (_, changes, id, copies) => {
  test.each([0, 1, 2])('repeats what it is shown after 8000 steps, seed %d', (seed) => {
    const agent = new OneStepActorCritic(makeVectorEnv(id, copies), { ...changes, gamma: 0, seed });
    Array.from(agent.learn({ steps: 8000 }));
    expect(evaluate(agent, makeVectorEnv(id, 10), { episodes: 10, seed: 1000 }).meanReturn).toBeGreaterThanOrEqual(90);
  });
});

describe.each([
  ['a table, with masks', 'Taxi-v4', { hidden: [], discountsSteps: true }],
  ['real actions', 'Pendulum-v1', { hidden: [8] }],
] as const)('%s', (_, id, changes) => {
  test('the same seed gives the same bits, also when it was stopped, saved and resumed', () => {
    const make = () => makeEnv(id, { maxEpisodeSteps: 33 });
    const [whole, begun] = [0, 1].map(() => new OneStepActorCritic(make(), { ...changes, reportInterval: 50 }));
    Array.from(whole.learn({ steps: 400 }));
    for (const { step } of begun.learn({ steps: 400 })) if (step >= 200) break;
    const resumed = OneStepActorCritic.load(begun.checkpoint(), { env: make() });
    Array.from(resumed.learn({ steps: 400 }));
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
  });
});
