import {
  anObject,
  checkParameters,
  learnSteps,
  openCheckpoint,
  plainState,
  Random,
  readNumber,
  readState,
  scheduleOf,
  scheduleValue,
  someOptions,
  type Checkpoint,
  type DeviceOption,
  type Learner,
  type LearnMoreOptions,
  type LearnOptions,
  type Metrics,
  type Progress,
  type Schedule,
  type StateDict,
  type Stateful,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { readConfig, type ModelConfig } from '../model/config.ts';
import { aDecoder, emptyDecoder, type Decoder } from '../model/decoder.ts';

/** Options that every trainer has. */
export interface TrainerOptions {
  /** Seeds all that is random in it. Default 0. */
  readonly seed: number;
  /** AdamW's step size, over the progress of training. */
  readonly learningRate: Schedule;
  /** AdamW's ε. Default 1e-8 (PyTorch). */
  readonly adamEpsilon: number;
  /** λ of decoupled weight decay. Default 0 (TRL; PyTorch's AdamW has 0.01). */
  readonly weightDecay: number;
  /** Largest global norm of the gradient, `null` for none. Default 1 (TRL). */
  readonly maxGradNorm: number | null;
}

/** TRL's defaults; step sizes are each trainer's own. */
export const trainerDefaults: Omit<TrainerOptions, 'learningRate'> = {
  seed: 0,
  adamEpsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1,
};

/** What each of these options must be. */
export const trainerChecks: { readonly [Name in keyof TrainerOptions]: t.OptionCheck } = {
  seed: t.naturalNumber,
  learningRate: scheduleOf(t.nonNegativeNumber),
  adamEpsilon: t.positiveNumber,
  weightDecay: t.nonNegativeNumber,
  maxGradNorm: t.nullable(t.positiveNumber),
};

/** What a trainer is called, and what its options are. */
interface TrainerKind<Options extends TrainerOptions> {
  /** The class, for messages, such as `DpoTrainer`. */
  readonly name: string;
  readonly algorithm: string;
  readonly defaults: Options;
  readonly checks: { readonly [Name in keyof Options]: t.OptionCheck };
}

/** What a trainer is made of, each part named once: saving, restoring and freeing follow from that. */
export interface TrainerParts {
  /** Weights by name, each saved as the file `<name>.safetensors`; they must stay finite. */
  readonly networks: Readonly<Record<string, t.Parameters>>;
  readonly optimizer: t.Optimizer;
  /** Whatever else is saved. */
  readonly state: Readonly<Record<string, Stateful>>;
  /** What else is to be freed. */
  readonly programs: readonly { dispose(): void }[];
}

/** What of a trainer an update of its policy needs. */
export interface Updated<Options extends TrainerOptions = TrainerOptions> {
  readonly learner: Learner;
  readonly model: Decoder;
  readonly optimizer: t.Optimizer;
  /** With the number of completions of each prompt. */
  readonly options: Options & { readonly groupSize: number };
  readonly random: Random;
  readonly device: t.Device;
}

/** Inputs of which the model may be missing; of each kind of inputs, where there are several. */
type PerhapsModel<Inputs> = Inputs extends { readonly model: unknown }
  ? Omit<Inputs, 'model'> & Partial<Pick<Inputs, 'model'>>
  : never;

/** A trainer's class, as far as going on needs it. */
interface TrainerClass<Trained extends Trainer, Inputs extends { readonly model: unknown }> {
  new (inputs: Inputs, options?: Partial<Trained['options']> & DeviceOption): Trained;
  readonly algorithm: string;
  /** A model whose weights are about to be replaced. */
  createModel(config: ModelConfig): unknown;
}

/**
 * What all trainers of language models share: options that are checked, counting, saving, going on and freeing. They count the texts that they learn from: rows of
 * supervised fine-tuning, pairs, or completions that were generated. `learn({ steps: 3 * rows.length })` is three epochs.
 */
export abstract class Trainer<Options extends TrainerOptions = TrainerOptions> implements Learner {
  readonly algorithm: string;
  readonly options: Options;
  /** The decoder that is trained. */
  protected readonly decoder: Decoder;
  /** Draws what is drawn while training. */
  protected readonly random: Random;
  protected readonly device: t.Device;
  protected abstract readonly parts: TrainerParts;
  private done = 0;
  private totalSteps = 0;
  private start: { readonly step: number; readonly time: number } = { step: 0, time: 0 };

  /** Throws `RangeError` for an unknown option or a wrong one, and for what is no model. */
  constructor(
    kind: TrainerKind<Options>,
    inputs: { readonly model: Decoder },
    options: Partial<Options> & DeviceOption,
  ) {
    t.checkArguments(kind.name, { inputs, options }, { inputs: anObject, options: someOptions });
    const { model } = inputs;
    t.checkArguments(kind.name, { model }, { model: aDecoder });
    const { device, ...given } = options;
    t.checkOptions(kind.name, given as Partial<Options>, kind.checks);
    this.algorithm = kind.algorithm;
    this.options = { ...kind.defaults, ...given };
    this.decoder = model;
    this.random = new Random(this.options.seed);
    this.device = device ?? t.defaultDevice();
  }

  /** Trains up to so many texts, or so many more; yields after each update of weights, or each round of them. */
  abstract learn(
    options: LearnOptions | LearnMoreOptions,
  ): Generator<Progress, void, void> | AsyncGenerator<Progress, void, void>;

  /** Texts that it has learned from. */
  get step(): number {
    return this.done;
  }

  /** What of it an update of the policy needs, and AdamW over the model's weights and those of `others`. */
  protected updated(groupSize: number, others: Readonly<Record<string, t.Parameters>> = {}): Updated<Options> {
    const { decoder: model, options, random, device } = this;
    const all =
      Object.keys(others).length === 0 ? model.parameters : t.joinParameters({ model: model.parameters, ...others });
    return {
      learner: this,
      model,
      optimizer: this.createOptimizer(all),
      options: { ...options, groupSize },
      random,
      device,
    };
  }

  /** What rounds need to know of it. */
  protected get context(): { readonly learner: Learner; readonly random: Random; readonly device: t.Device } {
    return { learner: this, random: this.random, device: this.device };
  }

  /** AdamW over these parameters. */
  protected createOptimizer(parameters: t.Parameters): t.Optimizer {
    const { adamEpsilon: epsilon, weightDecay } = this.options;
    return t.adamW(parameters, { epsilon, weightDecay });
  }

  /** The step size of each round that `options` leave to be done, every one of which ends with {@link Trainer.progress}. */
  protected *rounds(options: LearnOptions | LearnMoreOptions): Generator<number, void, void> {
    this.totalSteps = learnSteps(options, this.done);
    if (this.done >= this.totalSteps) {
      console.warn(
        `learn: nothing to do, since ${this.done} texts are done; steps: ${this.totalSteps} counts from the first one, moreSteps from the present one`,
      );
    }
    this.start = { step: this.done, time: performance.now() };
    while (this.done < this.totalSteps) yield scheduleValue(this.options.learningRate, this.done / this.totalSteps);
  }

  /** Counts a round of `texts`, and returns what is yielded after it. */
  protected progress(
    texts: number,
    metrics: Metrics,
    finished: Pick<Progress, 'episodes' | 'episodeReturn' | 'episodeLength'> = noEpisodes,
  ): Progress {
    const step = (this.done += texts);
    // Weights of the last round have no other that would show what they are.
    if (step >= this.totalSteps) this.checkWeights();
    const seconds = (performance.now() - this.start.time) / 1000;
    return {
      step,
      totalSteps: this.totalSteps,
      ...finished,
      finishedEpisodes: [],
      metrics: { ...metrics, 'time/steps_per_second': (step - this.start.step) / seconds },
    };
  }

  /** Throws `DivergenceError` where weights are not finite. */
  private checkWeights(): void {
    for (const parameters of Object.values(this.parts.networks)) checkParameters(this, parameters);
  }

  /** Weights, the optimizer's state and all that is needed to go on as if nothing had been in between. Throws `DivergenceError` where weights are not finite. */
  checkpoint(): Checkpoint {
    this.checkWeights();
    const { random, decoder, options, done } = this;
    const states = Object.entries(this.parts.state).map(([name, part]) => [name, part.getState()]);
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(options),
        config: plainState(decoder.config),
        done,
        random: random.getState(),
        ...(Object.fromEntries(states) as StateDict),
      },
      files: Object.fromEntries(
        this.stored.map(([name, parameters]) => [`${name}.safetensors`, t.saveParameters(parameters)]),
      ),
    };
  }

  private get stored(): [name: string, parameters: t.Parameters][] {
    return [...Object.entries(this.parts.networks), ['optimizer', this.parts.optimizer.state]];
  }

  /**
   * The trainer that was saved, which goes on exactly as if it had not been interrupted, given the same data and rewards again; the model is made anew unless one
   * is given, whose weights then become those that were saved. What `options` give replaces what it was made with.
   * @throws CheckpointError for a checkpoint of another algorithm, one that is incomplete, or one that does not fit what is given.
   * @throws SafetensorsError when the weights are corrupt.
   */
  static restore<Trained extends Trainer, Inputs extends { readonly model: unknown }>(
    this: TrainerClass<Trained, Inputs>,
    checkpoint: Checkpoint,
    inputs: PerhapsModel<Inputs>,
    options: Partial<Trained['options']> & DeviceOption = {},
  ): Trained {
    t.checkArguments('restore', { inputs, options }, { inputs: someOptions, options: someOptions });
    const { state, file } = openCheckpoint(checkpoint, this.algorithm);
    const model = inputs.model ?? this.createModel(readConfig(readState(state, 'config')));
    const given = { ...readState(state, 'options'), ...options } as Partial<Trained['options']> & DeviceOption;
    const trainer = new this({ ...inputs, model } as unknown as Inputs, given);
    for (const [name, parameters] of trainer.stored) t.loadParameters(parameters, file(`${name}.safetensors`));
    trainer.done = readNumber(state, 'done');
    trainer.random.setState(readState(state, 'random'));
    for (const [name, part] of Object.entries(trainer.parts.state)) part.setState(readState(state, name));
    return trainer;
  }

  /** A decoder of that config whose weights are about to be replaced. */
  static createModel(config: ModelConfig): unknown {
    return emptyDecoder(config);
  }

  /** Frees programs and the optimizer's state; the model stays. */
  dispose(): void {
    for (const program of this.parts.programs) program.dispose();
    t.disposeParameters(this.parts.optimizer.state);
  }
}

const noEpisodes = { episodes: 0, episodeReturn: NaN, episodeLength: NaN };
