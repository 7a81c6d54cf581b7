import {
  Box,
  Discrete,
  MultiDiscrete,
  aFunction,
  anEnv,
  anObject,
  checkArguments,
  envFromDynamics,
  optional,
  nearestNames,
  positiveInteger,
  rejectUnknown,
  text,
  vectorEnvFromDynamics,
  vectorize,
  type Dynamics,
  type Env,
  type TransitionTable,
  type VectorEnv,
} from '@gradus/core';
import { acrobot } from './acrobot.ts';
import { aliasedGrid } from './aliased-grid.ts';
import { bandit } from './bandit.ts';
import { bitFlip } from './bit-flip.ts';
import { blackjack } from './blackjack.ts';
import { cartPole } from './cart-pole.ts';
import { cliffWalking } from './cliff-walking.ts';
import { contextualBandit } from './contextual-bandit.ts';
import { frozenLake } from './frozen-lake.ts';
import { identity } from './identity.ts';
import { lectureGrid } from './lecture-grid.ts';
import { asterix } from './minatar/asterix.ts';
import { breakout } from './minatar/breakout.ts';
import { freeway } from './minatar/freeway.ts';
import { seaquest } from './minatar/seaquest.ts';
import { spaceInvaders } from './minatar/space-invaders.ts';
import { mountainCarContinuous } from './mountain-car-continuous.ts';
import { mountainCar } from './mountain-car.ts';
import { pendulum } from './pendulum.ts';
import { planarReacher } from './planar-reacher.ts';
import { randomWalk } from './random-walk.ts';
import { taxi } from './taxi.ts';
import { hideElements } from './wrappers/hide-elements.ts';

/** An environment that can be made by its id. */
export interface EnvSpec<Options extends object = object> {
  /** Name and version, such as `CartPole-v1`. */
  readonly id: string;
  /** What may be asked for, and what it is if it is not. By default nothing. */
  readonly defaults?: Options;
  /** Makes one environment, or dynamics, of which single and batched ones are then derived. */
  create(options: Options): Env | Dynamics;
}

/** Options by name, the default for one that is undefined; each environment knows its own, most of them `maxEpisodeSteps`. */
export type EnvOptions = Readonly<Record<string, unknown>>;

/** By what has to be done first: the ids that sub-entries of this package register. */
const subEntries: Readonly<Record<string, readonly string[]>> = {
  "import '@gradus/envs/box2d'": [
    'LunarLander-v3',
    'LunarLanderContinuous-v3',
    'BipedalWalker-v3',
    'BipedalWalkerHardcore-v3',
  ],
  "import '@gradus/envs/text'": ['CoinCollector-v0', 'CoinCollector20-v0', 'TreasureHunt-v0', 'Cooking-v0'],
  "`await loadMujoco()` of '@gradus/envs/mujoco'": [
    'HalfCheetah-v5',
    'Hopper-v5',
    'Walker2d-v5',
    'Swimmer-v5',
    'InvertedPendulum-v5',
    'InvertedDoublePendulum-v5',
    'Reacher-v5',
    'Ant-v5',
  ],
};

const specCheck = { id: text, defaults: optional(anObject), create: aFunction };
const specs = new Map<string, EnvSpec>();

registerEnv({ id: 'CartPole-v1', defaults: { maxEpisodeSteps: 500 }, create: cartPole });
registerEnv({ id: 'Acrobot-v1', defaults: { maxEpisodeSteps: 500 }, create: acrobot });
registerEnv({ id: 'MountainCar-v0', defaults: { maxEpisodeSteps: 200 }, create: mountainCar });
registerEnv({ id: 'MountainCarContinuous-v0', defaults: { maxEpisodeSteps: 999 }, create: mountainCarContinuous });
registerEnv({ id: 'Pendulum-v1', defaults: { maxEpisodeSteps: 200 }, create: pendulum });

// Without the velocities: ids and elements are those of RL Baselines3 Zoo (`MaskVelocityWrapper`).
registerEnv({
  id: 'CartPoleNoVel-v1',
  defaults: { maxEpisodeSteps: 500 },
  create: (options) => hideElements(cartPole(options), [1, 3]),
});
registerEnv({
  id: 'MountainCarContinuousNoVel-v0',
  defaults: { maxEpisodeSteps: 999 },
  create: (options) => hideElements(mountainCarContinuous(options), [1]),
});
registerEnv({
  id: 'PendulumNoVel-v1',
  defaults: { maxEpisodeSteps: 200 },
  create: (options) => hideElements(pendulum(options), [2]),
});

const frozenLakeDefaults = {
  map: undefined,
  mapName: '4x4',
  isSlippery: true,
  successRate: 1 / 3,
  rewardSchedule: [1, 0, 0],
  maxEpisodeSteps: 100,
} as const;
registerEnv({ id: 'FrozenLake-v1', defaults: frozenLakeDefaults, create: frozenLake });
registerEnv({
  id: 'FrozenLake8x8-v1',
  defaults: { ...frozenLakeDefaults, mapName: '8x8', maxEpisodeSteps: 200 },
  create: frozenLake,
});
registerEnv({
  id: 'CliffWalking-v1',
  defaults: { isSlippery: false, maxEpisodeSteps: Infinity },
  create: cliffWalking,
});
registerEnv({
  id: 'CliffWalkingSlippery-v1',
  defaults: { isSlippery: true, maxEpisodeSteps: Infinity },
  create: cliffWalking,
});
registerEnv({
  id: 'Taxi-v4',
  defaults: {
    isRainy: false,
    rainyProbability: 0.8,
    ficklePassenger: false,
    fickleProbability: 0.3,
    maxEpisodeSteps: 200,
  },
  create: taxi,
});
registerEnv({
  id: 'Blackjack-v1',
  defaults: { sab: true, natural: false, maxEpisodeSteps: Infinity },
  create: blackjack,
});

registerEnv({ id: 'LectureGrid-v0', defaults: { maxEpisodeSteps: 100 }, create: lectureGrid });
registerEnv({ id: 'AliasedGrid-v0', defaults: { maxEpisodeSteps: 100 }, create: aliasedGrid });
const randomWalkDefaults = { numStates: 5, maxJump: 1, leftReward: 0, rightReward: 1, maxEpisodeSteps: Infinity };
registerEnv({ id: 'RandomWalk-v0', defaults: randomWalkDefaults, create: randomWalk });
registerEnv({
  id: 'RandomWalk19-v0',
  defaults: { ...randomWalkDefaults, numStates: 19, leftReward: -1 },
  create: randomWalk,
});
registerEnv({
  id: 'RandomWalk1000-v0',
  defaults: { ...randomWalkDefaults, numStates: 1000, maxJump: 100, leftReward: -1 },
  create: randomWalk,
});
registerEnv({ id: 'Bandit-v0', defaults: { numArms: 10, maxEpisodeSteps: 1000 }, create: bandit });
registerEnv({ id: 'ContextualBandit-v0', defaults: { values: undefined, noise: 1 }, create: contextualBandit });

registerEnv({ id: 'BitFlip-v0', defaults: { bits: 15, maxEpisodeSteps: undefined }, create: bitFlip });
registerEnv({ id: 'PlanarReacher-v0', defaults: { tolerance: 0.05, maxEpisodeSteps: 50 }, create: planarReacher });

const minAtarDefaults = { stickyActionProbability: 0.1, difficultyRamping: true, maxEpisodeSteps: Infinity };
for (const [name, create] of Object.entries({
  Asterix: asterix,
  Breakout: breakout,
  Freeway: freeway,
  Seaquest: seaquest,
  SpaceInvaders: spaceInvaders,
})) {
  registerEnv({ id: `MinAtar/${name}-v0`, defaults: { ...minAtarDefaults, minimalActions: false }, create });
  registerEnv({ id: `MinAtar/${name}-v1`, defaults: { ...minAtarDefaults, minimalActions: true }, create });
}

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

/** Makes an environment available by its id. Throws `RangeError` if the id is taken, or for what is no `EnvSpec`. */
export function registerEnv<Options extends object>(spec: EnvSpec<Options>): void {
  checkArguments('registerEnv', spec, specCheck);
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
  checkArguments('makeVectorEnv', { n }, { n: positiveInteger });
  const made = create(id, options);
  if (isDynamics(made)) return vectorEnvFromDynamics(made, n);
  return vectorize((index) => (index === 0 ? made : makeEnv(id, options)), n);
}

/**
 * All that can happen in a finite environment, for planning. Throws `RangeError` as `makeEnv` does, and where the environment has no
 * transition table.
 */
export function transitionTable(id: string, options: EnvOptions = {}): TransitionTable {
  const made = create(id, options);
  const table = isDynamics(made) ? made.transitions : undefined;
  if (table) return table;
  throw new RangeError(`${id}: expected a finite environment, got one without a transition table`);
}

/** What may be asked for when an environment is made, and what it is if it is not. Throws `RangeError` for an unknown id. */
export function envDefaults(id: string): EnvOptions {
  return { ...findSpec(id).defaults };
}

function create(id: string, options: EnvOptions): Env | Dynamics {
  const spec = findSpec(id);
  const defaults = spec.defaults ?? {};
  rejectUnknown(id, options, defaults);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const made = spec.create({ ...defaults, ...given });
  checkArguments(id, { 'create()': made }, { 'create()': anEnv });
  return made;
}

function findSpec(id: string): EnvSpec {
  checkArguments('environments', { id }, { id: text });
  const spec = specs.get(id);
  if (!spec) {
    const subEntry = Object.entries(subEntries).find(([, ids]) => ids.includes(id))?.[0];
    if (subEntry !== undefined) throw new RangeError(`unknown environment '${id}'; ${subEntry} registers it`);
    const near = nearestNames(id, [...specs.keys(), ...Object.values(subEntries).flat()]);
    const names =
      near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'listEnvs() names all, as does `gradus list`';
    throw new RangeError(`unknown environment '${id}'; ${names}`);
  }
  return spec;
}

function isDynamics(made: Env | Dynamics): made is Dynamics {
  return 'variables' in made;
}
