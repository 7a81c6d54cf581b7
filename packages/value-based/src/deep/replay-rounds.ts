import {
  UpdateMetrics,
  readNumber,
  scheduleValue,
  type ActionArray,
  type Agent,
  type AgentState,
  type Metrics,
  type Minibatches,
  type OffPolicyLoop,
  type PrioritizedReplayBatch,
  type Progress,
  type Schedule,
  type StateDict,
} from '@gradus/core';
import type { Program } from '@gradus/tensor';

/** A step by one minibatch; `metrics` are those of {@link metricNames}, `errors` those of its rows, for prioritized replay. */
export type MinibatchUpdate = Program<
  Record<Exclude<keyof PrioritizedReplayBatch, 'nextActionMasks'> | 'learningRate', unknown>,
  Record<'metrics' | 'errors', unknown>
>;

/** What of {@link ReplayRounds} is the algorithm's own. */
export interface RoundOptions {
  /** Minibatch steps in a round. */
  readonly gradientSteps: number;
  /** The step size, over the progress of training. */
  readonly learningRate: Schedule;
  /** Fills what a step needs besides its minibatch, such as a key. Default: nothing. */
  readonly prepare?: (() => void) | undefined;
  /** What a step reports besides {@link metricNames}, behind them. Default: nothing. */
  readonly otherMetrics?: readonly string[] | undefined;
}

/** What a step reports, in the order of its output `metrics`. */
const metricNames = ['train/loss', 'train/q_value', 'train/gradient_norm'] as const;

/** What a round consists of. */
interface Round {
  readonly minibatches: Minibatches;
  readonly update: MinibatchUpdate;
  /** Moves the target network towards what was learned. */
  readonly updateTarget: Program<object, object>;
}

/** How networks of action values learn from a replay buffer: by rounds of minibatch steps, counted over all of training, with a target network. */
export class ReplayRounds implements AgentState {
  private readonly loop: OffPolicyLoop;
  private readonly round: Round;
  private readonly options: RoundOptions;
  private updates = 0;

  constructor(loop: OffPolicyLoop, round: Round, options: RoundOptions) {
    this.loop = loop;
    this.round = round;
    this.options = options;
  }

  /** Trains `agent`, which acts by `explore`, until `totalSteps` environment steps are done; yields as the loop does. Throws `DivergenceError` for means that are not finite. */
  run(
    agent: Agent,
    totalSteps: number,
    explore: (actions: ActionArray, progress: number) => Metrics,
  ): Generator<Progress, void, void> {
    return this.loop.run(totalSteps, {
      explore,
      improve: (progress) => this.improve(agent, progress),
      updateTarget: () => this.round.updateTarget.run(),
    });
  }

  private improve(agent: Agent, progress: number): Metrics {
    const { update, minibatches } = this.round;
    const { gradientSteps, learningRate, prepare, otherMetrics = [] } = this.options;
    const rate = scheduleValue(learningRate, progress);
    update.inputs.learningRate[0] = rate;
    const reported = new UpdateMetrics(agent, [...metricNames, ...otherMetrics]);
    for (let i = 0; i < gradientSteps; i++) {
      minibatches.draw(update.inputs, progress);
      prepare?.();
      const { metrics, errors } = update.run();
      reported.add(metrics);
      minibatches.learnedFrom(errors);
    }
    this.updates += gradientSteps;
    return { ...reported.means(), 'train/learning_rate': rate, 'train/updates': this.updates };
  }

  getState(): StateDict {
    return { updates: this.updates };
  }

  setState(state: StateDict): void {
    this.updates = readNumber(state, 'updates');
  }
}
