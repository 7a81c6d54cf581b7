import type { Tensor } from '@gradus/tensor';

/** What the outputs of a Q-network mean, and how they learn from what follows. */
export interface ValueHead {
  /** Outputs of the network for each action. */
  readonly outputs: number;
  /** q, the expected return: […, outputs] → […]. */
  readonly values: (outputs: Tensor) => Tensor;
  /**
   * Compares `prediction`, the online network's outputs for the actions taken, with what followed: rewards, discounts, and `next`, the
   * target network's outputs for the next actions. Outputs are [rows × outputs], all others [rows].
   */
  readonly compare: (prediction: Tensor, next: Tensor, rewards: Tensor, discounts: Tensor) => Comparison;
}

/** What a {@link ValueHead} says of each row. */
interface Comparison {
  /** What is minimized, [rows]. */
  readonly losses: Tensor;
  /** How wrong the prediction was, for prioritized replay: at least 0, [rows]. */
  readonly errors: Tensor;
}
