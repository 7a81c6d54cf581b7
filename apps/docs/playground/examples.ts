/** A program to begin with. */
export interface Example {
  readonly title: string;
  readonly code: string;
}

/** What the playground begins with. Each runs as it stands. */
export const examples: Readonly<Record<string, Example>> = {
  environment: {
    title: 'an environment',
    code: `// A walk of seven squares: the treasure is at the right end,
// and each step costs a little.
import { Discrete } from '@gradus/core';
import { QLearning } from '@gradus/value-based';

class Walk {
  observationSpace = new Discrete(7);
  actionSpace = new Discrete(2); // left, right
  maxEpisodeSteps = 100;
  reset() {
    this.square = 3;
    return { observation: this.square };
  }
  step(action) {
    this.square += action === 1 ? 1 : -1;
    const treasure = this.square === 6;
    const reward = treasure ? 1 : -0.01;
    const terminated = treasure || this.square === 0;
    return { observation: this.square, reward, terminated, truncated: false };
  }
}

const agent = new QLearning(new Walk(), { gamma: 0.95, seed: 1 });
for (const { step, episodeReturn } of agent.learn({ steps: 10_000 })) {
  plot('return', step, episodeReturn);
}
for (let square = 1; square < 6; square++) print(square, agent.actionValues(square));
`,
  },
  rule: {
    title: 'an update rule',
    code: `// SARSA or Q-learning on the cliff? Change the target,
// and see which path is learned.
import { makeEnv } from '@gradus/envs';
import { Random } from '@gradus/core';

const env = makeEnv('CliffWalking-v1', { maxEpisodeSteps: 500 });
const random = new Random(1);
const q = Array.from({ length: 48 }, () => [0, 0, 0, 0]);
const best = (s) => q[s].indexOf(Math.max(...q[s]));
const choose = (s) => (random.nextFloat() < 0.1 ? random.integer(4) : best(s));

env.reset({ seed: 1 });
for (let episode = 1; episode <= 500; episode++) {
  let s = env.reset().observation;
  let a = choose(s);
  for (let total = 0, over = false; !over; ) {
    const { observation: s2, reward, terminated, truncated } = env.step(a);
    const a2 = choose(s2);
    const next = terminated ? 0 : Math.max(...q[s2]); // Q-learning; SARSA: q[s2][a2]
    q[s][a] += 0.5 * (reward + next - q[s][a]);
    [s, a, over, total] = [s2, a2, terminated || truncated, total + reward];
    if (over) plot('return', episode, Math.max(total, -200));
  }
}
for (let row = 0; row < 4; row++) {
  print(Array.from({ length: 12 }, (_, column) => '↑→↓←'[best(12 * row + column)]).join(' '));
}
`,
  },
  loss: {
    title: 'a loss',
    code: `// REINFORCE with a loss of your own: whole episodes of CartPole,
// one program for the update.
import { Random } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import * as t from '@gradus/tensor';

const random = new Random(1);
const env = makeEnv('CartPole-v1', { maxEpisodeSteps: 200 });
const network = t.mlp({ input: 4, hidden: [32], output: 2, activation: 'tanh', random });
const adam = t.adam(network.parameters, { learningRate: 0.01 });
const ROWS = 1000; // steps of an update, filled up with zeros

const policy = t.program({ x: [1, 4] }, ({ x }) => ({ p: t.softmax(network(x)) }));
const update = t.program({ x: [ROWS, 4], actions: [ROWS, 2], weights: [ROWS] }, (batch) => {
  const chosen = t.sum(t.mul(t.logSoftmax(network(batch.x)), batch.actions), { axis: 1 });
  const loss = t.neg(t.mean(t.mul(batch.weights, chosen))); // the line to change
  adam.minimize(loss);
  return { loss };
});

env.reset({ seed: 1 });
for (let round = 1; round <= 60; round++) {
  const { x, actions, weights } = update.inputs;
  for (const array of [x, actions, weights]) array.fill(0);
  let row = 0, episodes = 0;
  while (row < ROWS - 200) {
    const first = row;
    let { observation } = env.reset();
    for (let over = false; !over; row++) {
      policy.inputs.x.set(observation);
      const action = random.nextFloat() < policy.run().p[0] ? 0 : 1;
      x.set(observation, 4 * row);
      actions[2 * row + action] = 1;
      const result = env.step(action);
      ({ observation } = result);
      over = result.terminated || result.truncated;
    }
    for (let i = first; i < row; i++) weights[i] = (row - i) / 100 - 0.5; // reward to go, and a baseline
    episodes++;
  }
  update.run();
  plot('length of episodes', round, row / episodes);
}
`,
  },
};
