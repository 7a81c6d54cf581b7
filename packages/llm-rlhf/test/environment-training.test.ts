import { Random, type Learner, type Metrics } from '@gradus/core';
import {
  EpisodePlayer,
  GrpoTrainer,
  PpoTrainer,
  RebelTrainer,
  ReinforceTrainer,
  RlooTrainer,
  type EnvironmentInputs,
  type Episode,
  type Row,
  type TextEnvironment,
} from '@gradus/llm-rlhf';
import { describe, expect, test, vi } from 'vitest';
import { tableDecoder, tokenizerOf } from './chain.ts';
import { expectClose } from './golden.ts';
import { contents, tinyModel, trainTo } from './trainers.ts';

const call = '{"name": "more"}';
const words = ['<end>', 'Q', 'R', '[', ']', '(', ')', call, 'y', 'yy'];
const errors = ['error: the call is no JSON', 'error: the call does not end'];
/** What the environment alone writes. */
const foreign = ['(', 'yy', ...errors];
const all = [...words, ...errors];
const size = all.length;

/** The tool answers with what the model does not know before; turns are worth something, and so is the end. */
class More implements TextEnvironment {
  private asked = 0;
  private start = '';
  readonly tools = { more: (): string => (this.asked++ === 0 ? 'y' : 'yy') };
  reset({ start }: Row): string {
    this.start = String(start);
    return this.start;
  }
  turnReward(): number {
    return this.asked === 1 ? 0.75 : -0.25;
  }
  reward(): number {
    return this.start === 'Q' ? this.asked : 1 - this.asked;
  }
}

/** Models that often call the tool, and often wrongly. */
function logitsOf(seed: number): number[][] {
  const random = new Random(seed);
  const likely = (word: string, next: string): number => {
    if (foreign.includes(next)) return -30;
    return next === '[' || (word === '[' && next === call) || (word === call && next === ']') ? 1.5 : 0;
  };
  return all.map((word) => all.map((next) => Math.fround(random.normal() + likely(word, next))));
}

/** All that a trainer is given but the model. */
function world(): Omit<EnvironmentInputs, 'model'> {
  return {
    ...{ endOfText: 0, maxLength: 24, maxTurns: 3, tokenizer: tokenizerOf(all) },
    environment: () => new More(),
    rows: [{ start: 'Q' }, { start: 'R' }, { start: 'QR' }],
    format: { callStart: '[', callEnd: ']', resultStart: '(', resultEnd: ')' },
  };
}

function inputs(model = tableDecoder(logitsOf(1))): EnvironmentInputs {
  return { ...world(), model };
}

/** All episodes that are played in this test. */
function watch(): Episode[] {
  const seen: Episode[] = [];
  const play = Object.getOwnPropertyDescriptor(EpisodePlayer.prototype, 'play')?.value as EpisodePlayer['play'];
  vi.spyOn(EpisodePlayer.prototype, 'play').mockImplementation(async function (this: EpisodePlayer, ...given) {
    const episodes = await play.apply(this, given);
    seen.push(...episodes);
    return episodes;
  });
  return seen;
}

const sum = (values: Iterable<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

describe('an update of several turns, computed again in float64 from what was played', () => {
  const [theta, thetaReference] = [logitsOf(1), logitsOf(2)];
  const logSoftmax = (table: number[][], before: number, token: number): number =>
    table[before][token] - Math.log(sum(table[before].map(Math.exp)));
  /** Places where the model wrote. */
  const written = ({ tokens, modelMask }: Episode) =>
    Array.from(tokens, (token, at) => ({ token, at, before: tokens[at - 1] })).filter(({ at }) => modelMask[at] === 1);
  /** log π − log π_ref, token by token. */
  const divergences = (episode: Episode): number[] =>
    written(episode).map(
      ({ before, token }) => logSoftmax(theta, before, token) - logSoftmax(thetaReference, before, token),
    );
  const beta = 0.3;
  const penalized = (episode: Episode): number => episode.reward - beta * sum(divergences(episode));
  const [batchSize, groupSize] = [24, 4];
  const groupOf = (episodes: Episode[], i: number): Episode[] => {
    const first = i - (i % groupSize);
    return episodes.slice(first, first + groupSize);
  };
  const meanOf = (values: number[]): number => sum(values) / values.length;
  const deviation = (values: number[]): number =>
    Math.sqrt(sum(values.map((value) => (value - meanOf(values)) ** 2)) / (values.length - 1));

  /** w of each token that the model wrote: the gradient is that of −Σ w log π. */
  const ways = {
    ReinforceTrainer: (episodes: Episode[]) =>
      episodes.map((episode) => written(episode).map(() => penalized(episode) / batchSize)),
    RlooTrainer: (episodes: Episode[]) =>
      episodes.map((episode, i) => {
        const others = groupOf(episodes, i).filter((other) => other !== episode);
        const advantage = penalized(episode) - meanOf(others.map(penalized));
        return written(episode).map(() => advantage / batchSize);
      }),
    GrpoTrainer: (episodes: Episode[]) => {
      const count = sum(episodes.map((episode) => written(episode).length));
      return episodes.map((episode, i) => {
        const rewards = groupOf(episodes, i).map(({ reward }) => reward);
        const advantage = (episode.reward - meanOf(rewards)) / (deviation(rewards) + 1e-4);
        return divergences(episode).map((kl) => (advantage - beta * (1 - Math.exp(-kl))) / count);
      });
    },
    PpoTrainer: (episodes: Episode[]) => {
      const [gamma, lambda] = [0.9, 0.8];
      const advantages = episodes.map((episode) => {
        const places = written(episode);
        const kl = divergences(episode);
        const rewards = places.map(({ at }, i) => episode.turnRewards[at] - beta * kl[i]);
        rewards[rewards.length - 1] += episode.reward - sum(episode.turnRewards);
        let next = 0;
        // Values are 0 at first.
        return rewards
          .reverse()
          .map((reward) => (next = reward + gamma * lambda * next))
          .reverse();
      });
      const flat = advantages.flat();
      const scale = Math.sqrt(deviation(flat) ** 2 + 1e-8);
      return advantages.map((each) => each.map((advantage) => (advantage - meanOf(flat)) / scale / flat.length));
    },
    RebelTrainer: (episodes: Episode[]) =>
      episodes.map((episode, i) => {
        const difference = penalized(episode) - penalized(episodes[i ^ 1]);
        return written(episode).map(() => (2 * difference) / (batchSize / 2));
      }),
  };
  const common = {
    batchSize,
    maxNewTokens: 4,
    learningRate: 0.5,
    adamEpsilon: 1,
    maxGradNorm: null,
    epochs: 1,
    seed: 3,
  };
  const made = {
    ReinforceTrainer: (given: EnvironmentInputs) => new ReinforceTrainer(given, { ...common, klCoefficient: beta }),
    RlooTrainer: (given: EnvironmentInputs) => new RlooTrainer(given, { ...common, groupSize, klCoefficient: beta }),
    GrpoTrainer: (given: EnvironmentInputs) => new GrpoTrainer(given, { ...common, groupSize, beta }),
    PpoTrainer: (given: EnvironmentInputs) =>
      new PpoTrainer({ ...given, critic: 'shared' }, { ...common, klCoefficient: beta, gamma: 0.9, gaeLambda: 0.8 }),
    RebelTrainer: (given: EnvironmentInputs) => new RebelTrainer(given, { ...common, klCoefficient: beta }),
  };

  test.each(Object.keys(ways) as (keyof typeof ways)[])('%s', async (name) => {
    const episodes = watch();
    const model = tableDecoder(theta);
    const trainer = made[name]({ ...inputs(model), reference: tableDecoder(thetaReference) });
    const [metrics] = await trainTo(trainer, batchSize);
    expect(episodes).toHaveLength(batchSize);
    expect(new Set(episodes.map(({ turns }) => turns))).toEqual(new Set([1, 2, 3]));
    expect(metrics['completions/mean_length']).toBeCloseTo(meanOf(episodes.map((each) => written(each).length)), 6);
    expect(metrics['objective/kl']).toBeCloseTo(meanOf(episodes.map((each) => sum(divergences(each)))), 5);
    const weights = ways[name](episodes);
    const gradient = theta.map((row) => row.map(() => 0));
    episodes.forEach((episode, i) => {
      written(episode).forEach(({ token, before }, j) => {
        for (let v = 0; v < size; v++) {
          const score = Number(v === token) - Math.exp(logSoftmax(theta, before, v));
          gradient[before][v] -= weights[i][j] * score;
        }
      });
    });
    // The first step of AdamW, with ε = 1.
    const expected = theta.map((row, i) =>
      row.map((value, j) => value - (0.5 * gradient[i][j]) / (Math.abs(gradient[i][j]) + 1)),
    );
    expectClose(model.parameters.table.read(), expected, 1e-5);
    // What only tokens of the environment itself follow learns nothing.
    for (const before of foreign) expect(gradient[all.indexOf(before)].every((each) => each === 0)).toBe(true);
    trainer.dispose();
  });
});

describe.each([
  ['ReinforceTrainer', ReinforceTrainer, {}],
  ['RlooTrainer', RlooTrainer, { groupSize: 4, minibatches: 2, epochs: 2 }],
  ['GrpoTrainer', GrpoTrainer, { groupSize: 4, beta: 0.1 }],
  ['PpoTrainer', PpoTrainer, { minibatches: 2 }],
  ['RebelTrainer', RebelTrainer, {}],
] as const)('%s with an environment', (_name, Trainer, own) => {
  const options = { batchSize: 8, maxNewTokens: 4, learningRate: 0.01, ...own };
  const fresh = (): EnvironmentInputs => inputs(tinyModel({ vocabulary: size, positions: 24 }));

  test('stopped and resumed is the same as uninterrupted', async () => {
    const whole = new Trainer(fresh(), options);
    const metrics = await trainTo(whole, 32);
    expect(metrics.some((each) => each['episodes/mean_turns'] > 1)).toBe(true);
    const first = new Trainer(fresh(), options);
    for await (const { step } of first.learn({ steps: 32 })) if (step >= 16) break;
    const second: Learner = (Trainer as typeof RlooTrainer).restore(first.checkpoint(), world());
    await trainTo(second, 32);
    expect(contents(second.checkpoint())).toEqual(contents(whole.checkpoint()));
  });
});

test('what is trained are the tokens that were drawn: texts that the model wrote are never made tokens of', async () => {
  const encoded: string[] = [];
  const plain = tokenizerOf(all);
  const encode = (text: string): ArrayLike<number> => {
    encoded.push(text);
    return plain.encode(text);
  };
  const given = { ...inputs(), tokenizer: { ...plain, encode } };
  const reference = tableDecoder(logitsOf(2));
  const trainer = new RlooTrainer({ ...given, reference }, { batchSize: 8, maxNewTokens: 4 });
  for await (const progress of trainer.learn({ steps: 8 })) {
    const table = progress.completions();
    expect(table).toHaveLength(8);
    expect(table.every(({ prompt }) => ['Q', 'R', 'QR'].includes(String(prompt)))).toBe(true);
  }
  const told = ['Q', 'R', 'QR', '(', ')', '', 'y', 'yy', ...errors];
  expect(encoded.filter((text) => !told.includes(text))).toEqual([]);
});

test('rounds tell of turns and of calls', async () => {
  const episodes = watch();
  const trainer = new RlooTrainer(
    { ...inputs(), reference: tableDecoder(logitsOf(2)) },
    { batchSize: 16, maxNewTokens: 4 },
  );
  const [metrics] = (await trainTo(trainer, 16)) as [Metrics];
  const [calls, failed, turns] = (['calls', 'failedCalls', 'turns'] as const).map((name) =>
    sum(episodes.map((each) => each[name])),
  );
  expect(metrics['tools/call_frequency']).toBe(calls / 16);
  expect(metrics['tools/failure_frequency']).toBe(failed / calls);
  expect(metrics['episodes/mean_turns']).toBeCloseTo(turns / 16, 12);
  expect(metrics['completions/clipped_ratio']).toBe(episodes.filter(({ ended }) => !ended).length / 16);
  expect(metrics.reward).toBeCloseTo(sum(episodes.map(({ reward }) => reward)) / 16, 6);
});

test('what is wrong is refused by name', async () => {
  const options = { batchSize: 8, maxNewTokens: 4 };
  const made = (given: object) =>
    new RlooTrainer({ ...inputs(), reference: tableDecoder(logitsOf(2)), ...given }, options);
  expect(() => made({ rows: [] })).toThrow(
    'RlooTrainer: expected rows to be a list of at least one row, each an object, got []',
  );
  expect(() => made({ rows: [{}, 3] })).toThrow('a list of at least one row');
  expect(() => made({ environment: new More() })).toThrow('RlooTrainer: expected environment to be a function');
  expect(() => made({ tokenizer: undefined })).toThrow('expected tokenizer to be a tokenizer (with encode and decode)');
  expect(() => made({ maxLength: 4 })).toThrow('expected maxLength to be more than the 4 tokens of a turn, got 4');
  expect(() => made({ maxLength: 65 })).toThrow(
    "expected maxLength to be at most 64, the model's longest text, got 65",
  );
  expect(() => made({ endOfText: size })).toThrow(`one of the model's ${size} tokens, got ${size}`);
  const rejected = (given: object) => expect(trainTo(made(given), 8)).rejects;
  await rejected({ environment: () => ({ reset: () => 'Q' }) }).toThrow('play');
  await rejected({ environment: () => Object.assign(new More(), { turnReward: () => Infinity }) }).toThrow(
    'expected a reward that is a finite number, at most 3.4e38, got Infinity',
  );
});
