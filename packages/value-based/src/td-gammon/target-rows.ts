import { CheckpointError, readNumber, restoreArray, type StateDict, type Stateful } from '@gradus/core';
import type { TensorData } from '@gradus/tensor';
import type { DiceGame } from './dice-game.ts';
import { OUTCOMES } from './outcomes.ts';

/** A program that learns from a minibatch: [batchSize × inputs], and [batchSize × 5]. */
interface Update {
  readonly inputs: { readonly inputs: TensorData; readonly targets: TensorData };
}

/** The minibatch that is being gathered: what afterstates are to the net, and the targets of its values. */
export class TargetRows implements Stateful {
  private readonly game: DiceGame;
  private readonly update: Update;
  private readonly batchSize: number;
  private count = 0;

  /** `update` is the program whose inputs it writes. */
  constructor(game: DiceGame, update: Update, batchSize: number) {
    this.game = game;
    this.update = update;
    this.batchSize = batchSize;
  }

  /** Adds the first `count` afterstates of a game with their targets; calls `full` whenever the minibatch is, which then begins anew. */
  add(afterstates: Int8Array, targets: Float32Array, count: number, full: () => void): void {
    const { game, batchSize } = this;
    const batch = this.update.inputs;
    const { positionSize } = game;
    for (let row = 0; row < count; row++) {
      const afterstate = afterstates.subarray(row * positionSize, (row + 1) * positionSize);
      game.writeInputs(afterstate, batch.inputs as Float32Array, this.count * game.inputs);
      batch.targets.set(targets.subarray(row * OUTCOMES, (row + 1) * OUTCOMES), this.count * OUTCOMES);
      if (++this.count < batchSize) continue;
      this.count = 0;
      full();
    }
  }

  getState(): StateDict {
    const { count, game } = this;
    const batch = this.update.inputs;
    return {
      count,
      inputs: batch.inputs.slice(0, count * game.inputs),
      targets: batch.targets.slice(0, count * OUTCOMES),
    };
  }

  setState(state: StateDict): void {
    const { game, batchSize } = this;
    const batch = this.update.inputs;
    const count = readNumber(state, 'count');
    if (!(Number.isInteger(count) && count >= 0 && count < batchSize)) {
      throw new CheckpointError(`state 'count': expected rows of a minibatch of ${batchSize}, got ${count}`);
    }
    this.count = count;
    restoreArray(state, 'inputs', batch.inputs.subarray(0, this.count * game.inputs));
    restoreArray(state, 'targets', batch.targets.subarray(0, this.count * OUTCOMES));
  }
}
