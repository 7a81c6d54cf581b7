import { PrioritizedReplayBuffer, linear } from '@gradus/core';
import { D4pg, d4pgDefaults, type D4pgOptions } from '@gradus/actor-critic';
import { afterEach, expect, test, vi } from 'vitest';
import { expectClose } from './support/expect-close.ts';
import { recordMinibatches } from './support/record-minibatches.ts';
import { unitAction } from './support/reference-deterministic.ts';
import { ReferenceAdam, follow, gradientOf, mean, parametersOf, tanhNetwork } from './support/reference-networks.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const [STEPS, BATCH, ATOMS, LOW, HIGH] = [24, 6, 4, -1, 3.5];
const options: Partial<D4pgOptions> = {
  hidden: [3],
  activation: 'tanh',
  learningRate: linear(0.05, 0),
  bufferSize: 20,
  learningStarts: 6,
  batchSize: BATCH,
  gamma: 0.9,
  trainFrequency: 2,
  gradientSteps: 2,
  atoms: ATOMS,
  low: LOW,
  high: HIGH,
  nSteps: 1,
  targetUpdateInterval: 3,
  tau: 0.4,
  seed: 3,
};
const SPACING = (HIGH - LOW) / (ATOMS - 1);
const atoms = Array.from({ length: ATOMS }, (_, i) => LOW + i * SPACING);
const actorNetwork = tanhNetwork([2, 3, 2]);
const criticNetwork = tanhNetwork([4, 3, ATOMS]);

/** μ(s), between −1 and 1. */
function best(theta: readonly number[], observation: readonly number[]): number[] {
  return actorNetwork(theta, observation).map(Math.tanh);
}

/** The probabilities of Z(s, a). */
function probabilities(theta: readonly number[], observation: readonly number[], action: readonly number[]): number[] {
  const masses = criticNetwork(theta, [...observation, ...action]).map(Math.exp);
  const total = masses.reduce((sum, mass) => sum + mass);
  return masses.map((mass) => mass / total);
}

/** Σᵢ pᵢ zᵢ */
function expectation(p: readonly number[]): number {
  return p.reduce((sum, each, i) => sum + each * atoms[i], 0);
}

/** Φ: the mass of each return r + γ zⱼ goes to the atoms left and right of it, as a triangle of the width of a spacing around each atom has it. */
function project(p: readonly number[], reward: number, discount: number): number[] {
  const returns = atoms.map((z) => Math.min(Math.max(reward + discount * z, LOW), HIGH));
  return atoms.map((z) => returns.reduce((sum, x, j) => sum + p[j] * Math.max(0, 1 - Math.abs(x - z) / SPACING), 0));
}

const files = ['actor', 'critic', 'actorTarget', 'criticTarget'] as const;

test.each<[string, Partial<D4pgOptions>]>([
  ['as usual', {}],
  ['a rate of the critic, copies as targets', { criticLearningRate: 0.02, tau: 1, targetUpdateInterval: 2 }],
  ['returns of three steps, prioritized', { nSteps: 3, sampling: { kind: 'prioritized', importanceExponent: 0.5 } }],
])('weights, targets and metrics are those of a float64 implementation: %s', (_, changes) => {
  const minibatches = recordMinibatches();
  const priorities = vi.spyOn(PrioritizedReplayBuffer.prototype, 'updatePriorities');
  const agent = new D4pg(new ScriptedEnv(), { ...options, ...changes });
  const { targetUpdateInterval, tau, criticLearningRate, sampling } = agent.options;
  const read = () => {
    const checkpoint = agent.checkpoint();
    return Object.fromEntries(files.map((file) => [file, parametersOf(checkpoint, file)]));
  };
  let { actor, critic, actorTarget, criticTarget } = read();
  expect([actorTarget, criticTarget]).toEqual([actor, critic]);
  const adam = { actor: new ReferenceAdam(), critic: new ReferenceAdam() };
  let updates = 0;
  let beyond = 0;
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    const reported: Record<string, number[]> = {};
    const drawn = minibatches.slice(updates);
    for (const { rows } of drawn) {
      const rate = 0.05 * (1 - step / STEPS);
      const targets = rows.map(({ reward, discount, nextObservation }) => {
        beyond += atoms.filter((z) => reward + discount * z < LOW || reward + discount * z > HIGH).length;
        const next = probabilities(criticTarget, nextObservation, best(actorTarget, nextObservation));
        return project(next, reward, discount);
      });
      const predict = (at: readonly number[]): number[][] =>
        rows.map(({ observation, action }) => probabilities(at, observation, unitAction(action)));
      const crossEntropies = (at: readonly number[]): number[] =>
        predict(at).map((p, k) => -p.reduce((sum, each, i) => sum + targets[k][i] * Math.log(each), 0));
      const valueLoss = (at: readonly number[]): number =>
        mean(crossEntropies(at).map((loss, k) => rows[k].weight * loss));
      const policyLoss = (at: readonly number[]): number =>
        -mean(rows.map(({ observation: s }) => expectation(probabilities(critic, s, best(at, s)))));
      const report = {
        'train/value_loss': valueLoss(critic),
        'train/q_value': mean(predict(critic).map(expectation)),
        'train/policy_loss': policyLoss(actor),
      };
      // Of earlier updates the errors are overwritten by now.
      if (sampling.kind === 'prioritized' && rows === drawn.at(-1)?.rows) {
        const entropies = targets.map((m) => -m.reduce((sum, x) => sum + (x === 0 ? 0 : x * Math.log(x)), 0));
        const divergences = crossEntropies(critic).map((loss, k) => loss - entropies[k]);
        expectClose(Array.from(priorities.mock.lastCall![0]), divergences, 1e-4);
      }
      const [criticGradient, actorGradient] = [gradientOf(valueLoss, critic), gradientOf(policyLoss, actor)];
      critic = adam.critic.step(critic, criticGradient, (criticLearningRate as number | null) ?? rate);
      actor = adam.actor.step(actor, actorGradient, rate);
      if (++updates % targetUpdateInterval === 0) {
        actorTarget = follow(actorTarget, actor, tau);
        criticTarget = follow(criticTarget, critic, tau);
      }
      for (const [name, x] of Object.entries(report)) (reported[name] ??= []).push(x);
    }
    for (const [name, each] of Object.entries(reported)) expectClose([metrics[name]], [mean(each)], 1e-4);
    const expected = { actor, critic, actorTarget, criticTarget };
    const actual = read();
    for (const file of files) expectClose(actual[file], expected[file], 1e-4);
  }
  expect(updates).toBe(18);
  // Returns outside of the atoms' range were among them.
  expect(beyond).toBeGreaterThan(10);
});

test('it acts by its actor, scaled to the bounds, and shows the return that it expects of that', () => {
  const agent = new D4pg(new ScriptedEnv(), options);
  Array.from(agent.learn({ steps: 20 }));
  const checkpoint = agent.checkpoint();
  const observation = [0.3, -2];
  const unit = best(parametersOf(checkpoint, 'actor'), observation);
  const [first, second] = agent.act(observation) as Float32Array;
  expectClose([first, second], [1 + 2 * unit[0], 2.25 + 0.25 * unit[1]], 1e-5);
  const p = probabilities(parametersOf(checkpoint, 'critic'), observation, unit);
  expectClose([...agent.returnProbabilities(observation)], p, 1e-5);
  expectClose([...agent.stateValue(observation)], [expectation(p)], 1e-5);
});

test('defaults are those of the paper: 51 atoms, five steps, targets copied every 100 updates, noise of 0.3', () => {
  expect(d4pgDefaults).toMatchObject({
    atoms: 51,
    nSteps: 5,
    learningRate: 1e-4,
    criticLearningRate: null,
    batchSize: 256,
    bufferSize: 1_000_000,
    gamma: 0.99,
    targetUpdateInterval: 100,
    tau: 1,
    noise: { kind: 'gaussian', deviation: 0.3 },
  });
});

test('atoms that span nothing', () => {
  const make = (changes: object) => () => new D4pg(new ScriptedEnv(), changes);
  expect(make({ low: 3, high: 3 })).toThrow(new RangeError('D4pg: expected low to be less than high, got 3 and 3'));
  expect(make({ atoms: 1 })).toThrow('D4pg: expected atoms to be an integer of at least 2, got 1');
});
