import { Random, decodeCheckpoint, encodeCheckpoint } from '@gradus/core';
import { backgammon, playGames, randomPlayer, startPosition } from '@gradus/envs/backgammon';
import { decodeSafetensors } from '@gradus/tensor';
import { TdGammon, type DiceGame } from '@gradus/value-based';
import { expect, test } from 'vitest';
import { lambdaUpdate, type Weights } from './support/eligibility-traces.ts';
import { LENGTH, exactEquities, race } from './support/race.ts';

/** Learns from games, and returns the mean of their plies. */
function learned(agent: TdGammon, steps: number): number {
  const plies = [];
  for (const { finishedEpisodes } of agent.learn({ steps }))
    plies.push(...finishedEpisodes.map(({ length }) => length));
  return plies.reduce((sum, n) => sum + n, 0) / plies.length;
}

const weightsOf = (agent: TdGammon): number[][] =>
  Object.values(agent.parameters).map((parameter) => Array.from(parameter.read()));

function equities(agent: TdGammon, afterstates: readonly Int8Array[]): number[] {
  const values = agent.evaluate(afterstates);
  return afterstates.map((_, k) => {
    const [w, wg, wb, lg, lb] = values.subarray(5 * k, 5 * k + 5);
    return 2 * w - 1 + wg + wb - lg - lb;
  });
}

test('an update is Σ δ e, with an eligibility trace of every weight for each outcome, worked out in float64', () => {
  for (const lambda of [0, 0.7, 1]) {
    const afterstates: Int8Array[] = [];
    const recorded: DiceGame = {
      ...race,
      turnAround: (afterstate, target) => {
        afterstates.push(afterstate.slice());
        race.turnAround(afterstate, target);
      },
    };
    const options = { seed: 4, hidden: [6], lambda, numGames: 1 };
    const before = new TdGammon(recorded, { ...options, batchSize: 1000 });
    learned(before, 1);
    const names = Object.keys(before.parameters) as (keyof Weights)[];
    const [hidden, hiddenBias, output, outputBias] = weightsOf(before);
    const weights: Weights = { '0.weight': hidden, '0.bias': hiddenBias, '1.weight': output, '1.bias': outputBias };
    // The game fills the minibatch, all of it but its last afterstate, which has no value but the outcome.
    const batchSize = afterstates.length - 1;
    const agent = new TdGammon(race, { ...options, batchSize });
    learned(agent, 1);
    const update = lambdaUpdate(race, weights, afterstates, lambda);
    const state = decodeSafetensors(agent.checkpoint().files['optimizer.safetensors']);
    for (const name of names) {
      // Adam's first moment after one step is (1 − β₁) of the gradient, that of a mean.
      const moment = Array.from(state[`mean.${name}`].data, (m) => (-m / 0.1) * batchSize);
      expect(moment.length).toBe(update[name].length);
      for (const [k, value] of moment.entries()) expect(value).toBeCloseTo(update[name][k], 5);
    }
  }
});

test('learns what afterstates of a small game are worth, as solved exactly', () => {
  const agent = new TdGammon(race, { seed: 1, hidden: [16], learningRate: 0.01, numGames: 8, batchSize: 32 });
  learned(agent, 4000);
  const exact = exactEquities();
  const choices: boolean[] = [];
  const found = new Int8Array(4);
  for (let mine = 1; mine <= LENGTH; mine++) {
    for (let other = 1; other <= LENGTH; other++) {
      for (const roll of race.rollProbabilities.keys()) {
        if (race.findAfterstates(Int8Array.of(mine, other), roll, found) < 2) continue;
        const afterstates = [found.slice(0, 2), found.slice(2, 4)];
        const worth = afterstates.map(([left, others]) => exact[left * (LENGTH + 1) + others]);
        // Where it makes no difference to speak of, either will do.
        if (Math.abs(worth[0] - worth[1]) > 0.1)
          choices.push(worth[agent.choose({ afterstates })] === Math.max(...worth));
      }
    }
  }
  expect(choices.length).toBeGreaterThan(30);
  expect(choices.filter(Boolean).length / choices.length).toBeGreaterThan(0.95);
  const [first] = equities(agent, [Int8Array.of(LENGTH - 2, LENGTH)]);
  expect(Math.abs(first - exact[(LENGTH - 2) * (LENGTH + 1) + LENGTH])).toBeLessThan(0.15);
});

test('beats random play at backgammon after a thousand games', async () => {
  const agent = new TdGammon(backgammon, { seed: 1 });
  learned(agent, 1000);
  const { winRate } = await playGames(agent, randomPlayer(new Random(1)), { games: 200, seed: 1 });
  expect(winRate).toBeGreaterThanOrEqual(0.95);
});

test('two plies: what the other player makes of it, averaged over his rolls', () => {
  const agent = new TdGammon(backgammon, { seed: 2, hidden: [10] });
  const found = new Int8Array(backgammon.mostAfterstates * backgammon.positionSize);
  const rows = (position: Int8Array, roll: number): Int8Array[] =>
    Array.from({ length: backgammon.findAfterstates(position, roll, found) }, (_, k) =>
      found.slice(28 * k, 28 * k + 28),
    );
  const afterstates = rows(startPosition(), 12).slice(0, 8);
  const worth = afterstates.map((afterstate) => {
    const position = new Int8Array(28);
    backgammon.turnAround(afterstate, position);
    return backgammon.rollProbabilities.reduce((sum, p, roll) => {
      return sum - p * Math.max(...equities(agent, rows(position, roll)));
    }, 0);
  });
  expect(agent.choose({ afterstates }, { plies: 2 })).toBe(worth.indexOf(Math.max(...worth)));
  const single = equities(agent, afterstates);
  expect(agent.choose({ afterstates })).toBe(single.indexOf(Math.max(...single)));
});

test('of a game that is over the outcome is known', () => {
  const agent = new TdGammon(race, { seed: 1 });
  const ends = [Int8Array.of(0, 1), Int8Array.of(0, 5), Int8Array.of(0, 7)];
  expect([...agent.evaluate(ends)]).toEqual([1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0]);
  expect(agent.choose({ afterstates: ends }, { plies: 2 })).toBe(2);
});

test('the same seed gives the same weights, also where training was saved in between', () => {
  const options = { seed: 5, hidden: [12], numGames: 5, batchSize: 16 };
  const whole = new TdGammon(backgammon, options);
  const interrupted = new TdGammon(backgammon, options);
  for (const { step } of whole.learn({ steps: 40 })) if (step >= 40) break;
  for (const { step } of interrupted.learn({ steps: 40 })) if (step >= 13) break;
  const files = encodeCheckpoint(interrupted.checkpoint());
  const loaded = TdGammon.load(decodeCheckpoint(files), backgammon);
  for (const { step } of loaded.learn({ steps: 40 })) if (step >= 40) break;
  expect(loaded.step).toBe(whole.step);
  expect(weightsOf(loaded)).toEqual(weightsOf(whole));
  expect(loaded.checkpoint()).toEqual(whole.checkpoint());
  const other = new TdGammon(backgammon, { ...options, seed: 6 });
  learned(other, 40);
  expect(weightsOf(other)).not.toEqual(weightsOf(whole));
});

test('what does not fit is refused in words', () => {
  const agent = new TdGammon(race, { hidden: [4] });
  expect(() => agent.choose({ afterstates: [] })).toThrow('afterstates');
  expect(() => agent.choose({ afterstates: [new Int8Array(3)] })).toThrow('one or more afterstates of 2 numbers each');
  expect(() => TdGammon.load(agent.checkpoint(), backgammon)).toThrow(/0\.weight/);
  expect(() => TdGammon.load({ ...agent.checkpoint(), algorithm: 'dqn' }, race)).toThrow(
    "expected algorithm 'td-gammon', got 'dqn'",
  );
  expect(() => TdGammon.load(agent.checkpoint(), race, { numGames: 3 })).toThrow("state 'games'");
  const whole = agent.checkpoint();
  const damaged = (part: string, name: string, value: unknown): typeof whole => {
    const { games } = whole.state.selfPlay as unknown as { readonly games: readonly object[] };
    const changed = part === 'rows' ? { ...(whole.state.rows as object), [name]: value } : { games: [...games] };
    if ('games' in changed) changed.games[0] = { ...games[0], [name]: value };
    return { ...whole, state: { ...whole.state, [part]: changed } as typeof whole.state };
  };
  for (const plies of [1e12, -1, 0.5, NaN]) {
    expect(() => TdGammon.load(damaged('selfPlay', 'plies', plies), race)).toThrow(
      `state 'plies': expected as many as there are afterstates, 0, got ${plies}`,
    );
  }
  for (const count of [64, -1, 0.5, NaN]) {
    expect(() => TdGammon.load(damaged('rows', 'count', count), race)).toThrow(
      `state 'count': expected rows of a minibatch of 64, got ${count}`,
    );
  }
  expect(() => new TdGammon({ ...race, rollProbabilities: [0.5, 0.4] })).toThrow(
    'rollProbabilities is [0.5,0.4], expected a list of probabilities',
  );
});

test('positions that are none of backgammon are neither judged nor loaded', () => {
  const agent = new TdGammon(backgammon, { seed: 1, hidden: [4], numGames: 2 });
  for (const { step } of agent.learn({ steps: 1 })) if (step >= 1) break;
  const fourteen = startPosition();
  fourteen[24] = 1;
  const problem = 'it has 14 checkers of the one player and 15 of the other, expected 15 each';
  for (const call of [
    () => agent.choose({ afterstates: [startPosition(), fourteen] }, { plies: 2 }),
    () => agent.evaluate([startPosition(), fourteen]),
  ]) {
    expect(call).toThrow(`expected one or more afterstates of 28 numbers each: of the one at [1], ${problem}`);
  }
  const whole = agent.checkpoint();
  const { games } = whole.state.selfPlay as unknown as {
    readonly games: readonly { readonly plies: number; readonly afterstates: Int8Array }[];
  };
  const number = games.findIndex(({ plies }) => plies > 0);
  const afterstates = games[number].afterstates.slice();
  afterstates.fill(0, 28 * (games[number].plies - 1));
  const none = 'it has 0 checkers of the one player and 0 of the other, expected 15 each';
  for (const [changes, said] of [
    [{ position: fourteen }, problem],
    [{ afterstates }, none],
  ] as const) {
    const changed = games.map((each, i) => (i === number ? { ...each, ...changes } : each));
    const damaged = { ...whole, state: { ...whole.state, selfPlay: { games: changed } } } as unknown as typeof whole;
    expect(() => TdGammon.load(damaged, backgammon)).toThrow(
      `state 'games': expected positions of the game in number ${number}, got one of which ${said}`,
    );
  }
});

test('a game whose functions return what they cannot, or which does not end, is refused by name', () => {
  const learn = (changes: Partial<DiceGame>, options: object = {}) => {
    const agent = new TdGammon({ ...race, ...changes }, { hidden: [4], numGames: 2, ...options });
    return () => learned(agent, 1);
  };
  for (const [count, text] of [
    [0, '0'],
    [3, '3'],
    [1.5, '1.5'],
    [NaN, 'NaN'],
    ['2', '"2"'],
    [undefined, 'undefined'],
  ] as const) {
    expect(learn({ findAfterstates: () => count as number })).toThrow(
      /^findAfterstates: expected to find 1 to 2 afterstates of roll \d, got /,
    );
    expect(learn({ findAfterstates: () => count as number })).toThrow(`got ${text}`);
  }
  for (const [points, text] of [
    [NaN, 'NaN'],
    [-1, '-1'],
    [4, '4'],
    [0.5, '0.5'],
    ['1', '"1"'],
    [true, 'true'],
    [undefined, 'undefined'],
  ] as const) {
    expect(learn({ pointsWon: () => points as number })).toThrow(`pointsWon: expected 0, 1, 2 or 3, got ${text}`);
  }
  expect(learn({ pointsWon: () => 0 }, { maxPlies: 20 })).toThrow(
    'TdGammon: a game was not over after 20 plies; set maxPlies where that is too few',
  );
  // The races end: by the plies of the longest one that they are allowed.
  expect(learn({}, { maxPlies: 200 })()).toBeGreaterThan(0);
});

test('a step size with which weights leave all numbers ends training at the first update', () => {
  const agent = new TdGammon(race, { hidden: [4], learningRate: 1e30, batchSize: 4 });
  expect(() => learned(agent, 10)).toThrow(/^td-gammon: .+ the learning rate may be too large$/);
});
