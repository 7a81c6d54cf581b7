import { checkArguments, naturalNumber, optional, valueText } from '@gradus/tensor';
import { aFunction, aVectorEnv, anEnv, anObject, text } from '../options/argument-checks.ts';
import { checkFiniteRows } from '../environments/check-float32.ts';
import { stepCopies } from '../environments/checked-step.ts';
import { restoreStatistics, saveStatistics } from '../environments/env-statistics.ts';
import { checkCheckpoint, type Checkpoint } from '../checkpoints/checkpoint.ts';
import { CheckpointError, EnvError } from '../errors.ts';
import { spawnSeed, streams } from '../random/seed-sequence.ts';
import { ProgressRecorder } from './progress.ts';
import type { ActionArray } from '../spaces/spaces.ts';
import type { Env } from '../environments/env.ts';
import { isPlaceholder } from '../environments/placeholder-env.ts';
import { isTypedArray, readNumber, readState, type StateDict, type Stateful } from '../checkpoints/state.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

/** The environment copies that an agent trains in, and the progress made there: started once, saved and put back with the agent. */
export class TrainingEnv implements Stateful {
  readonly env: VectorEnv;
  /** Whether there is an environment to learn in: not for an agent that was loaded without one. */
  readonly canLearn: boolean;
  /** Counts the steps and episodes made in them. */
  readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly seed: number;
  private started = false;
  private how: Resumption | undefined;

  constructor(env: VectorEnv, seed: number) {
    checkArguments('TrainingEnv', { env, seed }, { env: aVectorEnv, seed: naturalNumber });
    this.env = env;
    this.canLearn = !isPlaceholder(env);
    this.seed = seed;
  }

  /**
   * What only learning needs and takes much memory, such as a buffer: made at once, so that what cannot be had is refused at once. Where there is no
   * environment to learn in it is not made before somebody asks for it.
   */
  reserve<T>(make: () => T): () => T {
    checkArguments('TrainingEnv.reserve', { make }, { make: aFunction });
    let made = this.canLearn ? make() : undefined;
    return () => (made ??= make());
  }

  /**
   * Begins, or goes on with, training up to `totalSteps`: resets the environment copies before the first training step.
   * Says on the console where there is nothing to do. Throws `EnvError` for observations that are not finite.
   */
  begin(totalSteps: number): void {
    const { recorder, seed } = this;
    recorder.start(totalSteps);
    if (recorder.step >= totalSteps) {
      const meant = `steps: ${totalSteps} counts from the first one, moreSteps from the present one`;
      console.warn(`learn: nothing to do, since ${recorder.step} steps are done; ${meant}`);
      return;
    }
    // What goes on with new episodes shall not see those of the beginning again.
    const isNew = this.how !== 'with new episodes';
    if (!this.started) this.env.reset({ seed: isNew ? seed : spawnSeed(seed, streams.resumption, recorder.step) });
    this.started = true;
    this.checkObservations();
  }

  /** Begins new episodes in all copies. Throws `EnvError` for observations that are not finite. */
  restart(): void {
    this.env.reset();
    this.checkObservations();
  }

  /** Advances all copies by one step. Throws `EnvError` as they do, and for rewards and observations that are not finite. */
  step(actions: ActionArray): void {
    stepCopies(this.env, actions);
  }

  /** How training goes on after the state of another one was put back; undefined before. */
  get resumed(): Resumption | undefined {
    return this.how;
  }

  /** Throws `EnvError` where training goes on with new episodes: for algorithms that remember what was seen of the present one. */
  requireSameEpisode(): void {
    if (this.how !== 'with new episodes') return;
    throw new EnvError(
      'environment: expected getState and setState, which resuming needs, got an environment without them',
    );
  }

  private checkObservations(): void {
    const { observations, numEnvs } = this.env;
    checkFiniteRows('observation', observations, observations.length / numEnvs);
  }

  getState(): StateDict {
    const { started, env, recorder } = this;
    const snapshot = started ? snapshotEnv(env) : null;
    const statistics = saveStatistics(env);
    return { started, numEnvs: env.numEnvs, env: snapshot, statistics, recorder: recorder.getState() };
  }

  /** Throws `CheckpointError` for environments that the saved state does not fit. */
  setState(state: StateDict): void {
    this.recorder.setState(readState(state, 'recorder'));
    restoreStatistics(this.env, readState(state, 'statistics'));
    const hasStarted = readFlag(state, 'started') || this.recorder.step > 0;
    const isSame = this.canLearn && readNumber(state, 'numEnvs') === this.env.numEnvs;
    const isExact = isSame && (!hasStarted || this.putBack(state));
    this.started = isExact && hasStarted;
    this.how = isExact ? 'exactly' : 'with new episodes';
  }

  /** Whether the copies are where they were. */
  private putBack(state: StateDict): boolean {
    if (state.env === null) return false;
    const saved = readState(state, 'env');
    try {
      this.env.setState(saved);
    } catch (error) {
      if (error instanceof EnvError) return false;
      throw error;
    }
    return true;
  }
}

/**
 * How an agent that was saved goes on learning: `exactly` as if it had not been interrupted, or `with new episodes` where its environments are others in
 * number, or have no `getState` and `setState`.
 */
export type Resumption = 'exactly' | 'with new episodes';

function readFlag(state: StateDict, name: string): boolean {
  const value = (state as StateDict | null | undefined)?.[name];
  if (typeof value === 'boolean') return value;
  throw new CheckpointError(`state '${name}': expected true or false, got ${valueText(value)}`);
}

/** The state of `env`, or null where it has none to save: an agent is worth saving all the same, since it can act. */
export function snapshotEnv(env: VectorEnv): StateDict | null {
  checkArguments('snapshotEnv', { env }, { env: aVectorEnv });
  try {
    return env.getState();
  } catch (error) {
    if (error instanceof EnvError) return null;
    throw error;
  }
}

/** Options as plain data for a checkpoint. */
export function plainState(options: object): StateDict {
  checkArguments('plainState', { options }, { options: anObject });
  try {
    return JSON.parse(JSON.stringify(options)) as StateDict;
  } catch (error) {
    throw new CheckpointError(`options: expected what JSON can hold, got ${valueText(options)}`, { cause: error });
  }
}

/**
 * A checkpoint's state and a way to its files, for an agent that is to go on in `env`.
 * Throws `CheckpointError` when it is another algorithm's, a file is missing, or `env` has not as many copies as it was trained in.
 */
export function openCheckpoint(
  checkpoint: Checkpoint,
  algorithm: string,
  env?: Env | VectorEnv,
): { readonly state: StateDict; readonly file: (name: string) => Uint8Array } {
  checkArguments('restore', { algorithm, env }, { algorithm: text, env: optional(anEnv) });
  checkCheckpoint(checkpoint);
  if (checkpoint.algorithm !== algorithm) {
    throw new CheckpointError(`checkpoint: expected algorithm '${algorithm}', got '${checkpoint.algorithm}'`);
  }
  const training = findTraining(checkpoint.state);
  if (env !== undefined && training !== undefined) checkCopies(training, env);
  return {
    state: checkpoint.state,
    file: (name) => {
      checkArguments('checkpoint', { name }, { name: text });
      if (!Object.hasOwn(checkpoint.files, name)) {
        throw new CheckpointError(`checkpoint: file '${name}' is missing`);
      }
      return checkpoint.files[name];
    },
  };
}

/** The state of a {@link TrainingEnv} wherever an agent keeps it. */
function findTraining(state: StateDict): StateDict | undefined {
  if ('started' in state && 'numEnvs' in state) return state;
  for (const value of Object.values(state)) {
    const isState = typeof value === 'object' && value !== null && !Array.isArray(value) && !isTypedArray(value);
    const found = isState ? findTraining(value as StateDict) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkCopies(state: StateDict, env: Env | VectorEnv): void {
  const saved = readNumber(state, 'numEnvs');
  const given = 'numEnvs' in env ? env.numEnvs : 1;
  if (saved === given) return;
  const needed = saved === 1 ? 'one environment' : `${saved} copies of an environment`;
  const advice = saved === 1 ? 'one' : `as many, such as vectorize(() => env, ${saved}) makes of single ones`;
  throw new CheckpointError(
    `checkpoint: the agent was trained in ${needed}, got ${given === 1 ? 'one' : `${given} copies`}; to go on, give it ${advice}`,
  );
}
