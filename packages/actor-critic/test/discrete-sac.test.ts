import { Discrete, MultiBinary, evaluate } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { DiscreteSac, discreteSacDefaults, sacDefaults, type DiscreteSacOptions } from '@gradus/actor-critic';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { expectClose } from './support/expect-close.ts';
import { recordMinibatches } from './support/record-minibatches.ts';
import {
  ReferenceAdam,
  follow,
  gradientOf,
  mean,
  parameterCount,
  parametersOf,
  tanhNetwork,
} from './support/reference-networks.ts';
import { ScriptedEnv, threeChoices } from './support/scripted-env.ts';
import { oneStep } from './support/one-step.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const GAMMA = 0.9;
const TAU = 0.2;
const RATE = 0.02;
const options: Partial<DiscreteSacOptions> = {
  hidden: [3],
  activation: 'tanh',
  learningRate: RATE,
  bufferSize: 20,
  learningStarts: 6,
  batchSize: 8,
  gamma: GAMMA,
  tau: TAU,
  trainFrequency: 2,
  gradientSteps: 3,
  seed: 3,
};

const network = tanhNetwork([2, 3, 3]);
const networkSize = parameterCount([2, 3, 3]);

function logSoftmax(logits: readonly number[]): number[] {
  const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
  return logits.map((x) => x - total);
}

/** qᵢ(s, a) of both critics, [2][actions]. */
function values(critics: readonly number[], observation: readonly number[]): number[][] {
  return [0, networkSize].map((start) => network(critics, observation, start));
}

/** Σ_a π(a|s) (minᵢ qᵢ(s, a) − α log π(a|s)), from logits and critics. */
function softValue(logits: readonly number[], [first, second]: readonly (readonly number[])[], alpha: number): number {
  return logSoftmax(logits).reduce(
    (sum, logProbability, a) =>
      sum + Math.exp(logProbability) * (Math.min(first[a], second[a]) - alpha * logProbability),
    0,
  );
}

const files = ['actor', 'critics', 'criticsTarget', 'entropyCoefficient'] as const;

describe('weights, temperature, targets and metrics are those of a float64 implementation', () => {
  test.each<[string, Partial<DiscreteSacOptions>]>([
    ['a learned temperature', {}],
    ['another target', { targetEntropy: 0.3, criticLearningRate: 0.05 }],
    ['a fixed temperature', { entropyCoefficient: 0.5 }],
  ])('%s', (_, changes) => {
    const minibatches = recordMinibatches();
    const agent = new DiscreteSac(new ScriptedEnv(threeChoices), { ...options, ...changes });
    const read = () => {
      const checkpoint = agent.checkpoint();
      return Object.fromEntries(files.map((file) => [file, parametersOf(checkpoint, file)]));
    };
    let { actor, critics, criticsTarget, entropyCoefficient } = read();
    const adam = { actor: new ReferenceAdam(), critics: new ReferenceAdam(), alpha: new ReferenceAdam() };
    let seen = 0;
    for (const { metrics } of agent.learn({ steps: 24 })) {
      const reported: Record<string, number[]> = {};
      for (const { rows } of minibatches.slice(seen)) {
        const alpha = changes.entropyCoefficient === undefined ? Math.exp(entropyCoefficient[0]) : 0.5;
        const entropyOf = (theta: readonly number[]): number =>
          mean(
            rows.map(({ observation }) =>
              softValue(
                network(theta, observation),
                [
                  [0, 0, 0],
                  [0, 0, 0],
                ],
                1,
              ),
            ),
          );
        const entropy = entropyOf(actor);
        if (entropyCoefficient.length > 0) {
          const gradient = entropy - (changes.targetEntropy ?? 0.98 * Math.log(3));
          entropyCoefficient = adam.alpha.step(entropyCoefficient, [gradient], RATE);
        }
        const y = rows.map(
          ({ reward, discount, nextObservation }) =>
            reward +
            discount * softValue(network(actor, nextObservation), values(criticsTarget, nextObservation), alpha),
        );
        const q = (theta: readonly number[]): number[][] =>
          rows.map(({ observation, action }) => values(theta, observation).map((each) => each[action[0] - 1]));
        const valueLoss = (theta: readonly number[]): number =>
          mean(q(theta).map((both, k) => both.reduce((sum, v) => sum + (y[k] - v) ** 2, 0)));
        const policyLoss = (theta: readonly number[]): number =>
          -mean(
            rows.map(({ observation }) => softValue(network(theta, observation), values(critics, observation), alpha)),
          );
        const report: Record<string, number> = {
          'train/value_loss': valueLoss(critics),
          'train/q_value': mean(q(critics).map(([first]) => first)),
          'train/entropy': entropy,
          'train/entropy_coefficient': alpha,
        };
        const criticRate = (changes.criticLearningRate as number | undefined) ?? RATE;
        critics = adam.critics.step(critics, gradientOf(valueLoss, critics), criticRate);
        report['train/policy_loss'] = policyLoss(actor);
        actor = adam.actor.step(actor, gradientOf(policyLoss, actor), RATE);
        criticsTarget = follow(criticsTarget, critics, TAU);
        for (const [name, x] of Object.entries(report)) (reported[name] ??= []).push(x);
      }
      seen = minibatches.length;
      for (const [name, each] of Object.entries(reported)) expectClose([metrics[name]], [mean(each)], 1e-4);
      const expected = { actor, critics, criticsTarget, entropyCoefficient };
      const actual = read();
      for (const file of files) expectClose(actual[file], expected[file], 1e-4);
    }
    expect(seen).toBe(27);
  });
});

test('it shows its policy and its values, acts by them, and draws in proportion', () => {
  const agent = new DiscreteSac(new ScriptedEnv(threeChoices), options);
  const checkpoint = agent.checkpoint();
  const observation = [0.3, -2];
  const logProbabilities = logSoftmax(network(parametersOf(checkpoint, 'actor'), observation));
  const probabilities = logProbabilities.map(Math.exp);
  expectClose([...agent.actionProbabilities(observation)], probabilities, 1e-5);
  const [first, second] = values(parametersOf(checkpoint, 'critics'), observation);
  expectClose(
    [...agent.actionValues(observation)],
    first.map((x, a) => Math.min(x, second[a])),
    1e-5,
  );
  expect(agent.act(observation)).toBe(1 + probabilities.indexOf(Math.max(...probabilities)));

  const n = 4000;
  const actions = new Int32Array(n);
  agent.actBatch(
    Float32Array.from({ length: 2 * n }, (_, i) => observation[i % 2]),
    actions,
    { deterministic: false },
  );
  probabilities.forEach((p, a) => {
    const share = actions.filter((action) => action === a + 1).length / n;
    expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
  });
});

// With α = 0.5 entropy is worth 0.5 log 2 in every state but the first action's own: q = 1 + γ V, V = q + 0.5 log 2, with a uniform policy.
test.each([
  ['terminated', 1],
  ['truncated', (1 + 0.75 * 0.5 * Math.log(2)) / (1 - 0.75)],
] as const)('an episode that is %s is worth %d', (ends, expected) => {
  const small = { hidden: [8], batchSize: 16, bufferSize: 1000, learningRate: 1e-2, learningStarts: 20, tau: 0.05 };
  const agent = new DiscreteSac(oneStep(ends, new Discrete(2)), { ...small, gamma: 0.75, entropyCoefficient: 0.5 });
  Array.from(agent.learn({ steps: 3000 }));
  for (const value of agent.actionValues([0.5])) expect(Math.abs(value - expected)).toBeLessThan(0.1);
  for (const probability of agent.actionProbabilities([0.5])) expect(Math.abs(probability - 0.5)).toBeLessThan(0.1);
});

test.each([0, 1, 2])('IdentityDiscrete-v0 is solved in 1500 steps, seed %d', (seed) => {
  const changes = {
    hidden: [64],
    batchSize: 64,
    gamma: 0,
    learningRate: 3e-3,
    learningStarts: 500,
    targetEntropy: 0.1,
  };
  const agent = new DiscreteSac(makeVectorEnv('IdentityDiscrete-v0', 1), { ...changes, seed });
  Array.from(agent.learn({ steps: 1500 }));
  const { meanReturn } = evaluate(agent, makeVectorEnv('IdentityDiscrete-v0', 10), { episodes: 10, seed: 1000 });
  expect(meanReturn).toBeGreaterThanOrEqual(90);
});

test('the same seed gives the same bits, also when it was stopped, saved and resumed', () => {
  const small = { ...options, hidden: [16], bufferSize: 200, learningStarts: 50, trainFrequency: 8 };
  const [whole, begun] = [0, 1].map(() => new DiscreteSac(makeEnv('CartPole-v1'), small));
  Array.from(whole.learn({ steps: 400 }));
  for (const { step } of begun.learn({ steps: 400 })) if (step === 200) break;
  const resumed = DiscreteSac.load(begun.checkpoint(), { env: makeEnv('CartPole-v1') });
  Array.from(resumed.learn({ steps: 400 }));
  expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
});

test('an entropy that no policy has is refused', () => {
  const targetOf = (targetEntropy: number): DiscreteSac => new DiscreteSac(makeEnv('CartPole-v1'), { targetEntropy });
  expect(() => targetOf(0.7)).toThrow(
    new RangeError('DiscreteSac: expected targetEntropy to be at most log 2 = 0.693, that of random actions, got 0.7'),
  );
  expect(targetOf(Math.log(2)).options.targetEntropy).toBe(Math.log(2));
});

test('actions that it does not know are refused', () => {
  expect(() => new DiscreteSac(makeEnv('Pendulum-v1'))).toThrow(
    new RangeError('DiscreteSac: expected an environment with Discrete actions, got Box(-2, 2, [1])'),
  );
  expect(() => new DiscreteSac({ ...makeEnv('CartPole-v1'), actionSpace: new MultiBinary(2) })).toThrow(RangeError);
  expect(() => new DiscreteSac(makeEnv('Taxi-v4'))).toThrow(
    new RangeError('DiscreteSac: expected an environment in which all actions are legal, got action masks'),
  );
});

test("defaults are SAC's", () => {
  const { stateDependentExploration, initialLogStd, ...rest } = sacDefaults;
  expect([stateDependentExploration, initialLogStd]).toEqual([null, -3]);
  expect(discreteSacDefaults).toEqual(rest);
  expect(rest).toMatchObject({
    learningRate: 3e-4,
    tau: 0.005,
    entropyCoefficient: 'auto',
    initialEntropyCoefficient: 1,
    targetEntropy: null,
  });
});
