import type { Program, TensorData } from '@gradus/tensor';
import type { ActOptions, Policy } from '../training/agent.ts';
import { checkActing, checkActingTogether } from '../training/check-acting.ts';
import type { RunningNormalizer } from '../statistics/running-normalizer.ts';
import { checkActionMasks } from '../environments/check-action-masks.ts';
import { checkFlags } from '../environments/check-rows.ts';
import { actionCounts } from '../environments/dynamics.ts';
import {
  createActions,
  readRow,
  writeRow,
  type ActionArray,
  type Observation,
  type Space,
  type SpaceValue,
} from '../spaces/spaces.ts';

/**
 * A program that chooses actions: observations [batch, size] and a key for sampling in, actions [batch, size] out. One that knows masks
 * also has the input `actionMasks`, [batch, number of actions]: all ones where nobody gave any. Others pass masks over. One that
 * remembers has `memories`, [batch, numbers], in and out: zeros where an episode starts.
 */
export type ActProgram = Program<
  Record<'observations' | 'key', unknown> & Partial<Record<'actionMasks' | 'memories', unknown>>,
  Record<'actions', unknown> & Partial<Record<'memories', unknown>>
>;

/** What a {@link ProgramPolicy} is made of. */
export interface ProgramPolicyOptions {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  /** Compiles the program for a number of observations; called once for each. */
  readonly compile: (batch: number, deterministic: boolean) => ActProgram;
  /** Normalizes what the network sees of observations. Default: it sees them as they are. */
  readonly normalizer?: RunningNormalizer | undefined;
  /** Writes a key for sampling, a new one at each call. Default: nothing, for policies that never draw. */
  readonly writeKey?: ((key: TensorData) => void) | undefined;
}

/** A policy given by a program; it is compiled for each number of observations that it meets. Actions keep to their bounds. */
export class ProgramPolicy implements Policy {
  /** What it was made of. */
  readonly options: ProgramPolicyOptions;
  /** By number of observations: the programs that take the best action, and those that sample. */
  private readonly best = new Map<number, ActProgram>();
  private readonly sampling = new Map<number, ActProgram>();
  /** By number of observations: what the policy remembers of each row's episode. */
  private readonly memories = new Map<number, Float32Array>();
  private readonly observation: Float32Array;
  private readonly action: ActionArray;

  constructor(options: ProgramPolicyOptions) {
    this.options = options;
    this.observation = new Float32Array(options.observationSpace.size);
    this.action = createActions(options.actionSpace, 1);
  }

  act(observation: Observation, options: ActOptions = {}): SpaceValue {
    const { observationSpace, actionSpace } = this.options;
    checkActing(observationSpace, observation, options);
    writeRow(observationSpace, observation, this.observation, 0);
    this.actBatch(this.observation, this.action, options);
    return readRow(actionSpace, this.action, 0);
  }

  /**
   * Throws `RangeError` for `actionMasks` or `episodeStarts` of another size, or masks with a row without a legal action, and `EnvError` for an
   * observation that is not finite.
   */
  actBatch(observations: Float32Array, actions: ActionArray, options: ActOptions = {}): void {
    checkActingTogether(this.options, observations, actions, options);
    const { deterministic = true, actionMasks, episodeStarts } = options;
    const { observationSpace, actionSpace, normalizer, writeKey } = this.options;
    const batch = observations.length / observationSpace.size;
    if (actionMasks) checkActionMasks(actionMasks, actionCounts(actionSpace), batch);
    const program = this.programFor(batch, deterministic);
    if (normalizer === undefined) program.inputs.observations.set(observations);
    else normalizer.normalize(observations, program.inputs.observations as Float32Array);
    if (actionMasks) program.inputs.actionMasks?.set(actionMasks);
    else program.inputs.actionMasks?.fill(1);
    if (!deterministic) writeKey?.(program.inputs.key);
    if (!program.inputs.memories) {
      clipToBounds(actionSpace, program.run().actions, actions);
      return;
    }
    const memory = this.memoryOf(batch, program.inputs.memories.length);
    if (episodeStarts) {
      if (episodeStarts.length !== batch) {
        throw new RangeError(`episodeStarts has ${episodeStarts.length} elements, expected ${batch} (observations)`);
      }
      checkFlags('episodeStarts', episodeStarts);
      forget(memory, episodeStarts);
    }
    program.inputs.memories.set(memory);
    const results = program.run();
    clipToBounds(actionSpace, results.actions, actions);
    if (results.memories) memory.set(results.memories);
  }

  /** Frees the programs. */
  dispose(): void {
    for (const programs of [this.best, this.sampling]) {
      for (const program of programs.values()) program.dispose();
      programs.clear();
    }
  }

  private memoryOf(batch: number, size: number): Float32Array {
    let memory = this.memories.get(batch);
    if (memory === undefined) {
      memory = new Float32Array(size);
      this.memories.set(batch, memory);
    }
    return memory;
  }

  private programFor(batch: number, deterministic: boolean): ActProgram {
    const programs = deterministic ? this.best : this.sampling;
    let program = programs.get(batch);
    if (program === undefined) {
      program = this.options.compile(batch, deterministic);
      programs.set(batch, program);
    }
    return program;
  }
}

/** Zeroes the rows of `memory`, [n × numbers], whose entry of `starts`, [n], is not 0. */
export function forget(memory: Float32Array, starts: Uint8Array): void {
  const size = memory.length / starts.length;
  for (let i = 0; i < starts.length; i++) if (starts[i] !== 0) memory.fill(0, i * size, (i + 1) * size);
}

/** Copies actions [n × space.size] into `target`, those of a `Box` moved to the nearest one inside its bounds. */
export function clipToBounds(space: Space, actions: ArrayLike<number>, target: ActionArray): void {
  if (space.kind !== 'box') {
    target.set(actions);
    return;
  }
  const { low, high, size } = space;
  for (let i = 0, j = 0; i < target.length; i++, j++) {
    if (j === size) j = 0;
    const action = actions[i];
    target[i] = action < low[j] ? low[j] : action > high[j] ? high[j] : action;
  }
}
