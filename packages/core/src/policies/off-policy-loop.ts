import { checkOptions, naturalNumber, optional, positiveInteger } from '@gradus/tensor';
import type { CheckpointOptions } from '../training/agent.ts';
import type { AgentState } from './saved-agent.ts';
import type { AnyReplayBuffer } from './minibatches.ts';
import type { Metrics, Progress } from '../training/progress.ts';
import { createActions, type ActionArray } from '../spaces/spaces.ts';
import { readNumber, readState, type StateDict } from '../checkpoints/state.ts';
import type { TrainingEnv } from '../training/training-env.ts';

/** When an off-policy algorithm does what, in environment steps over all copies. */
export interface OffPolicyOptions {
  /** Steps before the first update. */
  readonly learningStarts: number;
  /** Steps between rounds of updates. */
  readonly trainFrequency: number;
  /** Steps between changes of target networks, which come before updates. Default: updates change them, or there are none. */
  readonly targetUpdateInterval?: number | undefined;
  /** Whether what is stored is saved even where `CheckpointOptions.saveReplay` is false. Default false. */
  readonly alwaysSaved?: boolean | undefined;
}

/** What of the loop is the algorithm's own. `progress` is the part of training that is done. */
export interface OffPolicyMethod {
  /** Writes the actions to take in all copies' states; what is to be reported of that. */
  explore(actions: ActionArray, progress: number): Metrics;
  /** A round of updates; what is to be reported of it. */
  improve(progress: number): Metrics;
  /** Moves target networks towards what was learned, every `targetUpdateInterval` steps. */
  updateTarget?(): void;
}

/**
 * The loop of algorithms that learn from what they stored earlier, and from every step alike: explore, step, store; now and then change the targets, learn,
 * and report.
 *
 *     for each step: method.explore → env → replay;
 *       every targetUpdateInterval: method.updateTarget;   every trainFrequency, after learningStarts: method.improve, and a report
 */
export class OffPolicyLoop implements AgentState {
  private readonly training: TrainingEnv;
  private readonly replay: () => AnyReplayBuffer;
  private readonly options: OffPolicyOptions;
  private readonly actions: ActionArray;
  /** The step after which it learns: more than `learningStarts` where the buffer was left out of a checkpoint. */
  private learnsFrom: number;
  /** Why the buffer is empty although training has begun; told before it goes on. */
  private emptied: string | undefined;

  /** `replay`: the buffer, as `TrainingEnv.reserve` makes it. Throws `RangeError` for a `trainFrequency` that is no multiple of the copies. */
  constructor(training: TrainingEnv, replay: () => AnyReplayBuffer, options: OffPolicyOptions) {
    const { learningStarts, trainFrequency, targetUpdateInterval } = options;
    checkOptions(
      'OffPolicyLoop',
      { learningStarts, trainFrequency, targetUpdateInterval },
      {
        learningStarts: naturalNumber,
        trainFrequency: positiveInteger,
        targetUpdateInterval: optional(positiveInteger),
      },
    );
    const { numEnvs } = training.env;
    if (trainFrequency % numEnvs !== 0) {
      const next = Math.ceil(trainFrequency / numEnvs) * numEnvs;
      const expected = `a multiple of ${numEnvs} (copies, which step together)`;
      throw new RangeError(
        `trainFrequency: expected ${expected}, got ${trainFrequency}: set it to ${next}, or use fewer copies`,
      );
    }
    this.training = training;
    this.replay = replay;
    this.options = options;
    this.actions = createActions(training.env.actionSpace, training.env.numEnvs);
    this.learnsFrom = learningStarts;
  }

  /** Trains until `totalSteps` environment steps are done; yields every `trainFrequency` of them, after that round's updates, and at the end. */
  *run(totalSteps: number, method: OffPolicyMethod): Generator<Progress, void, void> {
    const { training, actions } = this;
    const { env, recorder } = training;
    const { trainFrequency, targetUpdateInterval = Infinity } = this.options;
    this.tellEmptied();
    const replay = this.replay();
    while (recorder.step < totalSteps) {
      const exploration = method.explore(actions, recorder.step / totalSteps);
      replay.beginStep(env.observations, actions);
      training.step(actions);
      replay.endStep(env);
      const before = recorder.step;
      recorder.record(env);
      if (hasPassed(targetUpdateInterval, before, recorder.step)) method.updateTarget?.();
      const isDue = hasPassed(trainFrequency, before, recorder.step);
      const isLast = recorder.step >= totalSteps;
      const metrics = isDue && recorder.step > this.learnsFrom ? method.improve(recorder.step / totalSteps) : {};
      if (isDue || isLast) yield recorder.progress({ ...metrics, ...exploration });
    }
    this.tellUntrained();
  }

  getState(options: CheckpointOptions = {}): StateDict {
    const { saveReplay = true } = options;
    const isSaved = this.training.canLearn && (saveReplay || this.options.alwaysSaved === true);
    const { learningStarts } = this.options;
    return { learnsFrom: this.learnsFrom, learningStarts, replay: isSaved ? this.replay().getState() : null };
  }

  setState(state: StateDict): void {
    const { recorder } = this.training;
    if (state.replay === null && recorder.step > 0) this.training.noteLostReplay();
    if (state.replay === null || this.training.resumed === 'with new episodes') {
      const { learningStarts, trainFrequency, alwaysSaved = false } = this.options;
      // Learning from a few transitions again and again would spoil what was learned. Without replay the first round has to be whole.
      this.learnsFrom = recorder.step + (alwaysSaved ? Math.max(learningStarts, trainFrequency - 1) : learningStarts);
      this.emptied = state.replay === null ? 'the checkpoint was saved without it' : 'new episodes begin';
      return;
    }
    this.replay().setState(readState(state, 'replay'));
    // Later or earlier, where it was given another `learningStarts`.
    const later = this.options.learningStarts - readNumber(state, 'learningStarts');
    this.learnsFrom = readNumber(state, 'learnsFrom') + later;
  }

  private tellEmptied(): void {
    if (this.emptied === undefined) return;
    const waiting = `learning goes on after ${this.options.learningStarts} more steps (learningStarts)`;
    console.warn(`learn: the replay buffer is empty, since ${this.emptied}; ${waiting}`);
    this.emptied = undefined;
  }

  /** Says so where all steps came before the first update. */
  private tellUntrained(): void {
    const { learnsFrom } = this;
    const { trainFrequency } = this.options;
    const { step } = this.training.recorder;
    const first = (Math.floor(learnsFrom / trainFrequency) + 1) * trainFrequency;
    if (step >= first) return;
    const cause = learnsFrom < trainFrequency ? 'trainFrequency' : 'learningStarts';
    console.warn(
      `learn: nothing was learned, since the first update comes after ${first} steps (${cause}), and ${step} are done`,
    );
  }
}

/** Whether a multiple of `interval` lies in (before, now]: with several copies a step may pass over it. */
function hasPassed(interval: number, before: number, now: number): boolean {
  return Math.floor(now / interval) > Math.floor(before / interval);
}
