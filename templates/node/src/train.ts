import { evaluate, periodicEvaluation, stopOnReturn, train } from '@gradus/core';
import { consoleProgress, saveCheckpoint } from '@gradus/core/node';
import { makeVectorEnv } from '@gradus/envs';
import { Ppo, ppoSettings } from '@gradus/policy-gradient';

const { numEnvs, options } = ppoSettings.zoo['CartPole-v1'];
const agent = new Ppo(makeVectorEnv('CartPole-v1', numEnvs), { ...options, seed: 1 });

await train(agent, {
  steps: 100_000,
  callbacks: [
    periodicEvaluation({ env: makeVectorEnv('CartPole-v1', 10), interval: 10_000 }),
    stopOnReturn(475),
    consoleProgress(),
  ],
});

await saveCheckpoint('runs/agent', agent.checkpoint());
const { meanReturn } = evaluate(agent, makeVectorEnv('CartPole-v1', 10), { episodes: 100, seed: 7 });
console.log(`mean return ${meanReturn}, saved in runs/agent`);
