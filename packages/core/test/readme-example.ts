import { Box, Discrete, Random, asVectorEnv, evaluate, type Env } from '@gradus/core';

/** Walk to +5 in as few steps as possible. `reset`, `step` and two spaces are all that an environment needs. */
class Walk implements Env<number[], number> {
  observationSpace = new Box(-5, 5, [1]);
  actionSpace = new Discrete(2);
  position = 0;

  reset() {
    this.position = 0;
    return { observation: [0] };
  }

  step(action: number) {
    this.position = Math.max(-5, this.position + (action === 1 ? 1 : -1));
    const terminated = this.position === 5;
    return { observation: [this.position], reward: -1, terminated, truncated: false };
  }
}

const random = new Random(1);
const drunkard = { act: () => random.integer(2) };
console.log(evaluate(drunkard, new Walk(), { episodes: 100 }).meanReturn); // about −100

const env = asVectorEnv(new Walk()); // checks everything that the environment returns
env.reset({ seed: 1 });
env.step(Int32Array.of(1));
console.log(env.observations, env.rewards); // Float32Array [1], Float64Array [−1]
