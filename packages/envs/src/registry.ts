import {
  Box,
  Discrete,
  MultiDiscrete,
  envFromDynamics,
  rejectUnknown,
  similarNames,
  vectorEnvFromDynamics,
  vectorize,
  type Dynamics,
  type Env,
  type VectorEnv,
} from '@gradus/core';
import { acrobot } from './acrobot.ts';
import { cartPole } from './cart-pole.ts';
import { identity } from './identity.ts';
import { pendulum } from './pendulum.ts';

/** An environment that can be made by its id. */
export interface EnvSpec<Options extends object = object> {
  /** Name and version, such as `CartPole-v1`. */
  readonly id: string;
  /** What may be asked for, and what it is if it is not. By default nothing. */
  readonly defaults?: Options;
  /** Makes one environment, or dynamics, of which single and batched ones are then derived. */
  create(options: Options): Env | Dynamics;
}

/** Options by name; each environment knows its own, those given here by Gymnasium most often `maxEpisodeSteps`. */
export type EnvOptions = Readonly<Record<string, unknown>>;

const specs = new Map<string, EnvSpec>();

registerEnv({ id: 'CartPole-v1', defaults: { maxEpisodeSteps: 500 }, create: cartPole });
registerEnv({ id: 'Acrobot-v1', defaults: { maxEpisodeSteps: 500 }, create: acrobot });
registerEnv({ id: 'Pendulum-v1', defaults: { maxEpisodeSteps: 200 }, create: pendulum });
registerEnv({
  id: 'IdentityDiscrete-v0',
  defaults: { n: 4, maxEpisodeSteps: 100 },
  create: ({ n, maxEpisodeSteps }) => identity({ space: new Discrete(n), maxEpisodeSteps }),
});
registerEnv({
  id: 'IdentityMultiDiscrete-v0',
  defaults: { maxEpisodeSteps: 100 },
  create: ({ maxEpisodeSteps }) => identity({ space: new MultiDiscrete([3, 2]), maxEpisodeSteps }),
});
registerEnv({
  id: 'IdentityBox-v0',
  defaults: { maxEpisodeSteps: 100 },
  create: ({ maxEpisodeSteps }) => identity({ space: new Box(-1, 1, [1]), maxEpisodeSteps }),
});

/** Makes an environment available by its id. Throws `RangeError` if the id is taken. */
export function registerEnv<Options extends object>(spec: EnvSpec<Options>): void {
  if (specs.has(spec.id)) throw new RangeError(`registerEnv: the id '${spec.id}' is taken`);
  specs.set(spec.id, spec);
}

/** The ids of all environments, in alphabetical order. */
export function listEnvs(): string[] {
  return [...specs.keys()].sort();
}

/** Makes one environment. Throws `RangeError` for an unknown id (with the names that come near) or option. */
export function makeEnv(id: string, options: EnvOptions = {}): Env {
  const made = create(id, options);
  return isDynamics(made) ? envFromDynamics(made) : made;
}

/** Makes `n` copies that are stepped together. Throws `RangeError` as `makeEnv` does. */
export function makeVectorEnv(id: string, n: number, options: EnvOptions = {}): VectorEnv {
  const made = create(id, options);
  if (isDynamics(made)) return vectorEnvFromDynamics(made, n);
  return vectorize((index) => (index === 0 ? made : makeEnv(id, options)), n);
}

function create(id: string, options: EnvOptions): Env | Dynamics {
  const spec = specs.get(id);
  if (!spec) {
    const similar = similarNames(id, specs.keys());
    const names = similar.length > 0 ? `did you mean ${similar.join(' or ')}?` : `known are ${listEnvs().join(', ')}`;
    throw new RangeError(`unknown environment '${id}'; ${names}`);
  }
  const defaults = spec.defaults ?? {};
  rejectUnknown(id, options, defaults);
  return spec.create({ ...defaults, ...options });
}

function isDynamics(made: Env | Dynamics): made is Dynamics {
  return 'variables' in made;
}
