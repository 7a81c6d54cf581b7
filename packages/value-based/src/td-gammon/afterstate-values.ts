import type { RandomSource } from '@gradus/core';
import * as t from '@gradus/tensor';
import { pointsOf, type DiceGame } from './dice-game.ts';
import { OUTCOMES, writeWin } from './outcomes.ts';

/** Afterstates that a run of the program evaluates: enough for a product to be fast, and so few that the last run has not many that are not needed. */
const ROWS = 64;

/** The net v(s; w) of afterstates, and what it says of many of them at once. */
export class AfterstateValues {
  readonly network: t.Module;
  private readonly game: DiceGame;
  private readonly program: t.Program<Record<'inputs', unknown>, Record<'values', unknown>>;
  /** Each position of the last array of them, so that it is cut into rows only once: making a view takes as long as writing its inputs. */
  private views: Int8Array[] = [];
  private viewed: Int8Array = new Int8Array(0);

  constructor(game: DiceGame, hidden: readonly number[], random: RandomSource, device: t.Device) {
    const network = t.mlp({
      input: game.inputs,
      hidden,
      output: OUTCOMES,
      activation: 'sigmoid',
      outputActivation: 'sigmoid',
      random,
    });
    this.game = game;
    this.network = network;
    this.program = t.program({ inputs: [ROWS, game.inputs] }, ({ inputs }) => ({ values: network(inputs) }), {
      device,
    });
  }

  /** Writes the values of `count` afterstates, which lie one after another, into `values`, [count × 5]: of those that decide the game the outcome. */
  evaluate(afterstates: Int8Array, count: number, values: Float32Array): void {
    const { game, program } = this;
    const { inputs: width } = game;
    const views = this.viewsOf(afterstates, count);
    for (let start = 0; start < count; start += ROWS) {
      const rows = Math.min(ROWS, count - start);
      const inputs = program.inputs.inputs as Float32Array;
      for (let row = 0; row < rows; row++) {
        game.writeInputs(views[start + row], inputs, row * width);
      }
      const found = program.run().values as Float32Array;
      values.set(found.subarray(0, rows * OUTCOMES), start * OUTCOMES);
      for (let row = start; row < start + rows; row++) {
        const points = pointsOf(game, views[row]);
        if (points > 0) writeWin(points, values, row * OUTCOMES);
      }
    }
  }

  private viewsOf(positions: Int8Array, count: number): readonly Int8Array[] {
    const { positionSize } = this.game;
    if (this.viewed !== positions) this.views = [];
    this.viewed = positions;
    for (let row = this.views.length; row < count; row++) {
      this.views.push(positions.subarray(row * positionSize, (row + 1) * positionSize));
    }
    return this.views;
  }

  /** Frees the net, too. */
  dispose(): void {
    this.program.dispose();
    t.disposeParameters(this.network.parameters);
  }
}
