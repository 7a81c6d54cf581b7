import type { Space } from '@gradus/core';
import { basisVectors } from './basis-functions.ts';
import type { FeatureVector, Features } from './features.ts';
import { ObservationRange, type RangeOptions } from './observation-range.ts';

/** What a polynomial basis is made of. */
export interface PolynomialBasisOptions extends RangeOptions {
  readonly kind: 'polynomial';
  /** Largest exponent of each dimension. */
  readonly order: number;
}

/**
 * Polynomials of the observation u, taken to the unit cube (Sutton and Barto, 2018, §9.5.1): for all c ∈ {0, …, order}ᵏ
 *
 *     x_c(s) = Πⱼ uⱼ^cⱼ,   d = (order + 1)ᵏ
 */
export class PolynomialBasis implements Features {
  readonly count: number;
  readonly maxActive: number;
  readonly isBinary = false;
  private readonly range: ObservationRange;
  /** Where uⱼ^cⱼ is found in `powers`, [d × k]. */
  private readonly places: Int32Array;
  /** uⱼ^e for e ≤ order, [k × (order + 1)]. */
  private readonly powers: Float64Array;

  /** Throws `RangeError` for an order that is not a positive integer, a bad range, and more than 2²⁴ features. */
  constructor(space: Space, { order, low, high }: Omit<PolynomialBasisOptions, 'kind'>) {
    this.range = new ObservationRange('polynomial basis', space, { low, high });
    const { dimensions } = this.range;
    const exponents = basisVectors('polynomial basis', order, dimensions);
    this.places = exponents.map((exponent, k) => (k % dimensions) * (order + 1) + exponent);
    this.powers = new Float64Array(dimensions * (order + 1));
    this.count = exponents.length / dimensions;
    this.maxActive = this.count;
  }

  write(observations: Float32Array, offset: number, target: FeatureVector): void {
    const { range, places, powers, count } = this;
    const { dimensions } = range;
    const width = powers.length / dimensions;
    for (let j = 0, k = 0; j < dimensions; j++) {
      const u = range.scaled(observations, offset, j, 1);
      for (let e = 0, power = 1; e < width; e++, k++, power *= u) powers[k] = power;
    }
    for (let i = 0, k = 0; i < count; i++) {
      let product = 1;
      for (let j = 0; j < dimensions; j++, k++) product *= powers[places[k]];
      target.indices[i] = i;
      target.values[i] = product;
    }
    target.length = count;
  }
}
