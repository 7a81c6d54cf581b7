import type { A2c, Ddpg, Sac, Td3, Tqc } from '@gradus/actor-critic';
import type { Agent } from '@gradus/core';
import type { Ppo, RecurrentPpo, Trpo } from '@gradus/policy-gradient';
import type { PolicySearch } from '@gradus/policy-search';
import { importAgent } from '@gradus/stable-baselines3';
import { decodeSafetensors } from '@gradus/tensor';
import type { Dqn } from '@gradus/value-based';
import { unzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { expectClose, expected, fixture } from './fixtures.ts';

type ActorCritic = Pick<Ppo, 'actionDistribution' | 'stateValue'> & Agent;

async function load<T extends Agent>(name: string): Promise<T> {
  return (await importAgent(fixture(`${name}.zip`))).agent as T;
}

function seen(name: string): Float32Array {
  return Float32Array.from(expected[name].observations);
}

/** The actions of all rows of observations. */
function act(agent: Agent, name: string, actionMasks?: Uint8Array): number[] {
  const { actions } = expected[name];
  const isReal = actions.some((action) => !Number.isInteger(action));
  const target = isReal ? new Float32Array(actions.length) : new Int32Array(actions.length);
  agent.actBatch?.(seen(name), target, actionMasks && { actionMasks });
  return [...target];
}

/** A tensor of one of the agent's networks. */
function tensor(agent: Agent, network: string, name: string): ArrayLike<number> {
  const { files } = agent.checkpoint({ saveReplay: false });
  return decodeSafetensors(files[`${network}.safetensors`])[name].data;
}

describe('what PyTorch makes of observations, the imported agent makes of them', () => {
  test.each(['ppo-choices', 'ppo-pictures', 'ppo-flat-pictures', 'ppo-parts', 'a2c-choices', 'a2c-bits'])(
    '%s',
    async (name) => {
      const agent = await load<ActorCritic>(name);
      const distribution = agent.actionDistribution(seen(name));
      if (!('probabilities' in distribution)) throw new Error('expected probabilities');
      expectClose(distribution.probabilities, expected[name].probabilities);
      expectClose(agent.stateValue(seen(name)), expected[name].values);
    },
  );

  test.each(['ppo-real', 'ppo-noise', 'trpo-real'])('%s, with deviations', async (name) => {
    const agent = await load<ActorCritic>(name);
    const distribution = agent.actionDistribution(seen(name));
    if (!('mean' in distribution)) throw new Error('expected means');
    expectClose(distribution.mean, expected[name].mean);
    expectClose(distribution.deviation, expected[name].deviation);
    expectClose(agent.stateValue(seen(name)), expected[name].values);
  });

  test('maskable-ppo takes the best action of those that are legal', async () => {
    const agent = await load<Ppo>('maskable-ppo');
    const { masks, actions, values } = expected['maskable-ppo'];
    expect(act(agent, 'maskable-ppo', Uint8Array.from(masks))).toEqual(actions);
    expectClose(agent.stateValue(seen('maskable-ppo')), values);
  });

  test('recurrent-ppo remembers the steps of an episode', async () => {
    const agent = await load<RecurrentPpo>('recurrent-ppo');
    const observations = seen('recurrent-ppo');
    const means = [0, 1, 2, 3].flatMap((step) => [
      ...(agent.act(observations.subarray(3 * step, 3 * step + 3), {
        episodeStarts: Uint8Array.of(Number(step === 0)),
      }) as Float32Array),
    ]);
    expectClose(means, expected['recurrent-ppo'].mean);
  });

  test('recurrent-shared, whose actor and critic remember by one LSTM', async () => {
    const agent = await load<RecurrentPpo>('recurrent-shared');
    const { observations, actions } = expected['recurrent-shared'];
    const chosen = [0, 1, 2, 3].map((step) =>
      agent.act(observations.slice(3 * step, 3 * step + 3), { episodeStarts: Uint8Array.of(Number(step === 0)) }),
    );
    expect(chosen).toEqual(actions);
    const memories = ['weight', 'hiddenWeight', 'bias'];
    for (const name of memories) {
      expect(tensor(agent, 'parameters', `criticMemory.${name}`)).toEqual(
        tensor(agent, 'parameters', `actorMemory.${name}`),
      );
    }
  });

  test.each(['dqn', 'dqn-pictures', 'qrdqn'])('%s', async (name) => {
    const agent = await load<Dqn>(name);
    expectClose(agent.actionValues(seen(name)), expected[name].values);
  });

  test.each(['sac', 'sac-noise', 'sac-goals', 'tqc', 'td3', 'ddpg'])('%s', async (name) => {
    const agent = await load<Sac | Tqc | Td3 | Ddpg>(name);
    expectClose(act(agent, name), expected[name].actions);
    if (name !== 'td3') expectClose(agent.stateValue(seen(name)), expected[name].values);
  });

  test.each(['ars-linear', 'ars-older', 'ars-network'])('%s', async (name) => {
    expectClose(act(await load(name), name), expected[name].actions);
  });
});

test('targets and entropy coefficients are those of the file', async () => {
  for (const [name, network, first] of [
    ['dqn', 'target', '0.weight'],
    ['sac', 'criticsTarget', 'critic1.layers.0.weight'],
    ['td3', 'criticsTarget', 'critic1.layers.0.weight'],
    ['ddpg', 'criticTarget', 'layers.0.weight'],
  ]) {
    expectClose(tensor(await load(name), network, first), expected[name].target);
  }
  expectClose(tensor(await load('sac'), 'entropyCoefficient', 'logAlpha'), [-0.7]);
  expectClose(tensor(await load('tqc'), 'entropyCoefficient', 'logAlpha'), [-0.3]);
});

test('the oldest files have what else was learned under another name', async () => {
  const { 'pytorch_variables.pth': variables, ...files } = unzipSync(fixture('sac-goals.zip'));
  const { agent, leftOut } = await importAgent(zipSync({ ...files, 'tensors.pth': variables }));
  expectClose(tensor(agent, 'entropyCoefficient', 'logAlpha'), [-0.4]);
  expect(leftOut).toEqual(['replay_buffer_class: HerReplayBuffer; hindsight: {} of the options has the same']);
});

test('settings are those of the file, by Gradus’ names', async () => {
  const rollout = {
    gamma: 0.97,
    gaeLambda: 0.9,
    steps: 64,
    entropyCoefficient: 0.01,
    valueCoefficient: 0.4,
    maxGradNorm: 0.7,
  };
  const ppo = await load<Ppo>('ppo-choices');
  expect(ppo.algorithm).toBe('ppo');
  expect(ppo.step).toBe(4096);
  expect(ppo.options).toMatchObject({
    ...rollout,
    hidden: [8, 6],
    criticHidden: [5],
    activation: 'relu',
    learningRate: 0.001,
    clipRange: 0.15,
    batchSize: 32,
    epochs: 3,
    normalizeAdvantage: false,
    clipRangeValue: null,
    targetKl: null,
  });
  const noise = await load<Ppo>('ppo-noise');
  expect(noise.options).toMatchObject({
    stateDependentExploration: 4,
    activation: 'tanh',
    clipRange: 0.2,
    learningRate: { kind: 'linear', from: 0.01, to: 0.001, until: 0.5 },
  });
  const a2c = await load<A2c>('a2c-choices');
  expect(a2c.algorithm).toBe('a2c');
  expect(a2c.options).toMatchObject({
    ...rollout,
    optimizer: 'tensorflow-rmsprop',
    optimizerEpsilon: 1e-4,
    learningRate: 7e-4,
  });
  const trpo = await load<Trpo>('trpo-real');
  expect(trpo.algorithm).toBe('trpo');
  expect(trpo.options).toMatchObject({
    hidden: [7, 6],
    targetKl: 0.02,
    conjugateGradientSteps: 7,
    damping: 0.2,
    lineSearchSteps: 5,
    lineSearchFactor: 0.6,
    criticEpochs: 4,
  });
  const recurrent = await load<RecurrentPpo>('recurrent-ppo');
  expect(recurrent.options).toMatchObject({
    cellSize: 5,
    sequenceLength: 32,
    batchSize: 32,
    steps: 64,
    hidden: [6],
    criticHidden: [6],
  });
  const replay = {
    bufferSize: 5000,
    batchSize: 16,
    learningStarts: 50,
    tau: 0.9,
    gamma: 0.97,
    trainFrequency: 8,
    gradientSteps: 8,
    learningRate: 5e-4,
  };
  const dqn = await load<Dqn>('dqn');
  expect(dqn.options).toMatchObject({
    ...replay,
    hidden: [8, 6],
    epsilon: { kind: 'linear', from: 0.9, to: 0.1, until: 0.4 },
    targetUpdateInterval: 600,
    maxGradNorm: 5,
    distribution: null,
  });
  const qrdqn = await load<Dqn>('qrdqn');
  expect(qrdqn.options).toMatchObject({
    distribution: { kind: 'quantile', quantiles: 5 },
    activation: 'tanh',
    maxGradNorm: null,
  });
  const sac = await load<Sac>('sac');
  expect(sac.options).toMatchObject({
    ...replay,
    hidden: [8, 6],
    criticHidden: [7],
    entropyCoefficient: 'auto',
    initialEntropyCoefficient: 0.1,
    targetEntropy: -1.5,
  });
  const sacNoise = await load<Sac>('sac-noise');
  expect(sacNoise.options.entropyCoefficient).toBeCloseTo(0.2, 6);
  expect(sacNoise.options.stateDependentExploration).toBe(8);
  const tqc = await load<Tqc>('tqc');
  expect(tqc.options).toMatchObject({ critics: 1, quantiles: 6, droppedQuantiles: 1 });
  const td3 = await load<Td3>('td3');
  expect(td3.options).toMatchObject({
    policyDelay: 3,
    targetNoise: 0.25,
    targetNoiseClip: 0.6,
    noise: { kind: 'gaussian', deviation: 0.3 },
  });
  const ddpg = await load<Ddpg>('ddpg');
  expect(ddpg.options.noise).toMatchObject({
    kind: 'ornstein-uhlenbeck',
    deviation: 0.4,
    reversion: 0.1,
    timeStep: 0.01,
    scale: 1,
  });
  const ars = await load<PolicySearch>('ars-network');
  expect(ars.algorithm).toBe('ars');
  expect(ars.options).toMatchObject({
    hidden: [8],
    activation: 'relu',
    squash: true,
    directions: 6,
    topDirections: 3,
    deviation: 0.07,
    learningRate: 0.03,
  });
});
