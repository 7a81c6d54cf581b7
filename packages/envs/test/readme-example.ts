import { Random } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';

const env = makeEnv('CartPole-v1');
const random = new Random(1);
let { observation } = env.reset({ seed: 7 });
for (let episodeReturn = 0; ; ) {
  const result = env.step(env.actionSpace.sample(random));
  observation = result.observation;
  episodeReturn += result.reward;
  if (result.terminated || result.truncated) {
    console.log(`return ${episodeReturn}, at the end`, observation);
    break;
  }
}

// A thousand copies in one call, written into one buffer; ended episodes start anew within the step.
const envs = makeVectorEnv('CartPole-v1', 1000);
envs.reset({ seed: 7 });
envs.step(new Int32Array(1000));
console.log(envs.observations.length, envs.rewards.length, envs.terminated.length); // 4000 1000 1000
