export { acrobot, type AcrobotOptions } from './acrobot.ts';
export { aliasedGrid, aliasedGridMap, type AliasedGridOptions } from './aliased-grid.ts';
export { bandit, type BanditOptions } from './bandit.ts';
export { bitFlip, type BitFlipOptions } from './bit-flip.ts';
export { encodeBlackjackState } from './blackjack-table.ts';
export { blackjack, type BlackjackOptions } from './blackjack.ts';
export { cartPole, type CartPoleOptions } from './cart-pole.ts';
export { checkEnv, type CheckEnvOptions } from './check-env.ts';
export { cliffWalking, cliffWalkingMap, type CliffWalkingOptions } from './cliff-walking.ts';
export { contextualBandit, type ContextualBanditOptions } from './contextual-bandit.ts';
export { frozenLake, frozenLakeMaps, type FrozenLakeMap, type FrozenLakeOptions } from './frozen-lake.ts';
export { gridPosition, type GridPosition } from './grid-map.ts';
export { identity, type IdentityOptions } from './identity.ts';
export { lectureGrid, lectureGridMap, type LectureGridOptions } from './lecture-grid.ts';
export { asterix } from './minatar/asterix.ts';
export { breakout } from './minatar/breakout.ts';
export { freeway } from './minatar/freeway.ts';
export { minAtarActions, type MinAtarOptions } from './minatar/minatar-game.ts';
export { seaquest } from './minatar/seaquest.ts';
export { spaceInvaders } from './minatar/space-invaders.ts';
export { mountainCarContinuous, type MountainCarContinuousOptions } from './mountain-car-continuous.ts';
export { mountainCar, type MountainCarOptions } from './mountain-car.ts';
export { pendulum, type PendulumOptions } from './pendulum.ts';
export { planarReacher, type PlanarReacherOptions } from './planar-reacher.ts';
export { randomWalk, type RandomWalkOptions } from './random-walk.ts';
export {
  envDefaults,
  listEnvs,
  makeEnv,
  makeVectorEnv,
  registerEnv,
  transitionTable,
  type EnvOptions,
  type EnvSpec,
} from './registry.ts';
export {
  decodeTaxiState,
  encodeTaxiState,
  taxi,
  taxiLocations,
  taxiMap,
  type TaxiOptions,
  type TaxiState,
} from './taxi.ts';
export { clipAction } from './wrappers/clip-action.ts';
export { flattenObservation } from './wrappers/flatten-observation.ts';
export { frameStack } from './wrappers/frame-stack.ts';
export { hideElements } from './wrappers/hide-elements.ts';
export { maskActions } from './wrappers/mask-actions.ts';
export { normalizeObservation, type NormalizeObservationOptions } from './wrappers/normalize-observation.ts';
export { normalizeReward, type NormalizeRewardOptions } from './wrappers/normalize-reward.ts';
export { pixelObservation, type PixelContext, type PixelObservationOptions } from './wrappers/pixel-observation.ts';
export { recordEpisodeStatistics, type EpisodeStatistics } from './wrappers/record-episode-statistics.ts';
export { rescaleAction } from './wrappers/rescale-action.ts';
export { timeLimit } from './wrappers/time-limit.ts';
export { transformObservation } from './wrappers/transform-observation.ts';
export { transformReward } from './wrappers/transform-reward.ts';
