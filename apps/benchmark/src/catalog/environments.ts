// Registers LunarLander and BipedalWalker.
import '@gradus/envs/box2d';

export { checkEnv, listEnvs, makeEnv, makeVectorEnv, registerEnv, type EnvSpec } from '@gradus/envs';
