import { Box, Discrete, type Env } from '@gradus/core';
import { saveParameters, variable } from '@gradus/tensor';
import { Dqn, type DqnOptions } from '@gradus/value-based';
import { expect, test } from 'vitest';
import { ScriptedEnv } from '../support/scripted-env.ts';

/** A noisy agent without hidden layers for `inputs` numbers: all μ are 0 and all σ ½, so that every action's q is noise alike. */
function allNoise(env: Env, inputs: number, actions: number, changes: Partial<DqnOptions>): Dqn {
  const { files, ...rest } = new Dqn(env, { ...changes, noisy: true, hidden: [] }).checkpoint();
  const parameter = (shape: number[], value: number) =>
    variable(shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(value));
  const parameters = saveParameters({
    '0.weight': parameter([inputs, actions], 0),
    '0.bias': parameter([actions], 0),
    '0.weightSigma': parameter([inputs, actions], 0.5),
    '0.biasSigma': parameter([actions], 0.5),
  });
  const changed = { ...files, 'online.safetensors': parameters, 'target.safetensors': parameters };
  return Dqn.restore({ ...rest, files: changed }, env);
}

/** One state that nothing leads out of. */
function singleState(numActions: number): Env<number[], number> {
  const result = { observation: [1], reward: 0, terminated: false, truncated: false };
  return {
    observationSpace: new Box(-1, 1, [1]),
    actionSpace: new Discrete(numActions),
    reset: () => result,
    step: () => result,
  };
}

// With two actions and `double` the noise of the choice counts: if it were that of the value, the larger value would be chosen.
test.each([
  [1, false],
  [2, true],
])('q(s, a), q(s′, a′) and the choice of a′ have noise of their own: %i actions, double %s', (actions, double) => {
  const agent = allNoise(singleState(actions), 1, actions, { double, loss: 'squared', batchSize: 1, seed: 5 });
  const { inputs } = agent.update;
  for (const input of [inputs.observations, inputs.nextObservations, inputs.rewards, inputs.discounts]) input.fill(1);
  const n = 20_000;
  const squares = Array.from({ length: n }, (_, i) => {
    inputs.key[1] = i;
    return agent.update.run().errors[0] ** 2;
  });
  // q is f(ε′) (½ + ½ f(ε)) with E f = 0 and E f² = √(2/π) =: c. The error is 1 + q(s′, a′) − q(s, a).
  const c = Math.sqrt(2 / Math.PI);
  const expected = 1 + 2 * c * (1 / 4 + c / 4);
  const mean = squares.reduce((a, b) => a + b) / n;
  const deviation = Math.sqrt(squares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
  expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(n));
});

test('noise explores, with a new draw in each step; asked for the best action the agent has none', () => {
  const env = new ScriptedEnv();
  const steps = 3000;
  const changes = { learningRate: 0, learningStarts: 0, trainFrequency: 100, epsilon: 0, seed: 3 };
  const agent = allNoise(env, 2, 3, changes);
  Array.from(agent.learn({ steps }));
  // All actions are alike, so each has a third, and a third of all steps repeats the action before.
  const actions = env.log.map(({ action }) => action);
  const repeats = actions.filter((action, i) => action === actions[i - 1]).length;
  const counts = [1, 2, 3].map((action) => actions.filter((each) => each === action).length);
  const error = 4 * Math.sqrt((steps * 2) / 9);
  for (const count of [...counts, repeats]) expect(Math.abs(count - steps / 3)).toBeLessThanOrEqual(error);
  // Without noise all values are 0, and the first action is the best.
  for (const { observation } of env.log.slice(0, 20)) expect(agent.act(observation)).toBe(1);
});

test('acting with noise does not change what is learned', () => {
  const env = new ScriptedEnv();
  const changes = { learningStarts: 10, trainFrequency: 10, epsilon: 0, seed: 3 };
  const [agent, other] = [0, 1].map(() => allNoise(new ScriptedEnv(), 2, 3, changes));
  for (const each of [agent, other]) Array.from(each.learn({ steps: 50 }));
  const { observation } = env.reset();
  const actions = Array.from({ length: 100 }, () => agent.act(observation, { deterministic: false }));
  expect(new Set(actions).size).toBe(3);
  for (const each of [agent, other]) Array.from(each.learn({ steps: 100 }));
  expect(agent.checkpoint().files).toStrictEqual(other.checkpoint().files);
});

test('saved and restored, the agent goes on with the noise it would have acted with', () => {
  const env = new ScriptedEnv();
  const agent = allNoise(env, 2, 3, { seed: 3 });
  const { observation } = env.reset();
  const act = (each: Dqn) => Array.from({ length: 50 }, () => each.act(observation, { deterministic: false }));
  const before = act(agent);
  const restored = Dqn.restore(agent.checkpoint(), env);
  const after = act(agent);
  expect(act(restored)).toEqual(after);
  expect(after).not.toEqual(before);
});
