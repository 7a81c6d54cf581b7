import {
  ProgressRecorder,
  Random,
  UpdateMetrics,
  checkArguments,
  checkOptions,
  checkParameters,
  fraction,
  layerSizes,
  learnSteps,
  naturalNumber,
  nonNegativeNumber,
  openCheckpoint,
  optional,
  plainState,
  positiveInteger,
  readState,
  scheduleOf,
  scheduleValue,
  someOptions,
  type Checkpoint,
  type DeviceOption,
  type LearnMoreOptions,
  type LearnOptions,
  type Learner,
  type OptionCheck,
  type Progress,
  type Schedule,
  type Stateful,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { AfterstateValues } from './afterstate-values.ts';
import { Lookahead, someTurn, type Turn } from './lookahead.ts';
import { aDiceGame, type DiceGame } from './dice-game.ts';
import { OUTCOMES, lambdaTargets } from './outcomes.ts';
import { SelfPlay, type FinishedGame } from './self-play.ts';
import { TargetRows } from './target-rows.ts';

/** Options of {@link TdGammon}. */
export interface TdGammonOptions {
  /** Seeds weights and dice. Default 0. */
  readonly seed: number;
  /** Units of the hidden layers, sigmoid. Default [80] (Tesauro, 1992: 40 at first, then 80). */
  readonly hidden: readonly number[];
  /** λ of the returns. Default 0.7 (Tesauro, 1992). */
  readonly lambda: number;
  /** Adam's step size over the progress of training. Default: from 0.01 to 0.0001, exponentially; ours. */
  readonly learningRate: Schedule;
  /** Afterstates in a minibatch, a little more than a game has. Default 64; ours. */
  readonly batchSize: number;
  /** Games that are played side by side. Default 32; ours. */
  readonly numGames: number;
  /** Plies after which a game has to be over: `learn` throws `EnvError` where one is not. Default 10,000. */
  readonly maxPlies: number;
}

/** The defaults of {@link TdGammonOptions}. */
export const tdGammonDefaults: TdGammonOptions = {
  seed: 0,
  hidden: [80],
  lambda: 0.7,
  learningRate: { kind: 'exponential', from: 0.01, to: 0.0001 },
  batchSize: 64,
  numGames: 32,
  maxPlies: 10_000,
};

const optionChecks: { readonly [Name in keyof TdGammonOptions]: OptionCheck } = {
  seed: naturalNumber,
  hidden: layerSizes,
  lambda: fraction,
  learningRate: scheduleOf(nonNegativeNumber),
  batchSize: positiveInteger,
  numGames: positiveInteger,
  maxPlies: positiveInteger,
};

/** How {@link TdGammon.choose} looks ahead. */
export interface ChooseOptions {
  /**
   * 1: what each play leads to is as good as the net says. 2: as the best that the other player can make of it, averaged over his rolls. Tesauro's counting; GNU Backgammon's is one less.
   * Default 1.
   */
  readonly plies?: 1 | 2 | undefined;
}

const oneOrTwo: OptionCheck = { expected: '1 or 2', accepts: (value) => value === 1 || value === 2 };

/** One step on a minibatch: Δw = α Adam(Σ_i (G_i − v_i(s; w)) ∇v_i(s; w)), the mean over its afterstates s. */
function updateProgram(values: AfterstateValues, inputs: number, options: TdGammonOptions, device: t.Device) {
  const { batchSize } = options;
  const { network } = values;
  const optimizer = t.adam(network.parameters);
  const update = t.program(
    { inputs: [batchSize, inputs], targets: [batchSize, OUTCOMES], learningRate: [] },
    (batch) => {
      const errors = t.sub(batch.targets, network(batch.inputs));
      const loss = t.mul(0.5, t.mean(t.sum(t.square(errors), { axis: -1 })));
      const { gradientNorm } = optimizer.minimize(loss, { learningRate: batch.learningRate });
      return { metrics: t.stack([loss, gradientNorm]) };
    },
    { device },
  );
  return { update, optimizer };
}

/** What an update reports, in the order of its output `metrics`. */
const metricNames = ['train/loss', 'train/gradient_norm'] as const;

/**
 * TD-Gammon (Tesauro, 1992, 1995; S2.6): a net v(s; w) of an afterstate's five outcomes, learned by TD(λ) from games that it plays against itself, taking the afterstate of the highest equity.
 *
 *     Δw = α Σ_t Σ_i (G_t,i^λ − v_i(s_t; w)) ∇v_i(s_t; w),   G_t^λ = flip((1 − λ) v(s_{t+1}) + λ G_{t+1}^λ)
 *
 * where the last G is the outcome; `flip` sees it as the other player does. This is the forward view of TD(λ), by games that are over: the sum equals Σ_t δ_t e_t, with eligibility
 * traces e_t = λ e_{t−1} + ∇v(s_t), where weights stay the same within a game, and needs no trace of every weight for each of the outcomes. Games are played side by side and learned from in
 * minibatches, with Adam for the plain steps of 1992.
 *
 * It counts games where agents count steps, and is a player of `@gradus/envs/backgammon`. Progress tells points of a game as its return, plies as its length.
 */
export class TdGammon implements Learner {
  static readonly algorithm = 'td-gammon';
  readonly algorithm: string = TdGammon.algorithm;
  readonly options: TdGammonOptions;
  /** The net's weights. */
  readonly parameters: t.Parameters;
  /** A minibatch step. `learn` fills its inputs and runs it. */
  readonly update: t.Program<Record<'inputs' | 'targets' | 'learningRate', unknown>, Record<'metrics', unknown>>;
  private readonly game: DiceGame;
  private readonly values: AfterstateValues;
  private readonly lookahead: Lookahead;
  private readonly selfPlay: SelfPlay;
  private readonly rows: TargetRows;
  private readonly optimizer: t.Optimizer;
  private readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly random: Random;

  /** Throws `RangeError` for what is no game, and for an unknown option or a wrong one. */
  constructor(game: DiceGame, options: Partial<TdGammonOptions> & DeviceOption = {}) {
    checkArguments('TdGammon', { game, options }, { game: aDiceGame, options: someOptions });
    const { device = t.defaultDevice(), ...given } = options;
    checkOptions('TdGammon', given as Partial<TdGammonOptions>, optionChecks);
    this.options = { ...tdGammonDefaults, ...given };
    this.game = game;
    this.random = new Random(this.options.seed);
    this.values = new AfterstateValues(game, this.options.hidden, this.random, device);
    this.parameters = this.values.network.parameters;
    this.lookahead = new Lookahead(game, this.values);
    const { numGames, maxPlies } = this.options;
    this.selfPlay = new SelfPlay(game, numGames, maxPlies, this.values, this.random);
    const { update, optimizer } = updateProgram(this.values, game.inputs, this.options, device);
    this.update = update;
    this.optimizer = optimizer;
    this.rows = new TargetRows(game, update, this.options.batchSize);
  }

  /** Games that it has learned from. */
  get step(): number {
    return this.recorder.step;
  }

  /** Learns from so many games, or so many more, up to `numGames` more than asked for; yields whenever some are over, after the updates. Throws `EnvError` where a game's functions return what they cannot. */
  *learn(options: LearnOptions | LearnMoreOptions): Generator<Progress, void, void> {
    const { recorder, selfPlay } = this;
    const totalSteps = learnSteps(options, this.step);
    recorder.start(totalSteps);
    while (this.step < totalSteps) {
      const finished = selfPlay.play();
      if (finished.length === 0) continue;
      const episodes = finished.map(({ points, plies }, i) => {
        return { step: this.step + i + 1, return: points, length: plies };
      });
      const metrics = this.improve(finished, this.step / totalSteps);
      recorder.recordUntil(this.step + finished.length, episodes);
      if (this.step >= totalSteps) checkParameters(this, this.parameters);
      yield recorder.progress(metrics);
    }
  }

  /** Learns from finished games; `progress` is the part of training done. */
  private improve(finished: readonly FinishedGame[], progress: number): Progress['metrics'] {
    const { update, rows, options } = this;
    const rate = scheduleValue(options.learningRate, progress);
    update.inputs.learningRate[0] = rate;
    const reported = new UpdateMetrics(this, metricNames);
    for (const { afterstates, values, plies } of finished) {
      const targets = lambdaTargets(values, plies, options.lambda);
      rows.add(afterstates, targets, plies - 1, () => {
        reported.add(update.run().metrics);
      });
    }
    return { ...reported.means(), 'train/learning_rate': rate };
  }

  /**
   * Which of a roll's afterstates has the highest equity, counted from 0: the player's choice in `turn`.
   * @throws RangeError for what are no afterstates of the game, `EnvError` where its functions return what they cannot.
   */
  choose(turn: Turn, options: ChooseOptions = {}): number {
    checkArguments('choose', { turn, options }, { turn: someTurn(this.game), options: someOptions });
    checkOptions('choose', options, { plies: optional(oneOrTwo) });
    return this.lookahead.choose(turn.afterstates, options.plies ?? 1);
  }

  /**
   * What the net says of afterstates, each for the player who made it: the probabilities that he wins, wins a gammon or more, wins a backgammon, loses a gammon or more, loses a backgammon;
   * where the game is over, what is certain. [n × 5]
   * @throws RangeError for what are no afterstates of the game.
   */
  evaluate(afterstates: readonly Int8Array[]): Float32Array {
    checkArguments('evaluate', { turn: { afterstates } }, { turn: someTurn(this.game) });
    return this.lookahead.evaluate(afterstates);
  }

  /** Weights, the games that are being played, and all else that is needed to go on as if nothing had been in between. Throws `DivergenceError` where weights are not finite. */
  checkpoint(): Checkpoint {
    checkParameters(this, this.parameters);
    const states = Object.entries(this.states).map(([name, part]) => [name, part.getState()] as const);
    return {
      algorithm: this.algorithm,
      state: { options: plainState(this.options), ...Object.fromEntries(states) },
      files: {
        'values.safetensors': t.saveParameters(this.parameters),
        'optimizer.safetensors': t.saveParameters(this.optimizer.state),
      },
    };
  }

  private get states(): Readonly<Record<string, Stateful>> {
    const { random, recorder, selfPlay, rows } = this;
    return { random, recorder, selfPlay, rows };
  }

  /**
   * What was saved, which goes on exactly as if it had not been interrupted. What `options` give replaces what it was made with.
   * @throws RangeError for what is no game, an unknown option or a wrong one.
   * @throws CheckpointError when the checkpoint is another algorithm's or incomplete, or of another game, where positions are none of it, or an option does not fit what was saved.
   * @throws SafetensorsError when the weights are corrupt, or of another shape.
   */
  static load(checkpoint: Checkpoint, game: DiceGame, options: Partial<TdGammonOptions> & DeviceOption = {}): TdGammon {
    checkArguments('load', { options }, { options: someOptions });
    const { state, file } = openCheckpoint(checkpoint, TdGammon.algorithm);
    const agent = new TdGammon(game, { ...readState(state, 'options'), ...options });
    t.loadParameters(agent.parameters, file('values.safetensors'));
    t.loadParameters(agent.optimizer.state, file('optimizer.safetensors'));
    for (const [name, part] of Object.entries(agent.states)) part.setState(readState(state, name));
    return agent;
  }

  dispose(): void {
    this.update.dispose();
    this.values.dispose();
    t.disposeParameters(this.optimizer.state);
  }
}
