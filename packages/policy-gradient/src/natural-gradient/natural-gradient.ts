import {
  stateInputs,
  stepInputs,
  type ActorCritic,
  type RolloutBuffer,
  type VectorEnv,
  type StateInputs,
  type StepInputs,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { flatten, parameterCount, unflatten } from '../programs/flat-parameters.ts';
import { standardize } from '../programs/standardize.ts';
import { conjugateGradient, dot } from './conjugate-gradient.ts';
import { fisherVectorProduct } from './fisher-vector-product.ts';

/** How {@link NaturalGradient} computes. */
export interface NaturalGradientSettings {
  /** Iterations of conjugate gradients at most. */
  readonly conjugateGradientSteps: number;
  /** c, added to the diagonal of F. */
  readonly damping: number;
  /** Whether a round's advantages get mean 0 and standard deviation 1. */
  readonly normalizeAdvantage: boolean;
}

/** A direction for the policy, see {@link NaturalGradient}. */
export interface NaturalDirection {
  /** xᵀ (F + c I) x = gᵀ x; 0 where there is nowhere to go, NaN where the gradient is not finite. */
  readonly curvature: number;
  /** |g| */
  readonly gradientNorm: number;
  /** E[H(π(·|s))] of the policy that played. */
  readonly entropy: number;
}

/** When a step is kept; where one is NaN, never. */
export interface StepLimits {
  /** The divergence must be less. */
  readonly divergence: number;
  /** The gain must be more. */
  readonly gain: number;
}

/** What came of a step, see {@link NaturalGradient.step}. */
export interface StepOutcome {
  readonly accepted: boolean;
  /** E[(ρ − 1) Â], ρ = π(a|s) / π_old(a|s): how much the surrogate objective rose. */
  readonly gain: number;
  /** E[KL(π_old(·|s) ‖ π(·|s))] */
  readonly divergence: number;
}

/**
 * The natural gradient of a policy from a round of experience (Kakade, 2001), and steps along it:
 *
 *     g = E[Â ∇ log π(a|s)],   x = (F + c I)⁻¹ g   by conjugate gradients on products F v,   θ ← θ + α x.
 *
 * Each of g, F v and a step with its outcome is one program over all transitions of the round.
 */
export class NaturalGradient {
  private readonly settings: NaturalGradientSettings;
  private readonly gradient: ReturnType<typeof gradientProgram>;
  private readonly product: ReturnType<typeof productProgram>;
  private readonly move: ReturnType<typeof stepProgram>;
  private readonly g: Float64Array;
  private readonly x: Float64Array;

  /** @param rows transitions in a round */
  constructor(
    networks: ActorCritic,
    env: VectorEnv,
    rows: number,
    settings: NaturalGradientSettings,
    device: t.Device,
  ) {
    const count = parameterCount(networks.actorParameters);
    const normalizes = settings.normalizeAdvantage && rows > 1;
    const policyInputs = { ...stepInputs(env, rows), advantages: [rows] };
    this.settings = settings;
    this.gradient = gradientProgram(networks, policyInputs, normalizes, device);
    this.product = productProgram(networks, stateInputs(env, rows), count, device);
    this.move = stepProgram(networks, policyInputs, count, normalizes, device);
    this.g = new Float64Array(count);
    this.x = new Float64Array(count);
  }

  /** Computes x from a round that the present policy played. */
  compute(buffer: RolloutBuffer): NaturalDirection {
    const { gradient, product, move, g, x } = this;
    const { conjugateGradientSteps, damping } = this.settings;
    for (const { inputs } of [gradient, product, move]) buffer.gather(0, buffer.size, inputs);
    const { gradient: ascent, entropy } = gradient.run();
    g.set(ascent);
    const dampedProduct = (v: Float64Array, result: Float64Array): void => {
      product.inputs.vector.set(v);
      result.set(product.run().product);
      for (let i = 0; i < v.length; i++) result[i] += damping * v[i];
    };
    conjugateGradient(dampedProduct, g, x, { iterations: conjugateGradientSteps });
    move.inputs.direction.set(x);
    return { curvature: dot(g, x), gradientNorm: Math.sqrt(dot(g, g)), entropy: entropy[0] };
  }

  /** Moves the policy by α x, and puts it back, to the bit, unless what came of it is within the limits. */
  step(alpha: number, limits: StepLimits): StepOutcome {
    const { inputs } = this.move;
    inputs.alpha[0] = alpha;
    inputs.largestDivergence[0] = limits.divergence;
    inputs.smallestGain[0] = limits.gain;
    const { accepted, gain, divergence } = this.move.run();
    return { accepted: accepted[0] === 1, gain: gain[0], divergence: divergence[0] };
  }

  dispose(): void {
    for (const each of [this.gradient, this.product, this.move]) each.dispose();
  }
}

/** What of a round the policy learns from. */
type PolicyInputs = StepInputs & Record<'advantages', t.InputSpec>;

/** g; the gradient of the surrogate E[ρ Â] is that of E[Â log π(a|s)], since ρ = 1. */
function gradientProgram(networks: ActorCritic, inputs: PolicyInputs, normalizes: boolean, device: t.Device) {
  return t.program(
    inputs,
    ({ observations, actions, advantages, actionMasks }) => {
      const policy = networks.policy(observations, actionMasks);
      const weights = normalizes ? standardize(advantages) : advantages;
      const objective = t.mean(t.mul(weights, policy.logProbability(actions)));
      const gradient = flatten(t.grad(objective, Object.values(networks.actorParameters)));
      return { gradient, entropy: t.mean(policy.entropy()) };
    },
    { device },
  );
}

/** F v */
function productProgram(networks: ActorCritic, inputs: StateInputs, count: number, device: t.Device) {
  return t.program(
    { ...inputs, vector: [count] },
    ({ observations, actionMasks, vector }) => {
      const policy = networks.policy(observations, actionMasks);
      return { product: fisherVectorProduct(policy, networks.actorParameters, vector) };
    },
    { device },
  );
}

/** θ ← θ + α x, and θ again as it was where the outcome is not within the limits. */
function stepProgram(
  networks: ActorCritic,
  inputs: PolicyInputs,
  count: number,
  normalizes: boolean,
  device: t.Device,
) {
  const { actorParameters } = networks;
  const variables = Object.values(actorParameters);
  return t.program(
    { ...inputs, direction: [count], alpha: [], largestDivergence: [], smallestGain: [] },
    ({ observations, actions, advantages, actionMasks, ...step }) => {
      const old = networks.policy(observations, actionMasks);
      const before = variables.map((variable) => t.asTensor(variable));
      const change = unflatten(t.mul(step.alpha, step.direction), actorParameters);
      variables.forEach((variable, i) => {
        t.assign(variable, t.add(before[i], change[i]));
      });

      const policy = networks.policy(observations, actionMasks);
      const weights = normalizes ? standardize(advantages) : advantages;
      const logRatio = t.sub(policy.logProbability(actions), old.logProbability(actions));
      const gain = t.mean(t.mul(t.expm1(logRatio), weights));
      const divergence = t.mean(policy.divergenceFrom(old.statistics));
      const accepted = t.logicalAnd(t.less(divergence, step.largestDivergence), t.greater(gain, step.smallestGain));
      variables.forEach((variable, i) => {
        t.assign(variable, t.where(accepted, variable, before[i]));
      });
      return { accepted, gain, divergence };
    },
    { device },
  );
}
