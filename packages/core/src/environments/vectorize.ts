import { checkArguments, positiveInteger, valueText } from '@gradus/tensor';
import { aFunction, anEnv } from '../options/argument-checks.ts';
import { checkActions } from './check-values.ts';
import { resetEnv, stepEnv } from './checked-step.ts';
import { actionMaskSize } from './dynamics.ts';
import type { Env, EnvStatistics, ResetOptions } from './env.ts';
import { joinStatistics } from './env-statistics.ts';
import type { GoalRules } from './goal-rules.ts';
import { EnvError } from '../errors.ts';
import { originalReward } from './original-reward.ts';
import { checkRenderContext, type RenderContext, type RenderFormat } from './render-context.ts';
import { copySeedsOf } from './reset-options.ts';
import { copySeeds } from '../random/seed-sequence.ts';
import {
  actionSpaceOf,
  readRow,
  writeRow,
  type ActionArray,
  type Observation,
  type SpaceValue,
} from '../spaces/spaces.ts';
import { isNumbers } from '../spaces/space-methods.ts';
import { readState, readStates, type StateDict } from '../checkpoints/state.ts';
import { VectorBuffers, checkCopyIndex } from './vector-buffers.ts';
import type { VectorEnv, VectorResetOptions } from './vector-env.ts';

/**
 * `n` environments, each made by `makeEnv`, stepped one after the other behind the interface of a `VectorEnv`. What they return
 * is checked: an observation of another shape or not finite, a reward that is not finite, a flag that is not a
 * boolean, a promise, or an action outside the space raise an `EnvError` that names the environment. Throws `RangeError` unless n is a
 * positive integer, and `EnvError` where `makeEnv` gives one object twice, or environments whose spaces differ.
 *
 * `getState` needs environments that have `getState` and `setState`, and says so if they have not. Wrappers around each environment have
 * statistics of their own, as in Gymnasium, unless they are given the same; wrappers around what this returns share them.
 */
export function vectorize(makeEnv: (index: number) => Env, n: number): VectorEnv {
  checkArguments('vectorize', { makeEnv, n }, { makeEnv: aFunction, n: positiveInteger });
  return new EnvVector(makeEnv, n);
}

/** `env` itself if it is a `VectorEnv`, else a `VectorEnv` whose only copy is `env`. */
export function asVectorEnv(env: Env | VectorEnv): VectorEnv {
  checkArguments('asVectorEnv', { env }, { env: anEnv });
  return 'numEnvs' in env ? env : vectorize(() => env, 1);
}

/** Throws `EnvError` unless all are different objects with the same spaces, and all or none have action masks. */
function checkCopies(envs: readonly Env[]): void {
  const [first] = envs;
  const spacesOf = (env: Env): string => `${env.observationSpace.toString()} and ${env.actionSpace.toString()}`;
  const indices = new Map<Env, number>();
  for (const [i, env] of envs.entries()) {
    const same = indices.get(env);
    if (same !== undefined) {
      throw new EnvError(
        `vectorize: environments ${same} and ${i} are one object, expected makeEnv to make a new one each time`,
      );
    }
    indices.set(env, i);
    if (spacesOf(env) !== spacesOf(first)) {
      throw new EnvError(
        `vectorize: expected the spaces of environment 0 in all, ${spacesOf(first)}, got ${spacesOf(env)} in environment ${i}`,
      );
    }
    if ((env.actionMask === undefined) !== (first.actionMask === undefined)) {
      throw new EnvError(
        `vectorize: expected actionMask in all environments or in none, environments 0 and ${i} differ`,
      );
    }
  }
}

class EnvVector extends VectorBuffers implements VectorEnv {
  readonly actionMasks?: Uint8Array | undefined;
  readonly maxEpisodeSteps?: number | undefined;
  readonly statistics?: EnvStatistics | undefined;
  readonly goalRules?: GoalRules | undefined;
  readonly renderFormat?: RenderFormat | undefined;
  readonly render?: (context: RenderContext, index: number) => void;
  private readonly envs: readonly Env[];
  private started = false;

  constructor(makeEnv: (index: number) => Env, n: number) {
    const first = makeEnv(0);
    checkArguments('vectorize', { 'makeEnv()': first }, { 'makeEnv()': anEnv });
    super(first.observationSpace, actionSpaceOf(first.actionSpace), n);
    this.envs = Array.from({ length: n }, (_, index) => (index === 0 ? first : makeEnv(index)));
    checkCopies(this.envs);
    this.maxEpisodeSteps = first.maxEpisodeSteps;
    this.statistics = joinStatistics(this.envs);
    this.goalRules = first.goalRules;
    if (first.actionMask) this.actionMasks = new Uint8Array(n * actionMaskSize(first.actionSpace));
    if (first.render) {
      this.renderFormat = first.renderFormat;
      this.render = (context, index) => {
        checkRenderContext(context);
        checkCopyIndex(index, n);
        this.envs[index].render?.(context);
      };
    }
  }

  reset(resetOptions: VectorResetOptions = {}): void {
    const seed = copySeedsOf(resetOptions);
    const { options } = resetOptions;
    copySeeds(seed, this.numEnvs).forEach((copySeed, i) => this.begin(i, { seed: copySeed, options }));
    this.clearBuffers();
    this.started = true;
  }

  step(actions: ActionArray): void {
    if (!this.started) throw new EnvError('step: no episode was begun, expected a call of reset first');
    checkActions(this.actionSpace, actions, this.numEnvs);
    for (let i = 0; i < this.numEnvs; i++) this.stepOne(i, readRow(this.actionSpace, actions, i));
  }

  close(): void {
    for (const env of this.envs) env.close?.();
  }

  getState(): StateDict {
    const envs = this.envs.map((env) => {
      if (env.getState && env.setState) return env.getState();
      throw new EnvError(
        'getState: to resume a training exactly, the environment needs the methods getState and setState',
      );
    });
    return { buffers: this.getBuffersState(), envs };
  }

  setState(state: StateDict): void {
    const states = readStates(state, 'envs', this.numEnvs);
    this.envs.forEach((env, i) => {
      if (!env.setState)
        throw new EnvError('setState: to resume a training exactly, the environment needs this method');
      env.setState(states[i]);
      this.updateActionMask(i);
    });
    this.setBuffersState(readState(state, 'buffers'));
    this.started = true;
  }

  private stepOne(i: number, action: SpaceValue): void {
    const { terminated, truncated, episodeReturns, episodeLengths } = this;
    const outside = this.actionSpace.problem(action);
    if (outside !== undefined) throw new EnvError(`action of environment ${i} ${outside}`);
    const result = stepEnv(this.envs[i], action, `environment ${i}`);
    const begun = terminated[i] !== 0 || truncated[i] !== 0;
    this.rewards[i] = result.reward;
    episodeReturns[i] = (begun ? 0 : episodeReturns[i]) + originalReward(result);
    episodeLengths[i] = (begun ? 0 : episodeLengths[i]) + 1;
    terminated[i] = result.terminated ? 1 : 0;
    truncated[i] = result.truncated ? 1 : 0;
    if (result.terminated || result.truncated) {
      this.store(result.observation, this.finalObservations, i);
      this.begin(i, {});
    } else {
      this.store(result.observation, this.observations, i);
      this.updateActionMask(i);
    }
  }

  private begin(i: number, options: ResetOptions): void {
    this.store(resetEnv(this.envs[i], options, `environment ${i}`).observation, this.observations, i);
    this.updateActionMask(i);
  }

  private updateActionMask(i: number): void {
    if (!this.actionMasks) return;
    const size = this.actionMasks.length / this.numEnvs;
    const mask: unknown = this.envs[i].actionMask?.();
    if (!isNumbers(mask) || mask.length !== size) {
      const got = isNumbers(mask) ? `has ${mask.length} elements` : `is ${valueText(mask)}`;
      throw new EnvError(`action mask of environment ${i} ${got}, expected ${size} zeros and ones`);
    }
    const wrong = Array.prototype.findIndex.call(mask, (entry) => entry !== 0 && entry !== 1);
    if (wrong !== -1) {
      throw new EnvError(
        `action mask of environment ${i} has ${valueText(mask[wrong])} at [${wrong}], expected 0 or 1`,
      );
    }
    this.actionMasks.set(mask, i * size);
  }

  private store(observation: Observation, target: Float32Array, i: number): void {
    writeRow(this.observationSpace, observation, target, i);
  }
}
