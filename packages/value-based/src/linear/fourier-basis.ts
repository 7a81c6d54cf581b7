import type { Space } from '@gradus/core';
import { basisVectors } from './basis-functions.ts';
import type { FeatureVector, Features } from './features.ts';
import { ObservationRange, type RangeOptions } from './observation-range.ts';

/** What a Fourier basis is made of. */
export interface FourierBasisOptions extends RangeOptions {
  readonly kind: 'fourier';
  /** Largest frequency of each dimension. */
  readonly order: number;
  /** Whether functions of higher frequency learn more slowly: αᶜ = α / ‖c‖₂. Default true (Konidaris et al., 2011). */
  readonly scaled?: boolean | undefined;
}

/**
 * Cosines of the observation u, taken to the unit cube (Konidaris, Osentoski and Thomas, 2011): for all c ∈ {0, …, order}ᵏ
 *
 *     x_c(s) = cos(π cᵀu),   d = (order + 1)ᵏ
 *
 * The paper gives each function its own step size, αᶜ = α / ‖c‖₂ (α for c = 0). That is the same as one α for functions divided by
 * √‖c‖₂: their share of the value, w_c x_c, moves by α / ‖c‖₂ · δ cos² in both cases. So `scaled` divides, and methods need
 * not know; the weights are √‖c‖₂ times the paper's.
 */
export class FourierBasis implements Features {
  readonly count: number;
  readonly maxActive: number;
  readonly isBinary = false;
  private readonly range: ObservationRange;
  /** order + 1, the frequencies of one dimension. */
  private readonly width: number;
  /** What each cosine is multiplied by, [d]. */
  private readonly amplitudes: Float64Array;
  /** cos and sin of the angles π cᵀu, [d]. */
  private readonly cosines: Float64Array;
  private readonly sines: Float64Array;

  /** Throws `RangeError` for an order that is not a positive integer, a bad range, and more than 2²⁴ features. */
  constructor(space: Space, { order, scaled = true, low, high }: Omit<FourierBasisOptions, 'kind'>) {
    this.range = new ObservationRange('Fourier basis', space, { low, high });
    const { dimensions } = this.range;
    const frequencies = basisVectors('Fourier basis', order, dimensions);
    this.width = order + 1;
    this.count = frequencies.length / dimensions;
    this.maxActive = this.count;
    this.amplitudes = Float64Array.from({ length: this.count }, (_, i) => {
      const norm = Math.hypot(...frequencies.subarray(i * dimensions, (i + 1) * dimensions));
      return scaled && norm > 0 ? 1 / Math.sqrt(norm) : 1;
    });
    this.cosines = new Float64Array(this.count);
    this.sines = new Float64Array(this.count);
  }

  write(observations: Float32Array, offset: number, target: FeatureVector): void {
    const { range, width, amplitudes, cosines, sines, count } = this;
    cosines[0] = 1;
    sines[0] = 0;
    // Angles add up where complex numbers multiply, which is much faster than a cosine for each function. With each dimension there are
    // `width` times as many functions; from the last one backwards, so that none is overwritten before it is used.
    for (let j = 0, size = 1; j < range.dimensions; j++, size *= width) {
      const angle = Math.PI * range.scaled(observations, offset, j, 1);
      const stepCosine = Math.cos(angle);
      const stepSine = Math.sin(angle);
      for (let i = size - 1; i >= 0; i--) {
        let cosine = cosines[i];
        let sine = sines[i];
        for (let k = i * width; k < (i + 1) * width; k++) {
          cosines[k] = cosine;
          sines[k] = sine;
          const next = cosine * stepCosine - sine * stepSine;
          sine = sine * stepCosine + cosine * stepSine;
          cosine = next;
        }
      }
    }
    for (let i = 0; i < count; i++) {
      target.indices[i] = i;
      target.values[i] = amplitudes[i] * cosines[i];
    }
    target.length = count;
  }
}
