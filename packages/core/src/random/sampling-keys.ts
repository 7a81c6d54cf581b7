import type { TensorData } from '@gradus/tensor';
import { programKeys } from './seed-sequence.ts';
import { readNumber, type StateDict, type Stateful } from '../checkpoints/state.ts';

/**
 * Keys for the random operations of programs, each new: in training those of draw 0, 1, …, for others −1, −2, …, so that whoever acts or evaluates
 * between two updates does not change what is learned.
 */
export class SamplingKeys implements Stateful {
  private readonly write: ReturnType<typeof programKeys>;
  private draws = 0;
  private actingDraws = 0;

  constructor(seed: number) {
    this.write = programKeys(seed);
  }

  /** Writes the next key of training, [2]. */
  readonly forTraining = (key: TensorData): void => {
    this.write(key, this.draws++);
  };

  /** Writes the next key for acting besides, [2]. */
  readonly forActing = (key: TensorData): void => {
    this.write(key, -++this.actingDraws);
  };

  getState(): StateDict {
    return { draws: this.draws, actingDraws: this.actingDraws };
  }

  setState(state: StateDict): void {
    this.draws = readNumber(state, 'draws');
    this.actingDraws = readNumber(state, 'actingDraws');
  }
}
