import {
  CheckpointError,
  DivergenceError,
  EnvError,
  decodeCheckpoint,
  encodeCheckpoint,
  evaluate,
  loadAgent,
  vectorize,
  type Metrics,
  type Policy,
} from '@gradus/core';
import { makeEnv, makeVectorEnv, normalizeObservation } from '@gradus/envs';
import {
  PolicySearch,
  arsSettings,
  policySearchDefaults,
  searchMethods,
  type PolicySearchOptions,
  type SearchMethod,
} from '@gradus/policy-search';
import { describe, expect, test, vi } from 'vitest';

/** Every method, with some of its own options. */
const methods: readonly [SearchMethod<object>, object][] = [
  [searchMethods.cem, { populationSize: 12, eliteSize: 3, extraNoise: 0.1 }],
  [searchMethods.ars, { directions: 3, topDirections: 2 }],
  [searchMethods.es, { directions: 4, learningRate: 0.1 }],
  [searchMethods.cmaEs, { initialDeviation: 1 }],
  [searchMethods.ga, { populationSize: 10 }],
  [searchMethods.finiteDifferences, { difference: 0.5, normalize: true }],
  [searchMethods.patternSearch, { initialStep: 1 }],
];
const cases = methods.map(([method, options]) => ({ name: method.name, method, options }));

/** So many iterations; their metrics, but for the speed. */
function iterate(agent: PolicySearch, iterations: number): Metrics[] {
  const rounds: Metrics[] = [];
  for (const { metrics } of agent.learn({ steps: 1e9 })) {
    rounds.push({ ...metrics, 'time/steps_per_second': 0 });
    if (rounds.length === iterations) break;
  }
  return rounds;
}

describe.each(cases)('$name', ({ method, options }) => {
  const make = (seed: number) =>
    new PolicySearch(makeVectorEnv('CartPole-v1', 4), method, {
      ...options,
      hidden: [3],
      episodes: 2,
      normalizeObservation: true,
      seed,
    });

  test('the same seed gives the same bits, another one others', () => {
    const [one, same, other] = [5, 5, 6].map(make);
    expect(iterate(one, 8)).toEqual(iterate(same, 8));
    expect(one.checkpoint()).toEqual(same.checkpoint());
    iterate(other, 8);
    expect(other.search.getState()).not.toEqual(one.search.getState());
  });

  test('stopped, saved and resumed it gives the bits of an uninterrupted search', () => {
    const [whole, first] = [make(5), make(5)];
    const rounds = iterate(whole, 9);
    expect(iterate(first, 4)).toEqual(rounds.slice(0, 4));
    const saved = decodeCheckpoint(encodeCheckpoint(first.checkpoint()));
    const resumed = PolicySearch.load(saved, { env: makeVectorEnv('CartPole-v1', 4), method });
    expect(resumed.step).toBe(first.step);
    expect(iterate(resumed, 5)).toEqual(rounds.slice(4));
    expect(encodeCheckpoint(resumed.checkpoint())).toEqual(encodeCheckpoint(whole.checkpoint()));
    // It acts alike, too.
    const score = (agent: PolicySearch) => evaluate(agent, makeVectorEnv('CartPole-v1', 5), { episodes: 5, seed: 1 });
    expect(score(resumed)).toEqual(score(whole));
  });
});

test('resuming needs nothing of the environment', () => {
  const plain = () => {
    const env = makeEnv('CartPole-v1');
    const { observationSpace, actionSpace } = env;
    return { observationSpace, actionSpace, reset: env.reset.bind(env), step: env.step.bind(env) };
  };
  const make = () => vectorize(plain, 2);
  const [whole, first] = [0, 1].map(() => new PolicySearch(make(), searchMethods.ars));
  iterate(whole, 6);
  iterate(first, 3);
  const resumed = PolicySearch.load(first.checkpoint(), { env: make() });
  iterate(resumed, 3);
  expect(resumed.checkpoint()).toEqual(whole.checkpoint());
});

describe('loaded', () => {
  const options = { seed: 5, hidden: [3], normalizeObservation: true };
  const searched = (iterations = 4) => {
    const agent = new PolicySearch(makeVectorEnv('CartPole-v1', 4), searchMethods.ars, options);
    iterate(agent, iterations);
    return agent;
  };
  const score = (agent: Policy) => evaluate(agent, makeVectorEnv('CartPole-v1', 5), { episodes: 5, seed: 1 });

  test.each(cases)('without an environment it acts as it did: $name', ({ method, options: own }) => {
    const agent = new PolicySearch(makeVectorEnv('CartPole-v1', 4), method, { ...own, ...options });
    iterate(agent, 3);
    const loaded = loadAgent(agent.checkpoint(), [PolicySearch]);
    expect(score(loaded)).toEqual(score(agent));
    expect([loaded.algorithm, loaded.step]).toEqual([method.name, agent.step]);
    expect(() => loaded.learn({ moreSteps: 1 }).next()).toThrow(EnvError);
  });

  test('with another number of copies it goes on with other episodes, and says so', () => {
    const agent = searched();
    const others = PolicySearch.load(agent.checkpoint(), { env: makeVectorEnv('CartPole-v1', 2) });
    const same = PolicySearch.load(agent.checkpoint(), { env: makeVectorEnv('CartPole-v1', 4) });
    expect([agent.resumed, others.resumed, same.resumed]).toEqual([undefined, 'with new episodes', 'exactly']);
    expect(score(others)).toEqual(score(agent));
    iterate(others, 2);
    expect(others.search.iteration).toBe(6);
  });

  test('with other options of its own and of the method', () => {
    const changed = PolicySearch.load(searched().checkpoint(), {
      env: makeEnv('CartPole-v1'),
      method: searchMethods.ars,
      learningRate: 0.5,
      episodes: 2,
    });
    expect(changed.options).toMatchObject({ learningRate: 0.5, episodes: 2, hidden: [3], seed: 5 });
    expect(() => PolicySearch.load(searched().checkpoint(), { hidden: [4] })).toThrow(
      /^load: what was saved does not fit with another hidden: /,
    );
    expect(() => PolicySearch.load(searched().checkpoint(), { episodes: 0 })).toThrow(
      new RangeError('ars: expected episodes to be a positive integer, got 0'),
    );
  });

  test("of a method of one's own, where that is given", () => {
    const method = { ...searchMethods.cem, name: 'mine' };
    const agent = new PolicySearch(makeEnv('CartPole-v1'), method, { populationSize: 4, eliteSize: 2 });
    iterate(agent, 1);
    expect(PolicySearch.load(agent.checkpoint(), { method }).parameters).toEqual(agent.parameters);
    expect(() => PolicySearch.load(agent.checkpoint())).toThrow(CheckpointError);
  });

  test('moreSteps count from now', () => {
    const [once, twice] = [searched(), searched()];
    Array.from(once.learn({ steps: once.step + 300 }));
    Array.from(twice.learn({ moreSteps: 300 }));
    expect(twice.checkpoint()).toStrictEqual(once.checkpoint());
  });
});

test('what wrappers of the environment learn is saved with the agent', () => {
  const make = () => normalizeObservation(makeVectorEnv('CartPole-v1', 2));
  const create = () => new PolicySearch(make(), searchMethods.ars, { learningRate: 1, deviation: 1 });
  const [whole, first] = [create(), create()];
  const rounds = iterate(whole, 8);
  iterate(first, 4);
  const saved = decodeCheckpoint(encodeCheckpoint(first.checkpoint()));
  const resumed = PolicySearch.load(saved, { env: make() });
  expect(iterate(resumed, 4)).toEqual(rounds.slice(4));
  expect(resumed.checkpoint()).toEqual(whole.checkpoint());
});

test('without an environment it normalizes as the wrappers of its training do', () => {
  const make = () => normalizeObservation(makeVectorEnv('CartPole-v1', 2));
  const agent = new PolicySearch(make(), searchMethods.ars, { learningRate: 1, deviation: 1 });
  iterate(agent, 6);
  const loaded = PolicySearch.load(agent.checkpoint());
  const observations = Float32Array.from({ length: 80 }, (_, i) => Math.sin(i) * (i % 4 < 2 ? 0.1 : 1));
  const [raw, normalized, others] = [0, 1, 2].map(() => new Int32Array(20));
  loaded.actBatch(observations, raw);
  const [normalizer] = agent.statistics.observation;
  const shown = observations.slice();
  normalizer.normalize(shown, shown);
  agent.actBatch(shown, normalized);
  expect(raw).toEqual(normalized);
  agent.actBatch(observations, others);
  expect(others).not.toEqual(normalized);
});

describe('learn', () => {
  test('counts the steps of candidates’ episodes, and completes its last iteration', () => {
    const agent = new PolicySearch(makeVectorEnv('CartPole-v1', 64), searchMethods.cem, {
      populationSize: 10,
      episodes: 3,
      seed: 1,
    });
    let steps = 0;
    let iterations = 0;
    for (const { step, finishedEpisodes, episodes, metrics } of agent.learn({ steps: 3000 })) {
      expect(steps).toBeLessThan(3000);
      expect(finishedEpisodes.length).toBe(30);
      for (const episode of finishedEpisodes) {
        steps += episode.length;
        expect([episode.step, episode.return]).toEqual([steps, episode.length]);
      }
      expect([step, agent.step]).toEqual([steps, steps]);
      expect(episodes).toBe(30 * ++iterations);
      const returns = finishedEpisodes.map((episode) => episode.return);
      const utilities = Array.from(
        { length: 10 },
        (_, k) => (returns[3 * k] + returns[3 * k + 1] + returns[3 * k + 2]) / 3,
      );
      expect(metrics['train/mean_utility']).toBeCloseTo(utilities.reduce((sum, value) => sum + value) / 10, 10);
      expect(metrics['train/best_utility']).toBe(Math.max(...utilities));
    }
    expect(steps).toBeGreaterThanOrEqual(3000);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect([...agent.learn({ steps: 3000 })]).toEqual([]);
    expect(warn.mock.calls[0][0]).toMatch(/^learn: nothing to do, since \d+ steps are done; steps: 3000 counts /);
    warn.mockRestore();
  });

  test('ends when the search is finished', () => {
    const agent = new PolicySearch(makeVectorEnv('CartPole-v1', 1), searchMethods.patternSearch, { minimumStep: 0.4 });
    iterate(agent, 1000);
    expect(agent.search.finished).toBe(true);
    expect(agent.search.iteration).toBeLessThan(200);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect([...agent.learn({ moreSteps: 10 })]).toEqual([]);
    expect(warn.mock.calls).toEqual([['learn: nothing to do, since the search is finished: converged']]);
    warn.mockRestore();
  });

  test('is an error where the next step leads beyond all numbers', () => {
    const options = { learningRate: 1e308, deviation: 100, directions: 2 };
    const agent = new PolicySearch(makeVectorEnv('CartPole-v1', 4), searchMethods.ars, options);
    expect(() => iterate(agent, 50)).toThrow(DivergenceError);
    expect(agent.parameters.every(Number.isFinite)).toBe(true);
  });

  test('has the options of its method, and evaluates no mean by itself', () => {
    const env = makeVectorEnv('CartPole-v1', 4);
    const agent = new PolicySearch(env, searchMethods.cmaEs, { lower: -2, upper: 2, patience: 3, populationSize: 6 });
    expect(agent.search.populationSize).toBe(6);
    iterate(agent, 10);
    expect(agent.parameters.every((value) => Math.abs(value) <= 2)).toBe(true);
    const evaluating = new PolicySearch(env, searchMethods.cmaEs, { evaluateMean: true, populationSize: 6 });
    expect(evaluating.search.populationSize).toBe(7);
  });

  test('plays other episodes in each iteration, or always the same', () => {
    // Steps as small as these hardly change actions: what changes are the episodes, from starts that are never the same.
    const play = (episodeChoice: PolicySearchOptions['episodeChoice']) => {
      const env = makeVectorEnv('Pendulum-v1', 2, { maxEpisodeSteps: 20 });
      const agent = new PolicySearch(env, searchMethods.patternSearch, {
        initialStep: 1e-12,
        minimumStep: 1e-20,
        episodes: 2,
        episodeChoice,
        hidden: [2],
      });
      return new Set(iterate(agent, 12).map((metrics) => metrics['train/mean_utility'].toFixed(3))).size;
    };
    expect(play('fixed')).toBeLessThanOrEqual(2);
    expect(play('common')).toBe(12);
    expect(play('independent')).toBe(12);
  });
});

test('acts by the mean of a search, or by its best where it has none', () => {
  const env = makeVectorEnv('CartPole-v1', 10);
  const cem = new PolicySearch(env, searchMethods.cem);
  const ga = new PolicySearch(env, searchMethods.ga);
  for (const agent of [cem, ga]) iterate(agent, 2);
  expect(cem.parameters).toBe(cem.search.mean);
  expect(ga.parameters).toBe(ga.search.best.parameters);
  const [a, b, c, d] = [0.1, -0.4, 0.02, 0.7];
  for (const agent of [cem, ga]) {
    const [w0, w1, w2, w3, w4, v0, v1, v2, v3, v4] = agent.parameters;
    const difference = (v0 - w0) * a + (v1 - w1) * b + (v2 - w2) * c + (v3 - w3) * d + v4 - w4;
    expect(agent.act([a, b, c, d])).toBe(difference > 0 ? 1 : 0);
    expect(agent.act([a, b, c, d], { deterministic: false })).toBe(difference > 0 ? 1 : 0);
  }
});

test('defaults are documented, and ARS is that of the zoo', () => {
  expect(policySearchDefaults).toEqual({
    hidden: [],
    bias: true,
    activation: 'tanh',
    squash: false,
    episodes: 1,
    episodeChoice: 'independent',
    normalizeObservation: false,
    maxEpisodeSteps: null,
    seed: 0,
  });
  const { options } = arsSettings.zoo['CartPole-v1'];
  const agent = new PolicySearch(makeEnv('CartPole-v1'), searchMethods.ars, options);
  // sb3-contrib: LinearPolicy without bias from zero, α = 0.02, ν = 0.05, one episode.
  expect(agent.options).toMatchObject({
    directions: 2,
    topDirections: null,
    learningRate: 0.02,
    deviation: 0.05,
    episodes: 1,
  });
  expect(agent.parameters).toEqual(new Float64Array(8));
});

describe('refuses', () => {
  const env = makeVectorEnv('CartPole-v1', 1);
  test.each<[object, string]>([
    [{ populationSise: 3 }, "cem: unknown option 'populationSise'; did you mean 'populationSize'?"],
    [{ directions: 3 }, "cem: unknown option 'directions'"],
    [{ episodes: 0 }, 'cem: expected episodes to be a positive integer, got 0'],
    [
      { episodeChoice: 'same' },
      "cem: expected episodeChoice to be one of 'independent', 'common', 'fixed', got \"same\"",
    ],
    [{ seed: -1 }, 'cem: expected seed to be an integer of at least 0, got -1'],
    [{ hidden: 3 }, 'cem: expected hidden to be a list of positive integers, got 3'],
    [{ eliteSize: 0 }, 'CrossEntropyMethod: expected eliteSize to be a positive integer, got 0'],
  ])('%o', (options, message) => {
    expect(() => new PolicySearch(env, searchMethods.cem, options)).toThrow(RangeError);
    expect(() => new PolicySearch(env, searchMethods.cem, options)).toThrow(message);
  });

  test('checkpoints of another method, or for other spaces', () => {
    const saved = new PolicySearch(env, searchMethods.cem).checkpoint();
    const load = () => PolicySearch.load(saved, { env, method: searchMethods.ars });
    expect(load).toThrow(CheckpointError);
    expect(load).toThrow("expected algorithm 'ars', got 'cem'");
    expect(() => PolicySearch.load(saved, { env: makeVectorEnv('Acrobot-v1', 1) })).toThrow(CheckpointError);
    expect(() => PolicySearch.load({ ...saved, algorithm: 'mine' })).toThrow(
      "checkpoint: expected one of the algorithms 'cem', 'ars', 'es', 'cma-es', 'ga', 'finite-differences', 'pattern-search', got 'mine'; a method of one's own is given: load(checkpoint, { method })",
    );
  });
});
