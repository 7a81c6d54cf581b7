import type { Space } from '@gradus/core';
import { checkFeatureCount, type FeatureVector, type Features } from './features.ts';
import { ObservationRange, type RangeOptions } from './observation-range.ts';

/** What a tile coding is made of. */
export interface TileCodingOptions extends RangeOptions {
  readonly kind: 'tiles';
  /** Tilings, each a grid over the whole range. With one, this is state aggregation. Default 8. */
  readonly tilings?: number | undefined;
  /** Tiles across the range, one number for all dimensions or one for each. Default 8. */
  readonly tiles?: number | readonly number[] | undefined;
}

/**
 * Tile coding (Sutton and Barto, 2018, §9.5.4): several grids over the range of observations, displaced against each other; the features are
 * the tiles, 1 for the one tile of each tiling that the observation lies in.
 *
 * Tiling t of n is displaced in dimension j = 0, 1, … by (t · (2j + 1) mod n) / n of a tile's width: the displacement vector (1, 3, 5, …)
 * that Miller and Glanz (1996) recommend, with n a power of two of at least four times the dimensions. So that displaced
 * grids still cover the range, they have one tile more in each dimension: d = tilings · Πⱼ (tilesⱼ + 1), or Πⱼ tilesⱼ with one tiling.
 */
export class TileCoding implements Features {
  readonly count: number;
  /** The number of tilings. */
  readonly maxActive: number;
  readonly isBinary = true;
  private readonly range: ObservationRange;
  /** Tiles across the range, by dimension. */
  private readonly tiles: Float64Array;
  /** Tiles in a row of a grid, by dimension. */
  private readonly cells: Int32Array;
  /** In tiles, [tilings × dimensions]. */
  private readonly displacements: Float64Array;
  /** Where the present observation is, in tiles, by dimension. */
  private readonly position: Float64Array;

  /** Throws `RangeError` for counts that are not positive integers, a bad range, and more than 2²⁴ tiles. */
  constructor(space: Space, { tilings = 8, tiles = 8, low, high }: Omit<TileCodingOptions, 'kind'> = {}) {
    this.range = new ObservationRange('tile coding', space, { low, high });
    const { dimensions } = this.range;
    const across = typeof tiles === 'number' ? Array.from({ length: dimensions }, () => tiles) : tiles;
    if (across.length !== dimensions) {
      throw new RangeError(`tile coding: expected ${dimensions} numbers of tiles, got ${across.length}`);
    }
    for (const [name, value] of [['tilings', tilings] as const, ...across.map((n) => ['tiles', n] as const)]) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new RangeError(`tile coding: expected ${name} to be a positive integer, got ${value}`);
      }
    }
    this.tiles = Float64Array.from(across);
    this.cells = Int32Array.from(across, (n) => (tilings === 1 ? n : n + 1));
    this.maxActive = tilings;
    this.count = this.cells.reduce((product, n) => product * n, tilings);
    checkFeatureCount('tile coding', this.count);
    this.displacements = Float64Array.from({ length: tilings * dimensions }, (_, k) => {
      const tiling = Math.floor(k / dimensions);
      return ((tiling * (2 * (k % dimensions) + 1)) % tilings) / tilings;
    });
    this.position = new Float64Array(dimensions);
  }

  write(observations: Float32Array, offset: number, target: FeatureVector): void {
    const { range, tiles, cells, displacements, position, maxActive } = this;
    const { dimensions } = range;
    for (let j = 0; j < dimensions; j++) position[j] = range.scaled(observations, offset, j, tiles[j]);
    for (let tiling = 0, k = 0; tiling < maxActive; tiling++) {
      let index = tiling;
      for (let j = 0; j < dimensions; j++, k++) {
        // The upper end of the range belongs to the last tile.
        index = index * cells[j] + Math.min(Math.floor(position[j] + displacements[k]), cells[j] - 1);
      }
      target.indices[tiling] = index;
      target.values[tiling] = 1;
    }
    target.length = maxActive;
  }
}
