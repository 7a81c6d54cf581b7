import { vectorEnvFromDynamics } from '@gradus/core';
import { cartPole } from '@gradus/envs'; // `makeEnv('CartPole-v1')` would bring all environments with it
import { Ppo } from '@gradus/policy-gradient';

const agent = new Ppo(vectorEnvFromDynamics(cartPole(), 8), { steps: 128, learningRate: 1e-3, seed: 1 });
for (const { step, episodeReturn } of agent.learn({ steps: 200_000 })) {
  postMessage({ step, episodeReturn });
  if (episodeReturn > 400) break;
}
postMessage({ checkpoint: agent.checkpoint() });
