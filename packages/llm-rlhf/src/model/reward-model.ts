import { aDevice, DivergenceError, readNumber, type DeviceOption, type StateDict, type Stateful } from '@gradus/core';
import * as t from '@gradus/tensor';
import { arrayOf, tokenId } from '../checks.ts';
import { aDecoder, drawsWeights, type Decoder } from './decoder.ts';
import { rewardHead, textRewards, type ScalarHead } from './heads.ts';

/** How many texts, and of how many tokens, a {@link RewardModel} reads in one go. */
export interface RewardModelOptions extends DeviceOption {
  /** Texts at a time. Default 64. */
  readonly rows?: number;
  /** Tokens of the longest text. Default: the decoder's longest. */
  readonly maxLength?: number;
}

const someTexts = arrayOf('texts, of at least one token each', (text) => {
  const tokens = text as ArrayLike<unknown> | null;
  return arrayOf('tokens', tokenId.accepts).accepts(tokens) && tokens !== null && tokens.length > 0;
});

/**
 * What people would say of a text, in one number (Christiano et al., 2017; Stiennon et al., 2020): a decoder, and a head on its last token. Train it with
 * `RewardTrainer`, then give it to a trainer as its reward.
 */
export class RewardModel implements Stateful {
  readonly decoder: Decoder;
  readonly head: ScalarHead;
  private bias = 0;
  private readonly options: Required<Pick<RewardModelOptions, 'rows' | 'maxLength'>>;
  private readonly device: t.Device | undefined;
  private program: ReturnType<RewardModel['compile']> | undefined;

  /** With a new head. Throws `RangeError` for an option that is wrong. */
  constructor(decoder: Decoder, random: t.RandomSource, options: RewardModelOptions = {}) {
    t.checkArguments('RewardModel', { decoder, random }, { decoder: aDecoder, random: drawsWeights });
    t.checkOptions('RewardModel', options, {
      rows: t.optional(t.positiveInteger),
      maxLength: t.optional(t.positiveInteger),
      device: t.optional(aDevice),
    });
    this.decoder = decoder;
    this.head = rewardHead(decoder.sizes.width, random);
    const { rows = 64, maxLength = decoder.sizes.positions, device } = options;
    this.options = { rows, maxLength };
    this.device = device;
  }

  /** The weights of both, those of the head as `score.weight`. */
  get parameters(): t.Parameters {
    return { ...this.decoder.parameters, ...this.head.parameters };
  }

  /**
   * The reward of each text, any number of them.
   * @throws RangeError for texts that are empty or too long, and for tokens that the model does not have.
   * @throws DivergenceError for rewards that are not finite.
   */
  score(texts: readonly ArrayLike<number>[]): Float32Array {
    t.checkArguments('score', { texts }, { texts: someTexts });
    const { rows, maxLength } = this.options;
    const program = (this.program ??= this.compile());
    const rewards = new Float32Array(texts.length);
    texts.forEach((text, index) => {
      if (text.length > maxLength) {
        throw new RangeError(`score: text ${index}: expected at most ${maxLength} tokens, got ${text.length}`);
      }
    });
    for (let first = 0; first < texts.length; first += rows) {
      const part = texts.slice(first, first + rows);
      part.forEach((text, row) => {
        for (let i = 0; i < maxLength; i++) program.inputs.tokens[row * maxLength + i] = i < text.length ? text[i] : 0;
        program.inputs.last[row] = text.length - 1;
      });
      program.run();
      for (let row = 0; row < part.length; row++) rewards[first + row] = program.outputs.rewards[row] + this.bias;
    }
    const wrong = rewards.findIndex((reward) => !Number.isFinite(reward));
    if (wrong !== -1) throw new DivergenceError(`score: the reward of text ${wrong} is ${rewards[wrong]}`);
    return rewards;
  }

  /** Shifts rewards so that those of `texts`, such as reference answers, are 0 in mean (Huang et al., 2024). */
  center(texts: readonly ArrayLike<number>[]): void {
    const rewards = this.score(texts);
    this.bias -= rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  }

  /** What `center` has found; weights are saved as parameters. */
  getState(): StateDict {
    return { bias: this.bias };
  }

  setState(state: StateDict): void {
    this.bias = readNumber(state, 'bias');
  }

  private compile() {
    const { rows, maxLength } = this.options;
    return t.program(
      { tokens: { shape: [rows, maxLength], dtype: 'int32' }, last: { shape: [rows], dtype: 'int32' } },
      ({ tokens, last }) => ({ rewards: textRewards(this.decoder, this.head, tokens, last) }),
      this.device === undefined ? {} : { device: this.device },
    );
  }

  /** Frees the program and the head; the decoder stays. */
  dispose(): void {
    this.program?.dispose();
    t.disposeParameters(this.head.parameters);
  }
}

/** A check of arguments. */
export const aRewardModel: t.OptionCheck = {
  expected: 'a RewardModel',
  accepts: (value) => value instanceof RewardModel,
};
