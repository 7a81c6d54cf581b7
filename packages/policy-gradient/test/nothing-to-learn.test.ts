import { Box, Discrete, vectorize, type Agent, type Env } from '@gradus/core';
import { decodeSafetensors } from '@gradus/tensor';
import { expect, test } from 'vitest';
import { GradientBandit, NaturalPolicyGradient, Ppo, RecurrentPpo, Reinforce, Trpo } from '../src/index.ts';

/** Whatever is done, the reward is 100.1, which float32 has to round, and that is all. */
function indifferentEnv(observationSpace: Box | Discrete): Env {
  const observation = observationSpace.kind === 'box' ? [1] : 0;
  return {
    observationSpace,
    actionSpace: new Discrete(3),
    reset: () => ({ observation }),
    step: () => ({ observation, reward: 100.1, terminated: true, truncated: false }),
  };
}

const copies = () => vectorize(() => indifferentEnv(new Box(0, 1, [1])), 4);
const rounds = { hidden: [8], steps: 25, batchSize: 100 };

const agents: Record<string, () => Agent> = {
  ppo: () => new Ppo(copies(), rounds),
  'recurrent-ppo': () => new RecurrentPpo(copies(), { ...rounds, sequenceLength: 5, cellSize: 4 }),
  trpo: () => new Trpo(copies(), rounds),
  npg: () => new NaturalPolicyGradient(copies(), rounds),
  'reinforce without a baseline': () => new Reinforce(copies(), { hidden: [8], episodes: 25, baseline: 0 }),
  'reinforce with the mean of others': () => new Reinforce(copies(), { hidden: [8], episodes: 25, baseline: 'mean' }),
  'reinforce with a value network': () => new Reinforce(copies(), { hidden: [8], episodes: 25 }),
  'the gradient bandit': () => new GradientBandit(indifferentEnv(new Discrete(1))),
};

test.each(Object.keys(agents))('%s does not move where all actions are as good', (name) => {
  const agent = agents[name]();
  // A policy that moved by rounding would draw other actions, or show other preferences.
  const before = policyOf(agent);
  for (const { metrics } of agent.learn({ steps: 200 })) {
    if ('train/policy_loss' in metrics) expect(Math.abs(metrics['train/policy_loss'])).toBe(0);
  }
  expect(policyOf(agent)).toEqual(before);
  agent.dispose();
});

/** The weights of the actor, or the preferences. */
function policyOf(agent: Agent): unknown {
  const { files, state } = agent.checkpoint();
  if (!('parameters.safetensors' in files)) return state.preferences;
  const tensors = Object.entries(decodeSafetensors(files['parameters.safetensors']));
  const actor = tensors.filter(([name]) => /actor/i.test(name)).map(([name, { data }]) => [name, [...data]]);
  expect(actor.length).toBeGreaterThan(1);
  return actor;
}
