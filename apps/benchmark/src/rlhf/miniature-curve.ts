import type { Decoder } from '@gradus/llm-rlhf';
import {
  scoreMiniature,
  trainMiniature,
  type MiniatureMethod,
  type PreparedMiniature,
} from '@gradus/llm-rlhf/miniature';

/** What summaries are worth after so many completions. */
export interface MiniaturePoint {
  readonly episodes: number;
  readonly gold: number;
  /** By the reward model. */
  readonly reward: number;
  readonly kl: number;
}

/** A policy, and what its summaries were worth on the way. */
export interface MiniatureTraining {
  readonly policy: Decoder;
  readonly curve: readonly MiniaturePoint[];
}

/** Completions that methods learn from which write some. */
export const EPISODES = 19_200;

/** Trains one method, and scores it at so many points of time. */
export async function trainWithCurve(
  method: MiniatureMethod,
  prepared: PreparedMiniature,
  options: {
    readonly seed: number;
    readonly points: number;
    readonly beta?: number;
    readonly learningRate?: number;
    readonly episodes?: number;
  },
): Promise<MiniatureTraining> {
  const { seed, points, beta, learningRate, episodes = EPISODES } = options;
  const pointOf = (policy: Decoder, part: number): MiniaturePoint => {
    const { gold, reward, kl } = scoreMiniature(policy, prepared, { seed, temperature: 1 });
    return { episodes: Math.round(part * episodes), gold: gold.mean, reward, kl };
  };
  const curve = [pointOf(prepared.sft, 0)];
  const policy = await trainMiniature(method, prepared, {
    ...{ seed, episodes },
    ...(beta !== undefined && { beta }),
    ...(learningRate !== undefined && { learningRate }),
    onProgress: (_metrics, part, model) => {
      if (part >= curve.length / points - 1e-9 && curve.length < points) curve.push(pointOf(model, part));
    },
  });
  curve.push(pointOf(policy, 1));
  return { policy, curve };
}
