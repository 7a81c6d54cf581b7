import { envFromDynamics, vectorEnvFromDynamics, type Checkpoint } from '@gradus/core';
import { cartPole } from '@gradus/envs';
import { Reinforce, type ReinforceOptions } from '@gradus/policy-gradient';
import { PolicySearch, searchMethods } from '@gradus/policy-search';
import type { ChosenValues, Demo, DemoSettings } from './demo.ts';
import { AgentDemo } from './engine/agent-demo.ts';

/** Candidates of an iteration of the cross-entropy method, which play side by side. */
const POPULATION = 32;

/** The cross-entropy method, or REINFORCE with those of its tricks that were chosen (S5.3, S5.4), on CartPole. */
export function create({ seed, chosen }: DemoSettings): Demo {
  const shared = {
    stage: envFromDynamics(cartPole()),
    examination: vectorEnvFromDynamics(cartPole(), 20),
    actions: ['left', 'right'],
    target: 475,
    seed,
  };
  if (chosen.method === 'cem') {
    const env = vectorEnvFromDynamics(cartPole(), POPULATION);
    const options = { populationSize: POPULATION, eliteSize: 6, initialDeviation: 0.5, extraNoise: 0.01 };
    return new AgentDemo({
      ...shared,
      agent: new PolicySearch(env, searchMethods.cem, { ...options, seed }),
      load: (checkpoint: Checkpoint) => PolicySearch.load(checkpoint, { env }),
      ...{ steps: 200_000, interval: 1 },
    });
  }
  const env = vectorEnvFromDynamics(cartPole(), 8);
  return new AgentDemo({
    ...shared,
    agent: new Reinforce(env, { ...tricks(chosen), hidden: [32, 32], episodes: 1, seed }),
    load: (checkpoint: Checkpoint) => Reinforce.load(checkpoint, { env }),
    ...{ steps: 200_000, interval: 2000 },
  });
}

function tricks({ toGo, baseline, normalize }: ChosenValues): Partial<ReinforceOptions> {
  return {
    credit: toGo === true ? 'reward-to-go' : 'total-return',
    baseline: baseline === true ? 'value' : 0,
    normalizeReturns: normalize === true,
  };
}
