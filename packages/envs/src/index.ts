export { acrobot, type AcrobotOptions } from './acrobot.ts';
export { cartPole, type CartPoleOptions } from './cart-pole.ts';
export { checkEnv, type CheckEnvOptions } from './check-env.ts';
export { identity, type IdentityOptions } from './identity.ts';
export { pendulum, type PendulumOptions } from './pendulum.ts';
export { listEnvs, makeEnv, makeVectorEnv, registerEnv, type EnvOptions, type EnvSpec } from './registry.ts';
