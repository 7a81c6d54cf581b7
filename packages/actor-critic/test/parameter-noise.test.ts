import { Box, linear, readNumber, readState, vectorize, type Env } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { D4pg, Ddpg, Td3, type DdpgOptions, type NetworkDescription } from '@gradus/actor-critic';
import * as t from '@gradus/tensor';
import { expect, test } from 'vitest';
import { expectClose } from './support/expect-close.ts';
import { parametersOf, tanhNetwork } from './support/reference-networks.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

/** σ as it is now. */
function deviationOf(agent: Ddpg): number {
  return readNumber(readState(agent.checkpoint().state, 'parameterNoise'), 'deviation');
}

const options: Partial<DdpgOptions> = {
  hidden: [3],
  activation: 'tanh',
  learningStarts: 0,
  learningRate: 0,
  batchSize: 4,
  bufferSize: 100,
  seed: 3,
};

test.each([
  ['far', 1.9, 1.05],
  ['near', 0, 1 / 1.05],
])('σ grows by α at each interval while actions are less than δ apart, else it shrinks: %s', (_, distance, ratio) => {
  const noise = { kind: 'parameter', initialDeviation: 0.3, distance, factor: 1.05, interval: 7 } as const;
  const agent = new Ddpg(new ScriptedEnv(), { ...options, noise });
  for (const { step, metrics } of agent.learn({ steps: 60 })) {
    const adapted = Math.floor(step / 7);
    expect(metrics['train/parameter_noise']).toBeCloseTo(0.3 * ratio ** adapted, 12);
  }
  // Two copies make two steps at a time.
  const both = new Ddpg(
    vectorize(() => new ScriptedEnv(), 2),
    { ...options, trainFrequency: 2, noise: { ...noise, interval: 4 } },
  );
  Array.from(both.learn({ steps: 40 }));
  expect(deviationOf(both)).toBeCloseTo(0.3 * ratio ** 10, 12);
});

/** A state of two numbers that never changes, and one action. */
const state = [0.5, -1];
const still: Env = {
  observationSpace: new Box(-1, 1, [2]),
  actionSpace: new Box(-1, 1, [1]),
  reset: () => ({ observation: state }),
  step: () => ({ observation: state, reward: 0, terminated: false, truncated: false }),
};

test('σ settles where actions are as likely nearer than δ as farther', () => {
  const network = ({ features, actionSize, outputs, random }: NetworkDescription): t.Module =>
    t.linear({ input: features + actionSize, output: outputs, weight: t.constantValue(0), random });
  const delta = 0.3;
  const noise = { kind: 'parameter', distance: delta, factor: 1.01, interval: 1 } as const;
  const agent = new Ddpg(still, { ...options, network, noise });
  const logarithms: number[] = [];
  for (const { metrics } of agent.learn({ steps: 12_000 })) {
    logarithms.push(Math.log(metrics['train/parameter_noise']));
  }
  // μ = 0, and μ̃ = tanh(σ (w · s + b)) with w and b standard normal is tanh(σ √(|s|² + 1) ε). |ε| is less than 0.6745 as often as not.
  const width = Math.sqrt(state.reduce((sum, x) => sum + x * x, 1));
  const settled = Math.log(Math.atanh(delta) / (0.67449 * width));
  // log σ steps up or down by h = log 1.01 and returns at a rate of 0.86 h a step, so that it has a deviation of √(h / 1.7) and forgets itself in 1 / 0.86 h
  // steps: 10,000 of them are as good as 43 independent ones. Four standard errors.
  const last = logarithms.slice(2000);
  const average = last.reduce((sum, x) => sum + x) / last.length;
  expect(Math.abs(average - settled)).toBeLessThan((4 * Math.sqrt(Math.log(1.01) / 1.7)) / Math.sqrt(43));
});

test.each([
  ['Ddpg', Ddpg],
  ['Td3', Td3],
  ['D4pg', D4pg],
])('%s acts by parameters with normal noise of that deviation, the same until its episode ends', (_, Agent) => {
  const env = new ScriptedEnv();
  const noise = { kind: 'parameter', initialDeviation: 0.4, interval: 1000 } as const;
  const agent = new Agent(env, { ...options, hidden: [30], noise });
  const before = agent.checkpoint();
  const network = tanhNetwork([2, 30, 2]);
  const draws: number[][] = [];
  for (const { step } of agent.learn({ steps: 30 })) {
    const checkpoint = agent.checkpoint();
    const [own, perturbed] = ['actor', 'actorPerturbed'].map((file) => parametersOf(checkpoint, file));
    const { observation, action } = env.log[step - 1];
    const unit = network(perturbed, observation).map(Math.tanh);
    expectClose([...action], [1 + 2 * unit[0], 2.25 + 0.25 * unit[1]], 1e-5);
    const drawn = perturbed.map((x, i) => (x - own[i]) / 0.4);
    // Episodes have three steps.
    if (step % 3 !== 1) expect(drawn).toEqual(draws.at(-1));
    else draws.push(drawn);
  }
  const all = draws.flat();
  const mean = all.reduce((sum, x) => sum + x) / all.length;
  const variance = all.reduce((sum, x) => sum + x * x, 0) / all.length;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(all.length));
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / all.length));
  expect(new Set(draws.map(String)).size).toBe(10);
  // The actor itself has no noise, neither what it does nor what it learns from.
  expect(parametersOf(agent.checkpoint(), 'actor')).toEqual(parametersOf(before, 'actor'));
});

test('measuring how far actions are apart leaves the actor as it was', () => {
  const noise = { kind: 'parameter', interval: 1 } as const;
  const agent = new Ddpg(new ScriptedEnv(), { ...options, noise });
  const before = parametersOf(agent.checkpoint(), 'actor');
  Array.from(agent.learn({ steps: 20 }));
  expect(parametersOf(agent.checkpoint(), 'actor')).toEqual(before);
});

test('stopped, saved and resumed is the same as not interrupted', () => {
  const noise = { kind: 'parameter', distance: linear(0.3, 0.1), interval: 10 } as const;
  const make = () => makeVectorEnv('Pendulum-v1', 2, { maxEpisodeSteps: 33 });
  const small = { ...options, learningRate: 1e-2, trainFrequency: 2, noise };
  const [whole, begun] = [0, 1].map(() => new Td3(make(), small));
  Array.from(whole.learn({ steps: 300 }));
  for (const { step } of begun.learn({ steps: 300 })) if (step === 150) break;
  const resumed = Td3.load(begun.checkpoint(), { env: make() });
  Array.from(resumed.learn({ steps: 300 }));
  expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
});

test('what cannot adapt is refused', () => {
  const make = (noise: object) => () => new Ddpg(makeEnv('Pendulum-v1'), { noise: { kind: 'parameter', ...noise } });
  expect(make({ factor: 1 })).toThrow('parameter: expected factor to be a number above 1, got 1');
  expect(make({ initialDeviation: 0 })).toThrow('parameter: expected initialDeviation to be a positive number, got 0');
});
