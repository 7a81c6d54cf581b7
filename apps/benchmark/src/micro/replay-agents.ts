import { CrossQ, D4pg, Ddpg, Sac, Td3, Tqc } from '@gradus/actor-critic';
import { Random, type Agent } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import type { Device } from '@gradus/tensor';
import { bits, normals, uniforms } from './made-up-data.ts';
import type { MicroCase, MicroUpdate } from './micro-case.ts';
import { loopCase } from './training-loop.ts';

const BATCH = 256;
/** Layers of Stable-Baselines3's SAC, and of CleanRL. */
const hidden = [256, 256];
const GAMMA = 0.99;

type Update = Td3['update'];

/**
 * The agents' own minibatch steps on Pendulum, with 256 units in both hidden layers, updates of critics alone and of all in turn where actors are delayed: TD3 and
 * CrossQ (RL Baselines3 Zoo's) change theirs every second time. TQC has 2 critics of 25 quantiles, D4PG's has 51 atoms.
 */
export const replayAgentCases: readonly MicroCase[] = [
  updateCase('td3_b256_256-256', (device) => {
    const agent = new Td3(pendulum(), { ...small, device });
    return [agent, [agent.criticUpdate, agent.update]];
  }),
  updateCase('crossq_b256_256-256', (device) => {
    const agent = new CrossQ(pendulum(), { ...small, criticHidden: hidden, policyDelay: 2, device });
    return [agent, [agent.criticUpdate, agent.update]];
  }),
  updateCase('tqc_b256_256-256', (device) => {
    const agent = new Tqc(pendulum(), { ...small, device });
    return [agent, [agent.update]];
  }),
  updateCase('d4pg_b256_256-256', (device) => {
    const agent = new D4pg(pendulum(), { ...small, low: -10, high: 10, device });
    return [agent, [agent.update]];
  }),
];

/**
 * Environment steps of whole trainings on Pendulum with CleanRL's networks, minibatches and rates: an action, the environment, the replay buffer, and an update of
 * everything (TD3's actor and targets at every second step). There are 1,000 random steps before.
 */
export const loopCases: readonly MicroCase[] = [
  loopCase('ddpg_pendulum', (device) => new Ddpg(pendulum(), { ...cleanrl, noise, device })),
  loopCase('td3_pendulum', (device) => new Td3(pendulum(), { ...cleanrl, noise, device })),
  loopCase('sac_pendulum', (device) => new Sac(pendulum(), { ...cleanrl, criticLearningRate: 1e-3, device })),
];

const cleanrl = { hidden, learningRate: 3e-4, batchSize: BATCH, gamma: GAMMA, learningStarts: 1000 } as const;
const noise = { kind: 'gaussian', deviation: 0.1 } as const;
// Updates do not look into the replay buffer.
const small = { hidden, batchSize: BATCH, gamma: GAMMA, bufferSize: 1 } as const;

const pendulum = () => makeVectorEnv('Pendulum-v1', 1);

function updateCase(
  name: string,
  make: (device: Device) => readonly [agent: Agent, updates: readonly Update[]],
): MicroCase {
  return { name, isLarge: true, create: (device) => createUpdate(...make(device)) };
}

function createUpdate(agent: Agent, updates: readonly Update[]): MicroUpdate {
  const random = new Random(0);
  const batch = {
    observations: normals(random, 3 * BATCH),
    actions: uniforms(random, BATCH, -2, 2),
    rewards: normals(random, BATCH),
    nextObservations: normals(random, 3 * BATCH),
    discounts: bits(random, BATCH, 0.95).map((goesOn) => GAMMA * goesOn),
  };
  for (const { inputs } of updates) {
    for (const name of Object.keys(batch) as (keyof typeof batch)[]) inputs[name].set(batch[name]);
    inputs.learningRate.fill(1e-3);
    inputs.criticLearningRate.fill(1e-3);
  }
  let runs = 0;
  return {
    run: () => {
      const update = updates[runs % updates.length];
      update.inputs.key[1] = runs++;
      return update.run();
    },
    dispose: () => agent.dispose(),
  };
}
