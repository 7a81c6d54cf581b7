import {
  RolloutBuffer,
  actionCounts,
  checkActionMasks,
  clipToBounds,
  createActions,
  programKeys,
  spawnSeed,
  stepCopies,
  streams,
  type ActionArray,
  type Episode,
  type RolloutBatch,
  type StepOutcome,
  type VectorEnv,
} from '@gradus/core';
import type { Program, TensorData } from '@gradus/tensor';

// How workers of A3C play: each for itself, so that what comes of it does not depend on how many others are beside it, and step by step together, since
// that is how the copies of a `VectorEnv` are stepped.

/** How they play. */
export interface WorkersOptions {
  /** n, the steps of each worker in a round. */
  readonly steps: number;
  readonly gamma: number;
  readonly seed: number;
}

/** What they compute, each of its own copy. */
export interface WorkersPrograms {
  /** Draws an action, and says what the state is worth. */
  readonly act: Program<
    Record<'observations' | 'key', unknown> & Partial<Record<'actionMasks', unknown>>,
    Record<'actions' | 'values', unknown>
  >;
  /** The gradient of a round, in one list, and what it reports. */
  readonly gradient: Program<
    Record<Extract<keyof RolloutBatch, 'observations' | 'actions' | 'advantages' | 'returns'>, unknown> &
      Partial<Record<'actionMasks', unknown>>,
    Record<'gradient' | 'metrics', unknown>
  >;
}

/** The part of `rows`, [copies × any size], that belongs to copy `i`: a view. */
export function rowOf<Rows extends { length: number; subarray(start: number, end: number): Rows }>(
  rows: Rows,
  i: number,
  copies: number,
): Rows {
  const width = rows.length / copies;
  return rows.subarray(i * width, (i + 1) * width);
}

/** What came of one round or several: the steps that were made, episodes that ended, and what each gradient reported. */
export interface Played {
  readonly steps: number;
  readonly episodes: readonly Episode[];
  readonly metrics: readonly (readonly number[])[];
}

/** What came of all of them, in the order of steps. */
export function joined(rounds: readonly Played[]): Played {
  return {
    steps: rounds.reduce((sum, { steps }) => sum + steps, 0),
    episodes: rounds.flatMap(({ episodes }) => episodes).sort((one, other) => one.step - other.step),
    metrics: rounds.flatMap(({ metrics }) => metrics),
  };
}

/** One worker: its round, its keys, and its rows of what the copies show, which are the same ones for ever. */
interface Worker {
  readonly buffer: RolloutBuffer;
  readonly writeKey: ReturnType<typeof programKeys>;
  readonly actions: ActionArray;
  readonly observations: Float32Array;
  readonly finalObservations: Float32Array;
  readonly actionMasks: Uint8Array | undefined;
  readonly outcome: Pick<StepOutcome, 'rewards' | 'terminated' | 'truncated'>;
}

function createWorker(
  env: VectorEnv,
  i: number,
  actions: ActionArray,
  { steps }: WorkersOptions,
  seed: number,
): Worker {
  const { observationSpace, actionSpace, actionMasks, numEnvs } = env;
  return {
    buffer: new RolloutBuffer({ observationSpace, actionSpace, actionMasks, numEnvs: 1 }, steps),
    writeKey: programKeys(seed),
    actions: rowOf<ActionArray>(actions, i, numEnvs),
    observations: rowOf(env.observations, i, numEnvs),
    finalObservations: rowOf(env.finalObservations, i, numEnvs),
    actionMasks: actionMasks && rowOf(actionMasks, i, numEnvs),
    outcome: {
      rewards: rowOf(env.rewards, i, numEnvs),
      terminated: rowOf(env.terminated, i, numEnvs),
      truncated: rowOf(env.truncated, i, numEnvs),
    },
  };
}

/** The workers whose environments are the copies of one `VectorEnv`, the first of them number `first` of all. */
export class Workers {
  private readonly env: VectorEnv;
  private readonly programs: WorkersPrograms;
  private readonly options: WorkersOptions;
  private readonly first: number;
  private readonly actions: ActionArray;
  private readonly all: readonly Worker[];

  constructor(env: VectorEnv, programs: WorkersPrograms, options: WorkersOptions, first: number) {
    this.env = env;
    this.programs = programs;
    this.options = options;
    this.first = first;
    this.actions = createActions(env.actionSpace, env.numEnvs);
    this.all = Array.from({ length: env.numEnvs }, (_, i) =>
      createWorker(env, i, this.actions, options, spawnSeed(options.seed, streams.programs, first + i)),
    );
  }

  /**
   * One round, which begins when `start` steps are done and counts `stride` more for each step of the copies; `take` gets the gradient of each worker, in their
   * order. What they draw follows from these numbers, which must not come again.
   */
  play(start: number, stride: number, take: (worker: number, gradient: TensorData) => void): Played {
    const { env, options, all } = this;
    const { gradient } = this.programs;
    for (const { buffer } of all) buffer.clear();
    const episodes: Episode[] = [];
    for (let k = 1; k <= options.steps; k++) {
      const step = start + k * stride;
      if (env.actionMasks) checkActionMasks(env.actionMasks, actionCounts(env.actionSpace), env.numEnvs);
      for (const worker of all) this.act(worker, step);
      stepCopies(env, this.actions);
      all.forEach(({ buffer, outcome, finalObservations }, i) => {
        buffer.endStep(outcome);
        if (outcome.truncated[0]) buffer.bootstrap(this.valueOf(finalObservations));
        if (!outcome.truncated[0] && !outcome.terminated[0]) return;
        episodes.push({ step, return: env.episodeReturns[i], length: env.episodeLengths[i] });
      });
    }
    const metrics = all.map(({ buffer, observations }, i) => {
      buffer.finish(this.valueOf(observations), options.gamma, 1);
      buffer.gather(0, buffer.size, gradient.inputs);
      const results = gradient.run();
      take(this.first + i, results.gradient);
      return [...results.metrics];
    });
    return { steps: options.steps * env.numEnvs, episodes, metrics };
  }

  /** Draws a worker's action. */
  private act({ buffer, writeKey, actions, observations, actionMasks }: Worker, step: number): void {
    const { act } = this.programs;
    act.inputs.observations.set(observations);
    if (actionMasks) act.inputs.actionMasks?.set(actionMasks);
    writeKey(act.inputs.key, step);
    const chosen = act.run();
    buffer.beginStep(observations, chosen.actions, [], chosen.values, actionMasks);
    clipToBounds(this.env.actionSpace, chosen.actions, actions);
  }

  /** v of one observation: [1]. */
  private valueOf(observation: Float32Array): TensorData {
    const { act } = this.programs;
    act.inputs.observations.set(observation);
    return act.run().values;
  }

  /** Frees the programs, not the networks. */
  dispose(): void {
    for (const each of [this.programs.act, this.programs.gradient]) each.dispose();
  }
}
