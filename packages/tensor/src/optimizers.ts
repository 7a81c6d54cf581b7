import { grad } from './grad.ts';
import {
  checkArguments,
  flag,
  fraction,
  nonNegativeNumber,
  nullable,
  optional,
  positiveNumber,
  type OptionCheck,
} from './check-options.ts';
import { asTensor, isTensorLike, isTracedList, scalar } from './ops/constant.ts';
import { add, div, greater, maximum, minimum, mul, sqrt, square, sub, where } from './ops/map.ts';
import { sum } from './ops/broadcast.ts';
import { pairs, type Parameters } from './modules.ts';
import type { Tensor, TensorLike } from './tensor.ts';
import { Variable, isParameters } from './variable.ts';
import { assign } from './ops/assign.ts';

/** What optimizers take besides their own settings. */
export interface MinimizeOptions {
  /** Step size; an input of the program where it follows a schedule. Default: the optimizer's. */
  readonly learningRate?: TensorLike;
  /** Gradients with a larger global norm are scaled down to it; `null` for no limit. Default `null`. */
  readonly maxGradNorm?: TensorLike | null;
}

/** An algorithm that changes parameters along a gradient; its state lives beside them. */
export interface Optimizer {
  /** Variables besides the parameters: moments and the step counter. Saved to resume. */
  readonly state: Parameters;
  /** Inside a program: assigns new values to all parameters, given their gradients in the same order. */
  apply(gradients: readonly Tensor[], options?: MinimizeOptions): { gradientNorm: Tensor };
  /** Inside a program: differentiates the loss and applies the gradients. The norm is the one before clipping. */
  minimize(loss: Tensor, options?: MinimizeOptions): { gradientNorm: Tensor };
}

/** The new value of one parameter; may assign state. */
type Rule = (parameter: Variable, gradient: Tensor, learningRate: Tensor) => Tensor;

function optimizer(
  parameters: Parameters,
  state: Parameters,
  defaultRate: number,
  begin: () => void,
  rule: Rule,
): Optimizer {
  const variables = Object.values(parameters);
  const apply: Optimizer['apply'] = (gradients, options = {}) => {
    checkArguments('optimizer', { gradients }, { gradients: isTracedList });
    checkArguments('optimizer', options, minimizeChecks);
    if (gradients.length !== variables.length) {
      throw new RangeError(`optimizer: expected ${variables.length} gradients, got ${gradients.length}`);
    }
    begin();
    const gradientNorm = globalNorm(gradients);
    const { maxGradNorm = null } = options;
    // The formula of PyTorch's clip_grad_norm_, with its 1e-6 against division by zero.
    const scale = maxGradNorm === null ? undefined : minimum(1, div(maxGradNorm, add(gradientNorm, 1e-6)));
    const learningRate = asTensor(options.learningRate ?? defaultRate, 'float32', 'optimizer');
    variables.forEach((variable, i) => {
      const gradient = scale === undefined ? gradients[i] : mul(gradients[i], scale);
      assign(variable, rule(variable, gradient, learningRate));
    });
    return { gradientNorm };
  };
  return {
    state,
    apply,
    minimize: (loss, options) => apply(grad(loss, variables), options),
  };
}

const minimizeChecks = {
  learningRate: optional(tensorOr(nonNegativeNumber)),
  maxGradNorm: optional(nullable(tensorOr(positiveNumber))),
};

/** A number that `check` accepts, or a tensor, whose elements nobody knows yet. */
function tensorOr(check: OptionCheck): OptionCheck {
  return {
    expected: `${check.expected}, a tensor or a variable`,
    accepts: (value) => (typeof value === 'number' ? check.accepts(value) : isTensorLike.accepts(value)),
  };
}

/** A decay that does not keep everything for ever. */
const decay: OptionCheck = {
  expected: 'a number in [0, 1)',
  accepts: (value) => fraction.accepts(value) && value !== 1,
};

/** What `apply` needs of its caller is checked there, the rest here. */
function checkOptimizer<Options extends object>(
  name: string,
  parameters: Parameters,
  options: Options,
  checks: { readonly [Name in keyof Required<Options>]: OptionCheck },
): void {
  checkArguments(name, { parameters }, { parameters: isParameters });
  checkArguments(name, options, checks);
}

/** √ Σ g² over all elements of all tensors. */
export function globalNorm(tensors: readonly Tensor[]): Tensor {
  checkArguments('globalNorm', { tensors }, { tensors: isTracedList });
  if (tensors.length === 0) return scalar(0);
  return sqrt(tensors.map((tensor) => sum(square(tensor))).reduce((total, each) => add(total, each)));
}

/** Zero variables shaped like the parameters, named `prefix.name`. */
function zerosLike(prefix: string, parameters: Parameters): Record<string, Variable> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => {
      const full = `${prefix}.${name}`;
      return [full, new Variable(shape, undefined, { name: full })];
    }),
  );
}

function slots(parameters: Parameters, state: Parameters, prefix: string): Map<Variable, Variable> {
  return new Map(Object.entries(parameters).map(([name, variable]) => [variable, state[`${prefix}.${name}`]]));
}

function slot(table: ReadonlyMap<Variable, Variable>, variable: Variable): Variable {
  const found = table.get(variable);
  if (found === undefined) throw new Error(`optimizer: no state for parameter '${variable.name}'`);
  return found;
}

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** α. Default 0.01. */
  readonly learningRate?: number;
  /** μ in [0, 1). Default 0. */
  readonly momentum?: number;
}

/** Gradient descent, θ ← θ − α v with v ← μ v + g. */
export function sgd(parameters: Parameters, options: SgdOptions = {}): Optimizer {
  checkOptimizer('sgd', parameters, options, {
    learningRate: optional(nonNegativeNumber),
    momentum: optional(decay),
  });
  const momentum = options.momentum ?? 0;
  const state = momentum === 0 ? {} : zerosLike('velocity', parameters);
  const velocities = slots(parameters, state, 'velocity');
  return optimizer(
    parameters,
    state,
    options.learningRate ?? 0.01,
    () => undefined,
    (variable, gradient, rate) => {
      if (momentum === 0) return sub(variable, mul(rate, gradient));
      const velocity = slot(velocities, variable);
      assign(velocity, add(mul(velocity, momentum), gradient));
      return sub(variable, mul(rate, velocity));
    },
  );
}

/** Options of {@link rmsProp}. */
export interface RmsPropOptions {
  /** α. Default 0.01, as in PyTorch. */
  readonly learningRate?: number;
  /** Decay of the mean square. Default 0.99, as in PyTorch. */
  readonly decay?: number;
  /** Default 1e-8, as in PyTorch. */
  readonly epsilon?: number;
  /** Whether steps are scaled by the gradient's deviation instead of its size. Default false, as in PyTorch. */
  readonly centered?: boolean;
  /** Whether ε stands inside the root, √(s + ε), and s is 1 at first, as in TensorFlow 1. Default false, as in PyTorch. */
  readonly insideRoot?: boolean;
}

/**
 * RMSprop (Hinton, 2012): θ ← θ − α g / (√s + ε) with s ← ρ s + (1 − ρ) g². Centered (Graves, 2013), √(s − m²) takes the place of √s,
 * with m ← ρ m + (1 − ρ) g. With `insideRoot`, √(s + ε) takes the place of √s + ε.
 */
export function rmsProp(parameters: Parameters, options: RmsPropOptions = {}): Optimizer {
  checkOptimizer('rmsProp', parameters, options, {
    learningRate: optional(nonNegativeNumber),
    decay: optional(fraction),
    epsilon: optional(nonNegativeNumber),
    centered: optional(flag),
    insideRoot: optional(flag),
  });
  const { decay = 0.99, epsilon = 1e-8, centered = false, insideRoot = false } = options;
  const state = { ...zerosLike('meanSquare', parameters), ...(centered ? zerosLike('mean', parameters) : {}) };
  const meanSquares = slots(parameters, state, 'meanSquare');
  if (insideRoot) for (const each of meanSquares.values()) each.write(each.read().fill(1));
  const means = centered ? slots(parameters, state, 'mean') : undefined;
  return optimizer(
    parameters,
    state,
    options.learningRate ?? 0.01,
    () => undefined,
    (variable, gradient, rate) => {
      const meanSquare = slot(meanSquares, variable);
      assign(meanSquare, add(mul(meanSquare, decay), mul(1 - decay, square(gradient))));
      let scale: TensorLike = meanSquare;
      if (means) {
        const mean = slot(means, variable);
        assign(mean, add(mul(mean, decay), mul(1 - decay, gradient)));
        // Rounding may leave a variance of almost 0 below it.
        scale = maximum(sub(meanSquare, square(mean)), 0);
      }
      const size = insideRoot ? sqrt(add(scale, epsilon)) : add(sqrt(scale), epsilon);
      return sub(variable, mul(rate, div(gradient, size)));
    },
  );
}

/** Options of {@link adam}, {@link adamW} and {@link rAdam}. */
export interface AdamOptions {
  /** α. Default 1e-3. */
  readonly learningRate?: number;
  /** Decay of the mean gradient. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean square. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

const adamChecks = {
  learningRate: optional(nonNegativeNumber),
  beta1: optional(decay),
  beta2: optional(decay),
  epsilon: optional(nonNegativeNumber),
};

/** m and v of each parameter, m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g². */
function moments(parameters: Parameters, beta1: number, beta2: number) {
  const state = { ...zerosLike('mean', parameters), ...zerosLike('meanSquare', parameters) };
  const means = slots(parameters, state, 'mean');
  const meanSquares = slots(parameters, state, 'meanSquare');
  const update = (variable: Variable, gradient: Tensor): { mean: Variable; meanSquare: Variable } => {
    const mean = slot(means, variable);
    const meanSquare = slot(meanSquares, variable);
    assign(mean, add(mul(mean, beta1), mul(1 - beta1, gradient)));
    assign(meanSquare, add(mul(meanSquare, beta2), mul(1 - beta2, square(gradient))));
    return { mean, meanSquare };
  };
  return { state, update };
}

/**
 * Adam (Kingma and Ba, 2015): m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
 * θ ← θ − α m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
 */
export function adam(parameters: Parameters, options: AdamOptions = {}): Optimizer {
  checkOptimizer('adam', parameters, options, adamChecks);
  return adamW(parameters, { ...options, weightDecay: 0 });
}

/** Adam with decoupled weight decay (Loshchilov and Hutter, 2019): θ is also multiplied by 1 − α λ. λ's default: 0.01. */
export function adamW(
  parameters: Parameters,
  options: AdamOptions & { readonly weightDecay?: number } = {},
): Optimizer {
  checkOptimizer('adamW', parameters, options, { ...adamChecks, weightDecay: optional(nonNegativeNumber) });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
  // β₁ᵗ and β₂ᵗ, kept as products: a power of the step count would need a logarithm.
  const power1 = new Variable([], [1], { name: 'beta1Power' });
  const power2 = new Variable([], [1], { name: 'beta2Power' });
  const { state, update } = moments(parameters, beta1, beta2);
  const begin = (): void => {
    assign(power1, mul(power1, beta1));
    assign(power2, mul(power2, beta2));
  };
  const rule: Rule = (variable, gradient, rate) => {
    const { mean, meanSquare } = update(variable, gradient);
    const step = div(rate, sub(1, power1));
    const scale = sqrt(sub(1, power2));
    const denominator = add(div(sqrt(meanSquare), scale), epsilon);
    const decayed = weightDecay === 0 ? variable : mul(variable, sub(1, mul(rate, weightDecay)));
    return sub(decayed, div(mul(step, mean), denominator));
  };
  const whole = { ...state, beta1Power: power1, beta2Power: power2 };
  return optimizer(parameters, whole, options.learningRate ?? 1e-3, begin, rule);
}

/**
 * RAdam (Liu et al., 2020): Adam whose adaptive step size begins when the variance of v is finite, and is rectified by it,
 *
 *     ρ∞ = 2 / (1 − β₂) − 1,   ρₜ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ),   r = √((ρₜ − 4) (ρₜ − 2) ρ∞ / ((ρ∞ − 4) (ρ∞ − 2) ρₜ)),
 *     θ ← θ − α m̂ r √(1 − β₂ᵗ) / (√v + ε) where ρₜ > 5,   θ ← θ − α m̂ before.
 *
 * As in PyTorch, ε is added to √v, whose bias is not corrected yet, and the threshold is 5 (the paper's is 4).
 */
export function rAdam(parameters: Parameters, options: AdamOptions = {}): Optimizer {
  checkOptimizer('rAdam', parameters, options, adamChecks);
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const power1 = new Variable([], [1], { name: 'beta1Power' });
  // Σ β₂ᵏ⁻¹ and Σ k β₂ᵏ⁻¹ over k = 1 … t, so that 1 − β₂ᵗ = (1 − β₂) Σ β₂ᵏ⁻¹ and ρₜ + 1 = 2 Σ k β₂ᵏ⁻¹ / Σ β₂ᵏ⁻¹: sums of
  // positive numbers, where the formulas above are differences that float32 has no digits for in the first steps.
  const weightSum = new Variable([], undefined, { name: 'weightSum' });
  const ageSum = new Variable([], undefined, { name: 'ageSum' });
  const { state, update } = moments(parameters, beta1, beta2);
  const begin = (): void => {
    assign(power1, mul(power1, beta1));
    assign(weightSum, add(mul(weightSum, beta2), 1));
    assign(ageSum, add(mul(ageSum, beta2), weightSum));
  };
  const limit = 2 / (1 - beta2) - 1;
  const rule: Rule = (variable, gradient, rate) => {
    const { mean, meanSquare } = update(variable, gradient);
    const step = div(rate, sub(1, power1));
    const rho = sub(div(mul(2, ageSum), weightSum), 1);
    const rectification = div(mul(mul(sub(rho, 4), sub(rho, 2)), limit), mul((limit - 4) * (limit - 2), rho));
    const adaptive = mul(step, sqrt(mul(rectification, mul(1 - beta2, weightSum))));
    const isAdaptive = greater(rho, 5);
    // The choice is made between two numbers for all elements, 0 for the way that is not taken.
    const scale = add(div(where(isAdaptive, adaptive, 0), add(sqrt(meanSquare), epsilon)), where(isAdaptive, 0, step));
    return sub(variable, mul(mean, scale));
  };
  const whole = { ...state, beta1Power: power1, weightSum, ageSum };
  return optimizer(parameters, whole, options.learningRate ?? 1e-3, begin, rule);
}

/**
 * Inside a program: θ' ← τ θ + (1 − τ) θ', parameter by parameter. τ = 1 copies.
 * @throws RangeError when names differ.
 */
export function polyakUpdate(source: Parameters, target: Parameters, tau: TensorLike): void {
  checkArguments('polyakUpdate', { tau }, { tau: tensorOr(fraction) });
  for (const [, from, to] of pairs('polyakUpdate', source, target)) {
    assign(to, tau === 1 ? asTensor(from) : add(mul(tau, from), mul(sub(1, tau), to)));
  }
}
