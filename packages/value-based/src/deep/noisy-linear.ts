import * as t from '@gradus/tensor';

/** A network, or a layer of one, that may have noise. */
export interface NoisyModule {
  /** `key`: two int32 that the noise is a function of; without one there is none. */
  (x: t.TensorLike, key?: t.TensorLike): t.Tensor;
  readonly parameters: t.Parameters;
}

/** A {@link NoisyModule} from a function and its parameters. */
export function noisyModule(
  parameters: t.Parameters,
  apply: (x: t.TensorLike, key?: t.TensorLike) => t.Tensor,
): NoisyModule {
  return Object.assign((x: t.TensorLike, key?: t.TensorLike) => apply(x, key), { parameters });
}

/** σ of all parameters at first, times √inputs (Fortunato et al., 2018). */
const FIRST_SIGMA = 0.5;

/**
 * A linear layer whose parameters have learned noise (Fortunato et al., 2018), so that acting explores without ε; factorised Gaussian:
 *
 *     y = x (μ + σ ⊙ f(ε) f(ε′)ᵀ) + μᵇ + σᵇ ⊙ f(ε′),   f(x) = sign(x) √|x|,
 *
 * with ε [input] and ε′ [output] standard normal, drawn once for all rows; each use in a program draws its own. Without a key the
 * parameters are μ. Parameters `weight`, `bias` (μ), drawn as those of `linear`, and `weightSigma`, `biasSigma`, first 0.5/√input.
 */
export function noisyLinear(options: t.LinearOptions): NoisyModule {
  const { input, output, activation = 'linear' } = options;
  const means = t.linear({ ...options, activation: 'linear' });
  const { weight, bias } = means.parameters;
  const sigma = t.constantValue(FIRST_SIGMA / Math.sqrt(input));
  const weightSigma = t.parameter('weightSigma', [input, output], sigma, options.random);
  const biasSigma = t.parameter('biasSigma', [output], sigma, options.random);
  return noisyModule({ weight, bias, weightSigma, biasSigma }, (x, key) => {
    if (key === undefined) return t.activate(means(x), activation);
    const [left, right] = [squashedNormal(key, [input, 1]), squashedNormal(key, [output])];
    const noisyWeight = t.add(weight, t.mul(weightSigma, t.mul(left, right)));
    const noisyBias = t.add(bias, t.mul(biasSigma, right));
    return t.activate(t.add(t.matmul(x, noisyWeight), noisyBias), activation);
  });
}

/** f(ε) of standard normal numbers ε, f(x) = sign(x) √|x|. */
function squashedNormal(key: t.TensorLike, shape: t.Shape): t.Tensor {
  const normal = t.randomNormal(key, shape);
  return t.mul(t.sign(normal), t.sqrt(t.abs(normal)));
}
