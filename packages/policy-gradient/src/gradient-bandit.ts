import {
  ProgressRecorder,
  Random,
  TrainingEnv,
  asVectorEnv,
  checkActing,
  checkActingTogether,
  checkOptions,
  checkParameters,
  createActions,
  learnSteps,
  naturalNumber,
  openCheckpoint,
  plainState,
  positiveNumber,
  readState,
  restoreArray,
  numbersOf,
  type ActOptions,
  type ActionArray,
  type Agent,
  type Checkpoint,
  type Env,
  type LearnOptions,
  type Observation,
  type OptionCheck,
  type Progress,
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
export class GradientBandit implements Agent {
  readonly algorithm = 'gradient-bandit';
  readonly options: GradientBanditOptions;
  /** H as `parameters`, [contexts × arms], at first 0. */
  readonly policy: TabularSoftmax;
  private readonly env: VectorEnv;
  /** The numbers of the first context and the first arm in the environment's spaces. */
  private readonly firstContext: number;
  private readonly firstArm: number;
  /** How many rewards came in each context, and their mean. */
  private readonly counts: Uint32Array;
  private readonly means: Float64Array;
  private readonly random: Random;
  /** For arms that `act` draws: acting does not change what is learned. */
  private readonly actingRandom: Random;
  private readonly training: TrainingEnv;
  private readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly actions: ActionArray;
  /** ∇ log π(A | s), [contexts × arms]. */
  private readonly score: Float64Array;

  /**
   * @param env one copy of an environment with `Discrete` observations, the contexts, and `Discrete` actions, the arms
   * @throws RangeError for any other, an unknown option or a wrong one.
   */
  constructor(env: Env | VectorEnv, options: Partial<GradientBanditOptions> = {}) {
    checkOptions<GradientBanditOptions>('GradientBandit', options, optionChecks);
    this.options = { ...gradientBanditDefaults, ...options };
    this.env = asVectorEnv(env);
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
    this.random = new Random(this.options.seed);
    this.actingRandom = this.random.fork('acting');
    this.training = new TrainingEnv(this.env, this.options.seed);
    this.actions = createActions(actionSpace, 1);
    this.score = new Float64Array(this.policy.numParameters);
  }

  get step(): number {
    return this.recorder.step;
  }

  /** The arm of largest preference, the first of equal ones; one drawn from the policy without `deterministic`. */
  act(observation: Observation, options: ActOptions = {}): SpaceValue {
    checkActing(this.env.observationSpace, observation, options);
    const { deterministic = true } = options;
    const context = numbersOf(this.env.observationSpace, observation)[0] - this.firstContext;
    return this.firstArm + (deterministic ? this.bestArm(context) : this.policy.sample(context, this.actingRandom));
  }

  actBatch(observations: Float32Array, actions: ActionArray, options: ActOptions = {}): void {
    checkActingTogether(this.env, observations, actions, options);
    for (let row = 0; row < actions.length; row++) actions[row] = Number(this.act(observations[row], options));
  }

  private bestArm(context: number): number {
    const probabilities = this.policy.probabilities(context);
    return probabilities.indexOf(probabilities.reduce((most, probability) => Math.max(most, probability)));
  }

  /** Trains up to `steps` environment steps; yields every 1000 of them, and at the end. */
  *learn(options: LearnOptions): Generator<Progress, void, void> {
    const steps = learnSteps(options);
    const { env, recorder } = this;
    this.training.begin();
    recorder.start(steps);
    let total = 0;
    let count = 0;
    while (recorder.step < steps) {
      total += this.pull();
      count++;
      recorder.record(env);
      if (recorder.step % YIELD_INTERVAL !== 0 && recorder.step < steps) continue;
      yield recorder.progress({ 'train/reward': total / count });
      total = 0;
      count = 0;
    }
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

  checkpoint(): Checkpoint {
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        preferences: this.policy.parameters.slice(),
        counts: this.counts.slice(),
        means: this.means.slice(),
        random: this.random.getState(),
        actingRandom: this.actingRandom.getState(),
        recorder: this.recorder.getState(),
        training: this.training.getState(),
      },
      files: {},
    };
  }

  /**
   * The agent that was saved, ready to act and to go on learning in `env` exactly as if it had not been interrupted.
   * @throws CheckpointError when the checkpoint is another algorithm's, or the state does not fit the environment.
   */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): GradientBandit {
    const { state } = openCheckpoint(checkpoint, 'gradient-bandit', env);
    const agent = new GradientBandit(env, readState(state, 'options'));
    restoreArray(state, 'preferences', agent.policy.parameters);
    restoreArray(state, 'counts', agent.counts);
    restoreArray(state, 'means', agent.means);
    agent.random.setState(readState(state, 'random'));
    agent.actingRandom.setState(readState(state, 'actingRandom'));
    agent.recorder.setState(readState(state, 'recorder'));
    agent.training.setState(readState(state, 'training'));
    return agent;
  }

  dispose(): void {
    // Holds nothing but memory.
  }
}
