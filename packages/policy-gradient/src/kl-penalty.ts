import { readNumber, type StateDict, type Stateful } from '@gradus/core';

/** What {@link KlPenalty} is told. */
interface KlPenaltyOptions {
  /** β in the first round. */
  readonly klCoefficient: number;
  /** The divergence that β is adapted to; `null` for a constant β. */
  readonly klTarget: number | null;
}

/** β of PPO's KL penalty, which is doubled and halved so that the divergence of a round comes near to a target (Schulman et al., 2017, section 4). */
export class KlPenalty implements Stateful {
  private readonly options: KlPenaltyOptions;
  private beta: number;

  constructor(options: KlPenaltyOptions) {
    this.options = options;
    this.beta = options.klCoefficient;
  }

  get coefficient(): number {
    return this.beta;
  }

  /** Makes β that of the next round, from the divergence `kl` that this one arrived at. */
  adapt(kl: number): void {
    const { klTarget } = this.options;
    if (klTarget === null) return;
    if (kl > klTarget * 1.5) this.beta *= 2;
    else if (kl < klTarget / 1.5) this.beta /= 2;
  }

  getState(): StateDict {
    return { klCoefficient: this.beta, first: this.options.klCoefficient };
  }

  /** β goes on from where it was, unless it is constant or another one was given to begin with. */
  setState(state: StateDict): void {
    const { klCoefficient, klTarget } = this.options;
    const { first = klCoefficient } = state;
    if (klTarget !== null && first === klCoefficient) this.beta = readNumber(state, 'klCoefficient');
  }
}
