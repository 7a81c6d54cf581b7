import {
  BaseAgent,
  checkActing,
  checkActingTogether,
  checkParameters,
  createActions,
  everyStep,
  naturalNumber,
  observationRows,
  positiveNumber,
  savedValues,
  type ActOptions,
  type ActionArray,
  type ActionDistribution,
  type AgentParts,
  type DeviceOption,
  type Env,
  type Observation,
  type OptionCheck,
  type Progress,
  type Random,
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import { TabularSoftmax } from './policies/tabular-softmax.ts';

/**
 * The gradient bandit algorithm (Sutton and Barto, 2018, §2.8), in contexts s where there are several (§2.9; S5.6): preferences H of arms, played by a
 * softmax, which climb the stochastic gradient of the mean reward after every pull,
 *
 *     π(a | s) = e^{H(s,a)} / Σ_b e^{H(s,b)},   ∇E[R] = E[(R − R̄(s)) ∇ log π(A | s)],
 *     H(s, a) ← H(s, a) + α (R − R̄(s)) ([a = A] − π(a | s))
 *
 * Every step is a decision of its own: nothing is discounted, and what an arm leads to does not matter. A new episode is taken for more of the same
 * problem. Action masks are passed over.
 */
export interface GradientBanditOptions {
  /** α. Default 0.1 (Sutton and Barto, figure 2.5). */
  readonly alpha: number;
  /**
   * R̄(s): a number, the same everywhere, or `mean`, the mean of the rewards that came before in that context; at the first visit that is the reward
   * itself, and nothing is learned. Default `mean`.
   */
  readonly baseline: number | 'mean';
  /** Seeds actions and the environment. Default 0. */
  readonly seed: number;
}

/** Those of the textbook. */
export const gradientBanditDefaults: GradientBanditOptions = { alpha: 0.1, baseline: 'mean', seed: 0 };

const optionChecks: { readonly [Name in keyof GradientBanditOptions]: OptionCheck } = {
  alpha: positiveNumber,
  baseline: {
    expected: "a finite number or 'mean'",
    accepts: (value) => Number.isFinite(value) || value === 'mean',
  },
  seed: naturalNumber,
};

/** Environment steps between two yields of `learn`. */
const YIELD_INTERVAL = 1000;

/** A gradient bandit agent; see {@link GradientBanditOptions} for the algorithm. */
export class GradientBandit extends BaseAgent<GradientBanditOptions> {
  static readonly algorithm = 'gradient-bandit';
  protected readonly parts: AgentParts;
  /** H as `parameters`, [contexts × arms], at first 0. */
  readonly policy: TabularSoftmax;
  /** The numbers of the first context and the first arm in the environment's spaces. */
  private readonly firstContext: number;
  private readonly firstArm: number;
  /** How many rewards came in each context, and their mean. */
  private readonly counts: Uint32Array;
  private readonly means: Float64Array;
  /** For arms that `act` draws: acting does not change what is learned. */
  private readonly actingRandom: Random;
  private readonly actions: ActionArray;
  /** ∇ log π(A | s), [contexts × arms]. */
  private readonly score: Float64Array;

  /**
   * @param env one copy of an environment with `Discrete` observations, the contexts, and `Discrete` actions, the arms
   * @throws RangeError for any other, an unknown option or a wrong one.
   */
  constructor(env: Env | VectorEnv, options: Partial<GradientBanditOptions> & DeviceOption = {}) {
    const { algorithm } = GradientBandit;
    super({ name: 'GradientBandit', algorithm, defaults: gradientBanditDefaults, checks: optionChecks }, env, options);
    const { numEnvs, observationSpace, actionSpace } = this.env;
    if (numEnvs !== 1) throw new RangeError(`GradientBandit: expected one copy of the environment, got ${numEnvs}`);
    if (observationSpace.kind !== 'discrete' || actionSpace.kind !== 'discrete') {
      const got = `${observationSpace.toString()} and ${actionSpace.toString()}`;
      throw new RangeError(`GradientBandit: expected Discrete observations and actions, got ${got}`);
    }
    this.firstContext = observationSpace.start;
    this.firstArm = actionSpace.start;
    this.policy = new TabularSoftmax({ numStates: observationSpace.n, numActions: actionSpace.n });
    this.counts = new Uint32Array(observationSpace.n);
    this.means = new Float64Array(observationSpace.n);
    this.actingRandom = this.random.fork('acting');
    this.actions = createActions(actionSpace, 1);
    this.score = new Float64Array(this.policy.numParameters);
    const { counts, means, actingRandom } = this;
    this.parts = {
      policy: this,
      learned: { preferences: this.policy.parameters },
      state: { rewards: savedValues({ counts, means }), actingRandom },
    };
  }

  /** The arm of largest preference, the first of equal ones; one drawn from the policy without `deterministic`. */
  override act(observation: Observation, options: ActOptions = {}): SpaceValue {
    checkActing(this.env.observationSpace, observation, options);
    const { deterministic = true } = options;
    const context = observationRows(this.env, observation)[0] - this.firstContext;
    return this.firstArm + (deterministic ? this.bestArm(context) : this.policy.sample(context, this.actingRandom));
  }

  override actBatch(observations: Float32Array, actions: ActionArray, options: ActOptions = {}): void {
    checkActingTogether(this.env, observations, actions, options);
    for (let row = 0; row < actions.length; row++) actions[row] = Number(this.act(observations[row], options));
  }

  private bestArm(context: number): number {
    const probabilities = this.policy.probabilities(context);
    return probabilities.indexOf(probabilities.reduce((most, probability) => Math.max(most, probability)));
  }

  /**
   * The `probabilities` of arms, [n × arms], in one context or in many in a Float32Array. Throws `RangeError` for what is none of the environment's contexts.
   */
  actionDistribution(observations: Observation | Float32Array): ActionDistribution & { probabilities: Float32Array } {
    const contexts = observationRows(this.env, observations);
    const { numActions } = this.policy;
    const probabilities = new Float32Array(contexts.length * numActions);
    contexts.forEach((context, row) => {
      probabilities.set(this.policy.probabilities(context - this.firstContext), row * numActions);
    });
    return { probabilities };
  }

  /** Yields every 1000 steps, and at the end. */
  protected train(totalSteps: number): Generator<Progress, void, void> {
    let [total, count] = [0, 0];
    return everyStep(this.training, totalSteps, {
      interval: YIELD_INTERVAL,
      step: () => {
        total += this.pull();
        count++;
      },
      report: () => {
        const reward = total / count;
        total = count = 0;
        return { 'train/reward': reward };
      },
    });
  }

  /** Pulls an arm and learns from its reward, which it returns. */
  private pull(): number {
    const { env, policy, counts, means, score, actions } = this;
    const { alpha, baseline } = this.options;
    const context = env.observations[0] - this.firstContext;
    const arm = policy.sample(context, this.random);
    actions[0] = this.firstArm + arm;
    this.training.step(actions);
    const reward = env.rewards[0];
    if (counts[context]++ === 0) means[context] = reward;
    const advantage = reward - (baseline === 'mean' ? means[context] : baseline);
    means[context] += (reward - means[context]) / counts[context];

    policy.score(context, arm, score);
    for (let i = 0; i < score.length; i++) policy.parameters[i] += alpha * advantage * score[i];
    checkParameters(this, { preferences: policy.parameters });
    return reward;
  }
}
