import { Sac } from '@gradus/actor-critic';
import { createActions, Random, type BaseAgent, type Env } from '@gradus/core';
import { makeEnv, normalizeObservation } from '@gradus/envs';
import { Ppo, RecurrentPpo } from '@gradus/policy-gradient';
import { PolicySearch, searchMethods } from '@gradus/policy-search';
import { Dqn, QLearning } from '@gradus/value-based';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { agentToOnnx } from '@gradus/onnx';

const ROWS = 50;

/** So many steps that normalizers have seen something and weights are not as they were drawn. */
function trained<T extends BaseAgent>(agent: T, steps: number): T {
  for (const { step } of agent.learn({ steps })) if (step >= steps) break;
  return agent;
}

/** Observations that are made up; of pictures some bits, of choices some of them. */
function observationsOf({ observationSpace }: Env): Float32Array {
  const random = new Random(3);
  const draw = (): number => {
    if (observationSpace.kind === 'discrete') return Math.floor(random.nextFloat() * observationSpace.n);
    return observationSpace.shape.length === 3 ? Number(random.nextFloat() < 0.3) : 3 * random.normal();
  };
  return Float32Array.from({ length: ROWS * observationSpace.size }, draw);
}

/** Actions for made-up observations: the agent's own, and those of its file. */
async function bothActions(
  agent: BaseAgent | PolicySearch,
  env: Env,
  actionMasks?: Uint8Array,
): Promise<[number[], number[]]> {
  const observations = observationsOf(env);
  const actions = createActions(env.actionSpace, ROWS);
  agent.actBatch(observations, actions, { isNormalized: false, actionMasks });
  const session = await ort.InferenceSession.create(agentToOnnx(agent));
  const result = await session.run({
    observations: new ort.Tensor(observations, [ROWS, observations.length / ROWS]),
    ...(actionMasks && {
      actionMasks: new ort.Tensor(Int32Array.from(actionMasks), [ROWS, actionMasks.length / ROWS]),
    }),
  });
  return [[...actions], [...(result.actions.data as Float32Array)]];
}

test('PPO: what normalizes observations, of the environment and its own, and bounds of actions are inside', async () => {
  const env = normalizeObservation(makeEnv('Pendulum-v1'));
  const agent = trained(
    new Ppo(env, { seed: 1, steps: 64, batchSize: 64, learningRate: 0.1, normalizeObservation: true }),
    256,
  );
  const [ours, theirs] = await bothActions(agent, env);
  expect(Math.max(...ours)).toBe(2);
  expect(new Set(ours).size).toBeGreaterThan(10);
  ours.forEach((action, i) => {
    expect(theirs[i]).toBeCloseTo(action, 5);
  });
});

test('SAC: actions are squashed and stretched to their bounds', async () => {
  const env = makeEnv('Pendulum-v1');
  const agent = new Sac(env, { seed: 1, hidden: [32] });
  const [ours, theirs] = await bothActions(agent, env);
  expect(new Set(ours).size).toBeGreaterThan(10);
  ours.forEach((action, i) => {
    expect(theirs[i]).toBeCloseTo(action, 5);
  });
});

test('DQN with a dueling network sees pictures', async () => {
  const env = makeEnv('MinAtar/Breakout-v0');
  const agent = new Dqn(env, { seed: 2, dueling: true });
  const all = new Uint8Array(ROWS * 6).fill(1);
  const [ours, theirs] = await bothActions(agent, env, all);
  expect(new Set(ours).size).toBeGreaterThan(1);
  expect(theirs).toEqual(ours);
});

test('PPO with masks chooses legal actions alone, by choices it observes', async () => {
  const env = makeEnv('Taxi-v4');
  const agent = new Ppo(env, { seed: 1, hidden: [16] });
  const masks = Uint8Array.from({ length: ROWS * 6 }, (_, i) => Number(i % 3 === 0));
  const [ours, theirs] = await bothActions(agent, env, masks);
  expect(ours.every((action) => action % 3 === 0)).toBe(true);
  expect(theirs).toEqual(ours);
});

test('recurrent PPO is given what it remembers, and gives it back', async () => {
  const env = makeEnv('Pendulum-v1');
  const agent = new RecurrentPpo(env, { seed: 1, steps: 32, batchSize: 32, cellSize: 8 });
  const session = await ort.InferenceSession.create(agentToOnnx(agent));
  expect([session.inputNames, session.outputNames]).toEqual([
    ['observations', 'memories'],
    ['actions', 'nextMemories'],
  ]);
  const size = (session.inputMetadata[1] as ort.InferenceSession.TensorValueMetadata).shape[1] as number;
  let memories: ort.Tensor = new ort.Tensor(new Float32Array(size), [1, size]);
  for (let step = 0; step < 4; step++) {
    const observation = Float32Array.of(Math.cos(step), Math.sin(step), step - 1);
    const action = agent.act(observation) as Float32Array;
    const result = await session.run({ observations: new ort.Tensor(observation, [1, 3]), memories });
    memories = result.nextMemories;
    expect((result.actions.data as Float32Array)[0]).toBeCloseTo(action[0], 5);
  }
});

test('searches of parameters: linear policies and networks, with masks and without', async () => {
  const linear = new PolicySearch(makeEnv('Pendulum-v1'), searchMethods.ars, {
    seed: 1,
    deviation: 1,
    learningRate: 1,
  });
  const network = new PolicySearch(makeEnv('Taxi-v4'), searchMethods.cem, { seed: 2, hidden: [6] });
  for (const agent of [linear, network]) for (const { step } of agent.learn({ steps: 1 })) if (step > 0) break;
  const [ours, theirs] = await bothActions(linear, makeEnv('Pendulum-v1'));
  expect(new Set(ours).size).toBeGreaterThan(10);
  ours.forEach((action, i) => {
    expect(theirs[i]).toBeCloseTo(action, 5);
  });
  const masks = Uint8Array.from({ length: ROWS * 6 }, (_, i) => Number(i % 3 === 0));
  const [masked, exported] = await bothActions(network, makeEnv('Taxi-v4'), masks);
  expect(masked.every((action) => action % 3 === 0)).toBe(true);
  expect(exported).toEqual(masked);
});

test('an agent that was loaded without an environment has the same file', () => {
  const env = normalizeObservation(makeEnv('Pendulum-v1'));
  const agent = trained(new Ppo(env, { seed: 1, steps: 64, batchSize: 64 }), 64);
  expect(agentToOnnx(Ppo.load(agent.checkpoint()))).toEqual(agentToOnnx(agent));
});

test('what acts by no network is named', () => {
  const agent = new QLearning(makeEnv('Taxi-v4'), { seed: 1 });
  expect(() => agentToOnnx(agent)).toThrow(
    new RangeError("actGraph: expected an agent whose policy is a network, got one of 'q-learning'"),
  );
  expect(() => agentToOnnx({} as unknown as BaseAgent)).toThrow(
    new RangeError('agentToOnnx: expected agent to be an agent with networks, got {}'),
  );
});
