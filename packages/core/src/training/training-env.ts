import { checkArguments, naturalNumber, valueText } from '@gradus/tensor';
import { aFunction, aVectorEnv, anObject, text } from '../options/argument-checks.ts';
import { checkFiniteRows } from '../environments/check-float32.ts';
import { stepCopies } from '../environments/checked-step.ts';
import { restoreStatistics, saveStatistics } from '../environments/env-statistics.ts';
import { checkCheckpoint, type Checkpoint } from '../checkpoints/checkpoint.ts';
import { CheckpointError, EnvError } from '../errors.ts';
import { spawnSeed, streams } from '../random/seed-sequence.ts';
import { ProgressRecorder } from './progress.ts';
import type { ActionArray } from '../spaces/spaces.ts';
import { isPlaceholder } from '../environments/placeholder-env.ts';
import { readNumber, readState, type StateDict, type Stateful } from '../checkpoints/state.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

/** The environment copies that an agent trains in, and the progress made there: started once, saved and put back with the agent. */
export class TrainingEnv implements Stateful {
  readonly env: VectorEnv;
  /** Whether there is an environment to learn in: not for an agent that was loaded without one. */
  readonly canLearn: boolean;
  /** Counts the steps and episodes made in them. */
  readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly seed: number;
  private readonly ownEpisodes: boolean;
  private started = false;
  private how: Resumption | undefined;

  /** `ownEpisodes`: whoever trains begins all episodes by itself, so that no more than their seeds is needed to go on exactly. */
  constructor(env: VectorEnv, seed: number, { ownEpisodes = false }: { readonly ownEpisodes?: boolean } = {}) {
    checkArguments('TrainingEnv', { env, seed }, { env: aVectorEnv, seed: naturalNumber });
    this.env = env;
    this.canLearn = !isPlaceholder(env);
    this.seed = seed;
    this.ownEpisodes = ownEpisodes;
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
    const { recorder } = this;
    recorder.start(totalSteps);
    if (recorder.step >= totalSteps) {
      const meant = `steps: ${totalSteps} counts from the first one, moreSteps from the present one`;
      console.warn(`learn: nothing to do, since ${recorder.step} steps are done; ${meant}`);
      return;
    }
    if (!this.ownEpisodes) this.goOn();
    this.started = true;
  }

  private goOn(): void {
    const { seed, recorder } = this;
    // What goes on with new episodes shall not see those of the beginning again.
    const isNew = this.how !== 'with new episodes';
    if (!this.started) this.env.reset({ seed: isNew ? seed : spawnSeed(seed, streams.resumption, recorder.step) });
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

  /** Notes that what was in the replay buffer is lost. */
  noteLostReplay(): void {
    if (this.how === 'exactly') this.how = 'without replay';
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
    const isExact = isSame && (!hasStarted || this.putBack(state) || this.ownEpisodes);
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
 * How an agent that was saved goes on learning: `exactly` as if it had not been interrupted; `with new episodes` where its environments are others in
 * number, or have no `getState` and `setState`; in the same episodes `without replay` where it was saved without what its replay buffer held.
 */
export type Resumption = 'exactly' | 'without replay' | 'with new episodes';

function readFlag(state: StateDict, name: string): boolean {
  const value = (state as StateDict | null | undefined)?.[name];
  if (typeof value === 'boolean') return value;
  throw new CheckpointError(`state '${name}': expected true or false, got ${valueText(value)}`);
}

/** The state of `env`, or null where it has none to save: an agent is worth saving all the same, since it can act. */
function snapshotEnv(env: VectorEnv): StateDict | null {
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
 * A checkpoint's state and a way to its files, for an agent of `algorithm`. Throws `CheckpointError` when it is another algorithm's, or a file is missing.
 */
export function openCheckpoint(
  checkpoint: Checkpoint,
  algorithm: string,
): { readonly state: StateDict; readonly file: (name: string) => Uint8Array } {
  checkArguments('restore', { algorithm }, { algorithm: text });
  checkCheckpoint(checkpoint);
  if (checkpoint.algorithm !== algorithm) {
    throw new CheckpointError(`checkpoint: expected algorithm '${algorithm}', got '${checkpoint.algorithm}'`);
  }
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
