import { Box, Discrete, Random, evaluate, type Env, type ResetOptions, type StepResult } from '@gradus/core';
import { Ppo } from '@gradus/policy-gradient';
import { expect, test } from 'vitest';

/** All that a user has to write: walk left (0) or right (1) to cell 7 of ten; each step costs 0.1. */
class Corridor implements Env<number[], number> {
  readonly observationSpace = new Box(0, 1, [1]);
  readonly actionSpace = new Discrete(2);
  private random = new Random();
  private cell = 0;
  private steps = 0;

  reset({ seed }: ResetOptions = {}): { observation: number[] } {
    if (seed !== undefined) this.random = new Random(seed);
    this.cell = this.random.integer(7);
    this.steps = 0;
    return { observation: [this.cell / 10] };
  }

  step(action: number): StepResult<number[]> {
    this.cell = Math.min(Math.max(this.cell + (action === 1 ? 1 : -1), 0), 9);
    this.steps++;
    const terminated = this.cell === 7;
    return {
      observation: [this.cell / 10],
      reward: terminated ? 1 : -0.1,
      terminated,
      truncated: this.steps >= 50,
    };
  }
}

test("a user's environment of thirty lines trains, and the agent finds the shortest way", () => {
  const agent = new Ppo(new Corridor(), { steps: 256, learningRate: 3e-3, seed: 1 });
  const before = evaluate(agent, new Corridor(), { episodes: 50, seed: 1 });
  Array.from(agent.learn({ steps: 4096 }));
  const after = evaluate(agent, new Corridor(), { episodes: 50, seed: 1 });
  // From a cell in 0 … 6 it takes seven steps at most: returns of 0.4 … 1.
  expect(after.meanReturn).toBeGreaterThan(0.4);
  expect(Math.max(...after.lengths)).toBeLessThanOrEqual(7);
  expect(after.meanReturn).toBeGreaterThan(before.meanReturn);
});
