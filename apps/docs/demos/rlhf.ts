import { Random } from '@gradus/core';
import { completeAll, copyDecoder, RlooTrainer, type Decoder } from '@gradus/llm-rlhf';
import {
  END,
  judgeSummary,
  makeMiniature,
  miniatureTokenizer,
  scoreMiniature,
  SUMMARY_LENGTH,
  type PreparedMiniature,
} from '@gradus/llm-rlhf/miniature';
import { decodeSafetensors, encodeSafetensors, loadParameters, type Parameters } from '@gradus/tensor';
import type { Demo, DemoSettings, Ended, LoadPretrained, Snapshot } from './demo.ts';
import { GrowingCurve } from './engine/growing-curve.ts';
import { createModels } from './rlhf-model.ts';

/** Completions of a round, in groups of four. */
const ROUND = 96;
const ROUNDS = 150;
/** Rounds between two looks at posts that nobody has learned from, and their number. */
const INTERVAL = 5;
const HELD_OUT = 100;

/** Reinforcement learning from human feedback in miniature (S7): RLOO against a reward model, under the eyes of the gold judge, who has no part in it. */
class RlhfDemo implements Demo {
  private readonly prepared: Pick<PreparedMiniature, 'data' | 'sft' | 'rewardModel'>;
  private readonly policy: Decoder;
  private readonly trainer: RlooTrainer;
  private readonly learning: AsyncGenerator<{ readonly step: number }, void, void>;
  private readonly seed: number;
  private readonly rewards = new GrowingCurve();
  private readonly golds = new GrowingCurve();
  private rounds = 0;
  private first: { readonly reward: number; readonly gold: number } | undefined;
  private score: number | undefined;
  private best: number | undefined;
  private divergence = 0;

  constructor(prepared: RlhfDemo['prepared'], { seed, chosen }: DemoSettings) {
    this.prepared = prepared;
    this.seed = seed;
    const { data, sft, rewardModel } = prepared;
    this.policy = copyDecoder(sft);
    this.trainer = new RlooTrainer(
      { model: this.policy, reference: sft, prompts: data.prompts, reward: rewardModel, endOfText: END },
      {
        ...{ seed, batchSize: ROUND, groupSize: 4, epochs: 4, learningRate: 1e-3, adamEpsilon: 1e-5 },
        ...{ maxNewTokens: SUMMARY_LENGTH, klCoefficient: Number(chosen.beta) },
      },
    );
    this.learning = this.trainer.learn({ steps: ROUND * ROUNDS });
    this.examine();
  }

  get ended(): Ended | undefined {
    return this.rounds >= ROUNDS ? 'all steps done' : undefined;
  }

  async learn(): Promise<void> {
    if (this.ended !== undefined) return;
    await this.learning.next();
    this.rounds++;
    if (this.rounds % INTERVAL === 0) this.examine();
  }

  /** What the policy's summaries are worth to the reward model and to the gold judge, both above where it began. */
  private examine(): void {
    const { policy, prepared, seed } = this;
    const { gold, reward, kl } = scoreMiniature(policy, prepared as PreparedMiniature, { seed, temperature: 1 });
    this.first ??= { reward, gold: gold.mean };
    this.divergence = Math.max(kl, 0);
    this.rewards.add(this.divergence, reward - this.first.reward);
    this.score = gold.mean - this.first.gold;
    this.golds.add(this.divergence, this.score);
    this.best = Math.max(this.best ?? -Infinity, this.score);
  }

  snapshot(): Snapshot {
    const { rounds, score, best, ended, rewards, golds } = this;
    return {
      ...{ step: rounds, unit: 'rounds', over: 'nats away from supervised fine-tuning', score, best, ended },
      curves: [
        { label: 'what the reward model says', points: rewards.points },
        { label: 'what the gold judge says', points: golds.points },
      ],
      views: [],
      texts: this.texts(),
    };
  }

  /** A post, and the policy's most probable summary. */
  private texts(): Snapshot['texts'] {
    const { data, rewardModel } = this.prepared;
    const [{ prompt, completion }] = data.heldOut;
    const [{ tokens }] = completeAll(this.policy, [{ prompt }], {
      ...{ maxNewTokens: SUMMARY_LENGTH, stopTokens: [END], temperature: 0, random: new Random(0) },
    });
    const tokenizer = miniatureTokenizer();
    const words = (text: ArrayLike<number>): string => tokenizer.decode(Array.from(text), { skipSpecial: true });
    const [reward] = rewardModel.score([[...Array.from(prompt), ...tokens]]);
    return [
      { label: 'A post', text: words(prompt) },
      { label: 'A person’s summary', text: words(completion) },
      { label: 'The model’s', text: words(tokens) || '(nothing)' },
      { label: 'The reward model gives it', text: signed(reward) },
      { label: 'The gold judge, 3 at most', text: signed(judgeSummary(prompt, tokens).gold) },
    ];
  }

  dispose(): void {
    this.trainer.dispose();
  }
}

/** The demo of the catalog. What comes before reinforcement learning was trained by `train-rlhf.ts`. */
export async function create(settings: DemoSettings, load: LoadPretrained): Promise<Demo> {
  const { sft, rewardModel } = createModels(new Random(settings.seed));
  const weights = await load('rlhf');
  take(sft.parameters, weights, 'sft/');
  take(rewardModel.parameters, weights, 'reward/');
  const data = makeMiniature({
    seed: settings.seed,
    training: 1,
    validation: HELD_OUT,
    prompts: (ROUND / 4) * ROUNDS,
    heldOut: HELD_OUT,
  });
  rewardModel.center(
    data.validation.map(({ prompt, completion }) => [...Array.from(prompt), ...Array.from(completion)]),
  );
  return new RlhfDemo({ data, sft, rewardModel }, settings);
}

/** Loads the weights whose names begin with `prefix`. */
function take(parameters: Parameters, file: Uint8Array, prefix: string): void {
  const own = Object.entries(decodeSafetensors(file)).filter(([name]) => name.startsWith(prefix));
  const tensors = Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  loadParameters(parameters, encodeSafetensors(tensors));
}

/** With two digits, and a minus. */
function signed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}
