import { decodeSafetensors, type StoredTensor } from '@gradus/tensor';
import { checkCheckpoint, type Checkpoint } from '../checkpoints/checkpoint.ts';
import { isTypedArray, readNumber, readState, type StateDict, type TypedArray } from '../checkpoints/state.ts';
import type { TrainedIn } from '../environments/placeholder-env.ts';
import { readTrainedIn } from './saved-agent.ts';

/** What is in an agent's checkpoint, besides what only the agent itself has a use for, such as random streams. */
export interface CheckpointContents {
  readonly algorithm: string;
  /** What it was made with. */
  readonly options: StateDict;
  /** Environment steps that it had made. */
  readonly step: number;
  /** What it knows of its environments: their spaces, how many copies there were, and what their wrappers had learned. */
  readonly env: TrainedIn;
  /** Weights, and the states of optimizers, by what they belong to and by name, such as `parameters` of `Ppo`, or `online` of `Dqn`, and `0.weight`. */
  readonly parameters: Readonly<Record<string, Readonly<Record<string, StoredTensor>>>>;
  /** What was learned without networks, by name, such as `actionValues` of `QLearning`, [states × actions]. */
  readonly learned: Readonly<Record<string, TypedArray>>;
}

/**
 * What is in a checkpoint that an agent of these packages has saved, of whatever algorithm: to convert it, draw it, or look at it. `actionValues`,
 * `actionDistribution` and so on of the agent show what it makes of observations. Throws `CheckpointError` for one of another agent, and `SafetensorsError` where
 * weights are corrupt.
 */
export function inspectCheckpoint(checkpoint: Checkpoint): CheckpointContents {
  checkCheckpoint(checkpoint);
  const { algorithm, state, files } = checkpoint;
  const stored = Object.entries(files).filter(([name]) => name.endsWith(SUFFIX));
  const learned = Object.entries(readState(state, 'learned')).filter(([, value]) => isTypedArray(value));
  return {
    algorithm,
    options: readState(state, 'options'),
    step: readNumber(readState(readState(state, 'training'), 'recorder'), 'step'),
    env: readTrainedIn(state),
    parameters: Object.fromEntries(
      stored.map(([name, file]) => [name.slice(0, -SUFFIX.length), decodeSafetensors(file)]),
    ),
    learned: Object.fromEntries(learned) as Record<string, TypedArray>,
  };
}

const SUFFIX = '.safetensors';
