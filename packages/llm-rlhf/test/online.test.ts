import { DivergenceError, Random, type Learner, type Schedule } from '@gradus/core';
import {
  copyDecoder,
  GrpoTrainer,
  PpoTrainer,
  RebelTrainer,
  ReinforceTrainer,
  RewardModel,
  RlooTrainer,
  TextGenerator,
  type Decoder,
  valueHead,
  type PromptInputs,
  type PpoInputs,
  type RewardFunction,
} from '@gradus/llm-rlhf';
import { saveParameters } from '@gradus/tensor';
import { describe, expect, test, vi } from 'vitest';
import { expectClose, flat, readGolden, type Numbers } from './golden.ts';
import { load } from './load.ts';
import { contents, nextLogProbabilities, tinyModel, trainTo } from './trainers.ts';

/** Numbers between blanks. */
const digits = {
  encode: (text: string) => text.split(' ').map(Number),
  decode: (tokens: ArrayLike<number>) => Array.from(tokens).join(' '),
};

/** What each token is worth as an answer of one token. */
const worth = [0, 0.3, 1, -0.5, 0.7, 0.2];
const worthOf: RewardFunction = (_prompts, _completions, { completions }) => completions.map(([token]) => worth[token]);

/** One question, answers of one token: all can be computed. */
function bandit(model = tinyModel()): PromptInputs {
  return { model, prompts: [{ prompt: [1] }], reward: worthOf, tokenizer: digits, endOfText: 0 };
}

const decaying: Schedule = { kind: 'linear', from: 0.02, to: 0, until: 1 };

/** π ∝ π_ref exp(r / β), which maximizes E r − β KL(π ‖ π_ref). */
function bestPolicy(reference: Float32Array, beta: number): number[] {
  const weights = worth.map((reward, token) => Math.exp(reference[token] + reward / beta));
  const total = weights.reduce((sum, weight) => sum + weight);
  return weights.map((weight) => weight / total);
}

describe.each([0, 1, 2])('answers of one token, seed %d', (seed) => {
  const common = { seed, batchSize: 256, maxNewTokens: 1, learningRate: decaying, klCoefficient: 0.5 };
  test.each([
    ['REINFORCE', (inputs: PromptInputs) => new ReinforceTrainer(inputs, { ...common, baselineDecay: 0.99 })],
    ['REINFORCE, two passes', (inputs: PromptInputs) => new ReinforceTrainer(inputs, { ...common, epochs: 2 })],
    ['RLOO, k = 2', (inputs: PromptInputs) => new RlooTrainer(inputs, common)],
    [
      'RLOO, k = 4, two passes',
      (inputs: PromptInputs) => new RlooTrainer(inputs, { ...common, groupSize: 4, epochs: 2 }),
    ],
    ['PPO', (inputs: PromptInputs) => new PpoTrainer(inputs, { ...common, epochs: 2 })],
    [
      'PPO, shared',
      (inputs: PromptInputs) => new PpoTrainer({ ...inputs, critic: 'shared' }, { ...common, epochs: 2 }),
    ],
    ['REBEL', (inputs: PromptInputs) => new RebelTrainer(inputs, { ...common, epochs: 2 })],
  ] as const)('%s arrives at π ∝ π_ref exp(r / β)', async (_name, create) => {
    const inputs = bandit();
    const best = bestPolicy(nextLogProbabilities(inputs.model, [1]), 0.5);
    await trainTo(create(inputs), 200 * 256);
    const policy = nextLogProbabilities(inputs.model, [1]).map(Math.exp);
    best.forEach((probability, token) => expect(Math.abs(policy[token] - probability)).toBeLessThan(0.03));
  });

  test('GRPO, whose divergence is that of the reference from the policy', async () => {
    const inputs = bandit();
    const reference = nextLogProbabilities(inputs.model, [1]).map(Math.exp);
    const trainer = new GrpoTrainer(inputs, {
      ...{ seed, batchSize: 256, maxNewTokens: 1, learningRate: decaying },
      groupSize: 4,
      scaleRewards: 'none',
      beta: 0.5,
    });
    await trainTo(trainer, 200 * 256);
    // The gradient of k3 is that of KL(π_ref ‖ π); a mean that a reward is itself part of leaves (k − 1) / k of it.
    const beta = (0.5 * 4) / 3;
    // π = β π_ref / (λ − r), where λ makes the sum 1.
    const policyFor = (lambda: number): number[] => worth.map((reward, i) => (beta * reference[i]) / (lambda - reward));
    let [low, high] = [Math.max(...worth), Math.max(...worth) + beta];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (policyFor(middle).reduce((sum, each) => sum + each) > 1) low = middle;
      else high = middle;
    }
    const policy = nextLogProbabilities(inputs.model, [1]).map(Math.exp);
    policyFor(high).forEach((probability, token) => expect(Math.abs(policy[token] - probability)).toBeLessThan(0.03));
  });
});

/** Prompts and answers of several lengths. */
function texts(model: Decoder = tinyModel({ positions: 8 })): PromptInputs {
  const reward: RewardFunction = (_prompts, _completions, { completions }) =>
    completions.map((completion) => completion.filter((token) => token === 2).length);
  const prompts = [[1], [1, 3], [4, 4, 4], [5, 1]].map((prompt) => ({ prompt }));
  return { model, prompts, reward, tokenizer: digits, endOfText: 0 };
}

const small = { batchSize: 8, maxNewTokens: 5, learningRate: 0.01 };
const trainers = [
  ['ReinforceTrainer', ReinforceTrainer, { ...small, epochs: 2 }],
  ['RlooTrainer', RlooTrainer, { ...small, minibatches: 2, epochs: 2, referenceSync: { every: 2, mix: 0.5 } }],
  ['GrpoTrainer', GrpoTrainer, { ...small, groupSize: 4, beta: 0.1, minibatches: 2, epochs: 2 }],
  ['PpoTrainer', PpoTrainer, { ...small, adaptiveKl: { target: 1, horizon: 100 } }],
  ['RebelTrainer', RebelTrainer, small],
] as const;

describe.each(trainers)('%s', (_name, Trainer, options) => {
  test('stopped and resumed is the same as uninterrupted', async () => {
    const whole = new Trainer(texts(), options);
    await trainTo(whole, 80);
    const first = new Trainer(texts(), options);
    for await (const { step } of first.learn({ steps: 80 })) if (step >= 40) break;
    const { prompts, reward, tokenizer, endOfText } = texts();
    const again = (Trainer as typeof RlooTrainer).restore(first.checkpoint(), {
      prompts,
      reward,
      tokenizer,
      endOfText,
    });
    const second: Learner = again;
    await trainTo(second, 80);
    expect(contents(second.checkpoint())).toEqual(contents(whole.checkpoint()));
  });

  test('a step size with which weights leave all numbers ends training, whatever the next round would say of them', async () => {
    for (const epochs of [1, 2]) {
      const diverging = new Trainer(texts(), { ...options, epochs, learningRate: 1e30, maxGradNorm: null });
      const error: unknown = await trainTo(diverging, 80).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DivergenceError);
      expect((error as Error).message).toMatch(/^rlhf-\w+: .+; the learning rate may be too large$/);
    }
  });

  test('what is wrong is refused by name', async () => {
    const inputs = texts();
    expect(() => new Trainer(inputs, { ...options, temperature: 1e-7 })).toThrow('a number of at least 1e-6, got 1e-7');
    expect(() => new Trainer({ ...inputs, prompts: [] }, options)).toThrow('expected a list of at least one example');
    expect(() => new Trainer({ ...inputs, tokenizer: undefined }, options)).toThrow('expected a tokenizer');
    expect(() => new Trainer({ ...inputs, endOfText: 6 }, options)).toThrow("one of the model's 6 tokens, got 6");
    expect(() => new Trainer(inputs, { ...options, maxNewTokens: 6 })).toThrow('expected promptLength + maxNewTokens');
    expect(() => new Trainer(inputs, { ...options, batchSize: 7, minibatches: 2 })).toThrow(
      'expected batchSize to be a multiple of',
    );
    const rewarded = (reward: RewardFunction) => trainTo(new Trainer({ ...inputs, reward }, options), 8);
    await expect(rewarded(() => [1])).rejects.toThrow('reward: expected 8 rewards, one for each completion, got [1]');
    const ownIterator = { length: 8, [Symbol.iterator]: () => [9].values() };
    const listed: ArrayLike<number> = Object.assign([1, 2, 3, 4, 5, 6, 7, 8], ownIterator);
    const taken = new Trainer({ ...inputs, reward: () => listed }, options);
    for await (const { metrics } of taken.learn({ steps: 8 })) expect(metrics['rewards/reward/mean']).toBe(4.5);
    for (const [wrong, got] of [
      [NaN, 'NaN'],
      [1e39, '1e+39'],
      ['1', '"1"'],
      [true, 'true'],
      [1n, '1n'],
      [null, 'null'],
      [undefined, 'undefined'],
    ] as const) {
      const message = `reward: expected finite numbers, at most 3.4e38, got ${got} for completion 3`;
      const error: unknown = await rewarded((prompts) => prompts.map((_, i) => (i === 3 ? wrong : 0) as number)).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toEqual(typeof wrong === 'number' ? new DivergenceError(message) : new RangeError(message));
      expect(error instanceof DivergenceError).toBe(typeof wrong === 'number');
    }
    const named = (name: string, weight: number) => ({ name, reward: () => new Float32Array(8).fill(3e38), weight });
    const sum = (...weights: readonly [number, number]) =>
      trainTo(new Trainer({ ...inputs, reward: [named('a', weights[0]), named('b', weights[1])] }, options), 8);
    await expect(sum(1, 1)).rejects.toThrow(
      /^a \+ b: expected a weighted sum that is finite in float32, at most 3.4e38, got 6.*e\+38 for completion 0$/,
    );
    expect(() => sum(1, 1e39)).toThrow('weight is 1e+39, expected a number that is finite in float32');
    expect(() => new Trainer(inputs, { ...options, missingEnd: { kind: 'replace', value: -1e39 } })).toThrow(
      'value is -1e+39, expected a number that is finite in float32, at most 3.4e38',
    );
    await expect(rewarded(() => Promise.reject(new Error('the judge is away')))).rejects.toThrow('the judge is away');
  });
});

test('nothing has changed at the first step of a round: π is π_old, whatever the lengths of prompts', async () => {
  const [ppo] = await trainTo(new PpoTrainer(texts(), { ...small, batchSize: 64, epochs: 1 }), 64);
  expect(Math.abs(ppo['val/ratio'] - 1)).toBeLessThan(1e-5);
  expect(ppo['policy/approxkl_avg']).toBeLessThan(1e-10);
  const progress = new RebelTrainer(texts(), { ...small, batchSize: 64, epochs: 1, klCoefficient: 0 }).learn({
    steps: 64,
  });
  const { value } = await progress.next();
  if (value === undefined) throw new Error('nothing was yielded');
  const scores = value.completions().map(({ score }) => score as number);
  let squares = 0;
  for (let i = 0; i < 64; i += 2) squares += (scores[i] - scores[i + 1]) ** 2;
  expect(value.metrics.loss).toBeCloseTo(squares / 32, 4);
});

test('the divergence is the sum over tokens of what the two policies say of them, and rewards see texts', async () => {
  const reference = tinyModel({ positions: 8, seed: 9 });
  const model = tinyModel({ positions: 8 });
  const before = copyDecoder(model);
  const seen: string[][] = [];
  const reward: RewardFunction = async (prompts, completions) => {
    seen.push([...prompts], [...completions]);
    return Promise.resolve(prompts.map(() => 1));
  };
  const trainer = new RlooTrainer({ ...texts(model), reference, reward: [{ name: 'one', reward, weight: 2 }] }, small);
  const { value } = await trainer.learn({ steps: 8 }).next();
  if (value === undefined) throw new Error('nothing was yielded');
  const table = value.completions();
  expect(table.map(({ prompt }) => prompt)).toEqual(seen[0]);
  expect(table.map(({ completion }) => completion)).toEqual(seen[1]);
  expect(table.map(({ one, score }) => [one, score])).toEqual(Array.from({ length: 8 }, () => [1, 2]));
  let divergence = 0;
  for (const { prompt, completion } of table) {
    const tokens = digits.encode(prompt as string);
    const answer = completion === '' ? [] : digits.encode(completion as string);
    if (answer.length < 5) answer.push(0);
    for (const token of answer) {
      divergence += nextLogProbabilities(before, tokens)[token] - nextLogProbabilities(reference, tokens)[token];
      tokens.push(token);
    }
  }
  expect(value.metrics['objective/kl']).toBeCloseTo(divergence / 8, 4);
  expect(value.metrics['completions/max_length']).toBeLessThanOrEqual(5);
});

test('a reward model rewards what functions would by its scores', async () => {
  const model = new RewardModel(tinyModel({ positions: 8, seed: 3 }), new Random(4));
  const scores: RewardFunction = (_prompts, _completions, { rows, completions }) =>
    model.score(completions.map((completion, i) => [...Array.from(rows[i].prompt), ...completion]));
  const rounds = [model, scores].map(async (reward) => trainTo(new RlooTrainer({ ...texts(), reward }, small), 24));
  const [byModel, byFunction] = await Promise.all(rounds);
  const rewardsOf = (metrics: typeof byModel) =>
    metrics.map(({ reward, 'objective/kl': kl, loss }) => [reward, kl, loss]);
  expect(rewardsOf(byModel)).toEqual(rewardsOf(byFunction));
});

test('an iteration of PPO is that of the golden one, from what was generated to the weights after four passes', async () => {
  type Golden = Readonly<Record<string, Numbers>> & {
    readonly epochs: readonly Readonly<Record<string, number>>[];
  };
  const golden = readGolden('ppo_iteration') as Golden;
  const number = (name: string): number => golden[name] as number;
  const [model, reference] = [load('gpt2').decoder, load('gpt2').decoder];
  let index = 0;
  for (const name of Object.keys(model.parameters).sort()) {
    const variable = model.parameters[name];
    variable.write(Array.from(variable.read(), (value) => value + Math.fround(0.05 * Math.sin(++index))));
  }
  const padding = number('pad_id');
  const prompts = (golden.query as number[][]).map((query) => ({ prompt: query.filter((token) => token !== padding) }));
  const scores = golden.scores as number[];
  const written = golden.response as number[][];
  const lengths = (golden.mask as number[][]).map((row) => row.reduce((sum, each) => sum + each, 0));
  const inputs: PpoInputs = {
    ...{ model, reference, prompts, critic: 'shared', tokenizer: digits, endOfText: number('eos_id') },
    reward: (_prompts, _completions, { rows }) =>
      rows.map((row) => scores[prompts.indexOf(row as (typeof prompts)[0])]),
  };
  const options = {
    ...{ batchSize: 4, maxNewTokens: 6, temperature: number('temperature'), epochs: golden.epochs.length },
    ...{ learningRate: number('lr'), adamEpsilon: number('eps'), maxGradNorm: number('max_grad_norm') },
    ...{ klCoefficient: number('kl_coef'), gamma: number('gamma'), gaeLambda: number('lam') },
    ...{
      clipRange: number('cliprange'),
      clipRangeValue: number('cliprange_value'),
      valueCoefficient: number('vf_coef'),
    },
  };
  const saved = new PpoTrainer(inputs, options).checkpoint();
  expect(Object.keys(saved.files)).toEqual(['model.safetensors', 'head.safetensors', 'optimizer.safetensors']);
  const head = valueHead(model.sizes.width);
  for (const [name, variable] of Object.entries(head.parameters)) variable.write(flat(golden[`v_head.${name}`]));
  const files = { ...saved.files, 'head.safetensors': saveParameters(head.parameters) };
  const trainer = PpoTrainer.restore({ ...saved, files }, inputs);
  // The prompts of a round stand in an order of its own.
  vi.spyOn(TextGenerator.prototype, 'generate').mockImplementation((rows) => {
    const order = rows.map((row) => prompts.findIndex(({ prompt }) => prompt === row));
    const pick = (values: Numbers): number[] => order.flatMap((row) => flat((values as Numbers[])[row]));
    const tokens = order.flatMap((row) => written[row].map((token, i) => (i < lengths[row] ? token : -1)));
    return {
      tokens: Int32Array.from(tokens),
      logProbabilities: Float32Array.from(pick(golden.old_logps)),
      lengths: Int32Array.from(order.map((row) => lengths[row])),
      ended: new Uint8Array(4),
    };
  });
  const [metrics] = await trainTo(trainer, 4);
  expectClose([metrics['objective/kl']], golden.objective_kl, 2e-5);
  const mean = (name: string): number =>
    golden.epochs.reduce((sum, epoch) => sum + epoch[name], 0) / golden.epochs.length;
  expectClose(
    [metrics['loss/policy_avg'], metrics['loss/value_avg'], metrics.loss, metrics.grad_norm, metrics.entropy],
    [mean('pg_loss'), mean('vf_loss'), mean('loss'), mean('grad_norm'), mean('entropy')],
    1e-4,
  );
});

test('PPO refuses, before anything is generated, rounds that cannot be whitened and a horizon that a round is longer than', () => {
  const make = (changes: object) => () => new PpoTrainer(texts(), { ...small, ...changes });
  expect(make({ batchSize: 1 })).toThrow(
    'expected batchSize to be an integer of at least 2, since advantages are whitened over all tokens of a round, got 1',
  );
  expect(make({ batchSize: 2, maxNewTokens: 1 })).not.toThrow();
  expect(make({ adaptiveKl: { target: 1, horizon: 7 } })).toThrow(
    new RangeError('PpoTrainer: expected the horizon of adaptiveKl to be at least batchSize, 8, got 7'),
  );
  expect(make({ adaptiveKl: { target: 1, horizon: 8 } })).not.toThrow();
});
