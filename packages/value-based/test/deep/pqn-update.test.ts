import { Discrete, linear, vectorize, type Env, type ResetResult, type StepResult } from '@gradus/core';
import { decodeSafetensors, saveParameters, variable } from '@gradus/tensor';
import { Pqn, type PqnOptions } from '@gradus/value-based';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { recordReturns } from '../support/record-returns.ts';
import { ReferencePqn } from '../support/reference-pqn.ts';
import { ScriptedEnv } from '../support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    expect(difference, `[${i}]: ${actual[i]} and ${expected[i]}`).toBeLessThan(tolerance);
  }
}

/** The network's parameters by name. */
function parametersOf(agent: Pqn): Record<string, number[]> {
  const tensors = Object.entries(decodeSafetensors(agent.checkpoint().files['parameters.safetensors']));
  return Object.fromEntries(tensors.map(([name, { data }]) => [name, Array.from(data)]));
}

/** Rounds of 7 steps of 2 copies, in 2 minibatches, 3 times over; episodes have 3 steps. */
const options: Partial<PqnOptions> = {
  steps: 7,
  batchSize: 7,
  epochs: 3,
  learningRate: linear(0.05, 0),
  gamma: 0.9,
  lambda: 0.7,
  epsilon: 0.5,
  maxGradNorm: 1,
  hidden: [3],
  seed: 3,
};

test.each<[string, Partial<PqnOptions>]>([
  ['clipped gradient', {}],
  ['no limit on the gradient', { maxGradNorm: null }],
  ['one-step targets', { lambda: 0 }],
  ['returns up to the end', { lambda: 1 }],
])('returns, parameters and metrics are those of a float64 implementation: %s', (_, changes) => {
  const minibatches = recordReturns();
  // Observations never repeat, in no copy; while one copy's episode terminates, the other's is truncated.
  const envs = [0, 51].map((episodes) => {
    const env = new ScriptedEnv();
    for (let i = 0; i < episodes; i++) env.reset();
    return env;
  });
  const agent = new Pqn(
    vectorize((i) => envs[i], 2),
    { ...options, ...changes },
  );
  const reference = new ReferencePqn(parametersOf(agent));
  const numSteps = 8 * 14;
  let round = 0;
  for (const { step, metrics } of agent.learn({ steps: numSteps })) {
    const rows = envs.flatMap(({ log }) => {
      const played = log.slice(7 * round, 7 * (round + 1));
      return played.map(({ observation, action }, i) => ({
        observation,
        action,
        return: reference.lambdaReturn(played.slice(i), agent.options),
      }));
    });
    const expected: Record<string, number> = {};
    const updates = minibatches.slice(6 * round, 6 * (round + 1));
    for (let epoch = 0; epoch < 3; epoch++) {
      const seen = updates.slice(2 * epoch, 2 * epoch + 2).flat();
      expect(new Set(seen.map(({ observation }) => String(observation))).size).toBe(14);
    }
    for (const minibatch of updates) {
      const own = minibatch.map(({ observation }) =>
        rows.find((row) => String(row.observation) === String(observation))!,
      );
      expect(minibatch.map(({ action }) => action)).toEqual(own.map(({ action }) => action));
      expectClose(
        minibatch.map((row) => row.return),
        own.map((row) => row.return),
        1e-3,
      );
      const rate = 0.05 * (1 - (step - 14) / numSteps);
      for (const [name, x] of Object.entries(reference.update(own, rate, agent.options))) {
        expected[name] = (expected[name] ?? 0) + x / 6;
      }
    }
    const names = Object.keys(expected);
    expectClose(
      names.map((name) => metrics[name]),
      names.map((name) => expected[name]),
      1e-3,
    );
    expectClose(new ReferencePqn(parametersOf(agent)).theta, reference.theta, 1e-3);
    round++;
  }
  expect([round, minibatches.length]).toEqual([8, 48]);
});

test('activation is that of the hidden layers, behind their normalization', () => {
  const tanh = new Pqn(new ScriptedEnv(), { ...options, activation: 'tanh' });
  const linearOnes = new Pqn(new ScriptedEnv(), { ...options, activation: 'linear' });
  const p = parametersOf(tanh);
  expect(parametersOf(linearOnes)).toEqual(p);
  const observation = [0.3, -1.2];
  const x = [0, 1, 2].map((j) => observation.reduce((sum, o, i) => sum + o * p['0.0.weight'][3 * i + j], 0));
  const mean = x.reduce((sum, each) => sum + each, 0) / 3;
  const deviation = Math.sqrt(x.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 3 + 1e-5);
  const normalized = x.map((each) => (each - mean) / deviation);
  for (const [agent, f] of [
    [tanh, Math.tanh],
    [linearOnes, (each: number) => each],
  ] as const) {
    const values = [...agent.actionValues(observation)];
    const expected = values.map((_, a) =>
      normalized.reduce((sum, each, j) => sum + f(each) * p['1.weight'][values.length * j + a], 0),
    );
    expectClose(values, expected, 1e-3);
  }
});

/**
 * 0 → 1 → 2 → end, with rewards 1, 2, 3 whatever the action; every second episode is truncated when it reaches 2. Action 1 is not
 * legal in states 1 and 2, if there are masks.
 */
class Chain implements Env<number, number> {
  readonly observationSpace = new Discrete(3);
  readonly actionSpace = new Discrete(2);
  readonly actionMask?: () => Uint8Array;
  readonly log: { state: number; action: number }[] = [];
  private state = 0;
  private episodes = 0;

  constructor({ masked }: { readonly masked: boolean }) {
    if (masked) this.actionMask = () => Uint8Array.of(1, Number(this.state === 0));
  }

  reset(): ResetResult<number> {
    this.state = 0;
    this.episodes++;
    return { observation: 0 };
  }

  step(action: number): StepResult<number> {
    this.log.push({ state: this.state, action });
    const reward = ++this.state;
    const terminated = this.state === 3;
    const truncated = this.state === 2 && this.episodes % 2 === 0;
    return { observation: terminated ? 0 : this.state, reward, terminated, truncated };
  }
}

/** A linear agent with the given q(s, a), one state's after the other's, that does not learn. */
function agentWith(q: readonly number[], env: Env, changes: Partial<PqnOptions> = {}): Pqn {
  const fixed = { steps: 6, batchSize: 6, epochs: 1, learningRate: 0, gamma: 0.5, lambda: 0.5, epsilon: 0, hidden: [] };
  const { files, ...rest } = new Pqn(env, { ...fixed, ...changes }).checkpoint();
  const parameters = { '0.weight': variable([3, 2], q), '0.bias': variable([2], [0, 0]) };
  return Pqn.restore({ ...rest, files: { ...files, 'parameters.safetensors': saveParameters(parameters) } }, env);
}

describe('returns by hand, γ = λ = ½', () => {
  const returnsOf = (q: readonly number[], masked: boolean): number[] => {
    const minibatches = recordReturns();
    Array.from(agentWith(q, new Chain({ masked })).learn({ steps: 6 }));
    // Minibatches are shuffled.
    return minibatches[0].map((row) => row.return).sort((a, b) => a - b);
  };

  // Three steps to termination:        G₂ = 3, G₁ = 2 + ½ (½ 8 + ½ G₂), G₀ = 1 + ½ (½ 4 + ½ G₁).
  // Two steps to truncation in state 2: G₄ = 2 + ½ 8, G₃ = 1 + ½ (½ 4 + ½ G₄). The round's last step: G₅ = 1 + ½ 4.
  test('termination, truncation, the end of the round', () => {
    expect(returnsOf([2, 1, 3, 4, 8, 7], false)).toEqual([3, 3, 3.1875, 3.5, 4.75, 6]);
  });

  // The same with values of illegal actions, which count only in the truncated episode's last observation: G₄ = 2 + ½ 12, G₃ = 1 + ½ (½ 4 + ½ G₄).
  test('over legal actions, where these are known', () => {
    expect(returnsOf([2, 1, 4, 100, 8, 12], true)).toEqual([3, 3, 3.1875, 4, 4.75, 8]);
  });
});

describe('masks', () => {
  test.each([0, 0.5, 1])('with ε = %d no illegal action is taken, and all legal ones are', (epsilon) => {
    const env = new Chain({ masked: true });
    Array.from(agentWith([2, 2, 4, 100, 8, 100], env, { epsilon, steps: 600, batchSize: 600 }).learn({ steps: 600 }));
    const chosen = (state: number): Set<number> =>
      new Set(env.log.filter((each) => each.state === state).map(({ action }) => action));
    expect([...chosen(1), ...chosen(2)]).toEqual([0, 0]);
    expect(chosen(0).size).toBe(epsilon === 0 ? 1 : 2);
  });

  test('the best legal action is played after training', () => {
    const agent = agentWith([2, 1, 4, 100, 8, 12], new Chain({ masked: true }));
    expect([0, 1, 2].map((state) => agent.act(state))).toEqual([0, 1, 1]);
    const actionMasks = Uint8Array.of(1, 0);
    expect([0, 1, 2].map((state) => agent.act(state, { actionMasks }))).toEqual([0, 0, 0]);
  });
});

test.each([0, 0.4, 1])('a part ε = %d of the actions is random, the others are the best by q', (epsilon) => {
  const env = new ScriptedEnv();
  const agent = new Pqn(env, { ...options, learningRate: 0, steps: 3000, batchSize: 3000, epochs: 1, epsilon });
  Array.from(agent.learn({ steps: 3000 }));
  const others = env.log.filter(({ observation, action }) => action !== agent.act(observation)).length / 3000;
  // A random action is the best one in a third of all cases.
  const expected = (epsilon * 2) / 3;
  expect(Math.abs(others - expected)).toBeLessThanOrEqual(4 * Math.sqrt((expected * (1 - expected)) / 3000));
});

test('ε follows its schedule, step by step', () => {
  const agent = new Pqn(new ScriptedEnv(), { ...options, epsilon: linear(0.5, 0.1, 0.5) });
  const seen = Array.from(agent.learn({ steps: 42 }), ({ metrics }) => metrics['train/epsilon']);
  expectClose(
    seen,
    [6, 13, 20, 27, 34, 41].map((step) => Math.max(0.1, 0.5 - (0.4 * step) / 21)),
    1e-12,
  );
});
