import { Box, Discrete, Random, type Env, type ResetResult, type StepResult } from '@gradus/core';

const SIZE = 3;

/** Images [3, 3, 2] whose second channel has one pixel lit; the action that names its column gets a reward of 1. Twenty steps. */
export class ImageEnv implements Env<number[], number> {
  readonly observationSpace = new Box(0, 1, [SIZE, SIZE, 2], { dtype: 'uint8' });
  readonly actionSpace = new Discrete(SIZE);
  private random = new Random(0);
  private place = 0;
  private steps = 0;

  reset({ seed }: { readonly seed?: number | undefined } = {}): ResetResult<number[]> {
    if (seed !== undefined) this.random = new Random(seed);
    this.steps = 0;
    return { observation: this.draw() };
  }

  step(action: number): StepResult<number[]> {
    const reward = Number(action === this.place % SIZE);
    return { observation: this.draw(), reward, terminated: false, truncated: ++this.steps === 20 };
  }

  private draw(): number[] {
    this.place = this.random.integer(SIZE * SIZE);
    return Array.from({ length: 2 * SIZE * SIZE }, (_, i) => Number(i === 2 * this.place + 1));
  }
}
