import { Random } from '@gradus/core';
import { makeVectorEnv, minAtarActions, freeway, type EnvOptions } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { playEpisodes } from '../support/play-episodes.ts';
import { playGame, type PlayedGame } from '../support/played-game.ts';

const [CHICKEN, CAR] = [0, 1];
/** Channels of trails, by the delay. */
const trailOf = (delay: number): number => 1 + delay;
const { nothing, left, up, right, down, fire } = minAtarActions;
const game = freeway({ stickyActionProbability: 0 });
type Variable = keyof typeof game.variables;

/** A game with cars that stand still in column 0, but for the one in `row`, which moves every `delay` + 1 steps. */
function playWith(
  { row = 1, column = 0, direction = 1, delay = 5, countdown = delay }: Readonly<Partial<Record<string, number>>>,
  variables: Partial<Record<Variable, number>> = {},
): PlayedGame<Variable> {
  const lanes = (value: number, others: number): number[] =>
    Array.from({ length: 8 }, (_, lane) => (lane + 1 === row ? value : others));
  return playGame(game, {
    column: lanes(column, 0),
    direction: lanes(direction, 1),
    delay: lanes(delay, 5),
    countdown: lanes(countdown, 1e9),
    playerCountdown: 0,
    ...variables,
  });
}

test('an episode begins with the chicken at the bottom and a car with its trail in every lane', () => {
  const delays = new Set<number>();
  const directions = new Set<number>();
  for (let seed = 0; seed < 30; seed++) {
    const play = playGame(game, {}, new Random(seed));
    expect(play.cells(CHICKEN)).toEqual([[9, 4]]);
    const cars = play.cells(CAR);
    expect(cars).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((row) => [row, 0]));
    const trails = [1, 2, 3, 4, 5].flatMap((delay) =>
      play.cells(trailOf(delay)).map(([row, column]) => ({ row, column, delay })),
    );
    expect(trails.length).toBe(8);
    for (const { row, column, delay } of trails) {
      const ahead = (cars[row - 1][1] - column + 10) % 10;
      expect([1, 9]).toContain(ahead);
      directions.add(ahead);
      delays.add(delay);
    }
  }
  expect([delays.size, directions.size]).toEqual([5, 2]);
});

test('the chicken goes up and down, a cell every third step at most, from the fourth on, and not off the bottom', () => {
  const first = playGame(game);
  const firstRows = [up, up, up, up, up].map((action) => {
    first.step(action);
    return first.cells(CHICKEN)[0][0];
  });
  expect(firstRows).toEqual([9, 9, 9, 8, 8]);
  const rows = (start: number, actions: readonly number[]): number[] => {
    const play = playWith({}, { playerRow: start });
    return actions.map((action) => {
      play.step(action);
      return play.cells(CHICKEN)[0][0];
    });
  };
  expect(rows(9, [up, up, up, up, up, up, up])).toEqual([8, 8, 8, 7, 7, 7, 6]);
  expect(rows(5, [down, up, down, nothing, up, up])).toEqual([6, 6, 6, 6, 5, 5]);
  expect(rows(9, [down, up, up, left, right, fire, up])).toEqual([9, 9, 9, 9, 9, 9, 8]);
});

describe('a car', () => {
  test.each([1, 2, 3, 4, 5])(
    'of delay %i moves in the step after as many, round the edge, and its trail says so',
    (delay) => {
      for (const direction of [1, -1]) {
        const play = playWith({ row: 3, column: 5, direction, delay });
        for (let step = 1; step <= 66; step++) {
          play.step(nothing);
          const column = (5 + direction * Math.floor(step / (delay + 1)) + 50) % 10;
          expect(play.cells(CAR)[2]).toEqual([3, column]);
          expect(play.cells(trailOf(delay))).toContainEqual([3, (column - direction + 10) % 10]);
        }
      }
    },
  );

  test.each([
    ['comes to the chicken', { row: 6, column: 3, direction: 1, countdown: 0 }, 6, nothing],
    ['comes as the chicken does', { row: 6, column: 5, direction: -1, countdown: 0 }, 7, up],
    ['is where the chicken goes', { row: 6, column: 4, countdown: 5 }, 7, up],
    ['is where the chicken goes, and drives on', { row: 6, column: 4, countdown: 0 }, 5, down],
  ])('sends the chicken back to the bottom where it %s', (_, car, playerRow, action) => {
    const play = playWith(car, { playerRow });
    expect(play.step(action)).toEqual({ reward: 0, terminated: false });
    expect(play.cells(CHICKEN)).toEqual([[9, 4]]);
  });

  test('does nothing to a chicken in another row or column', () => {
    const play = playWith({ row: 6, column: 3, direction: 1, countdown: 0 }, { playerRow: 5 });
    play.step(nothing);
    expect(play.cells(CHICKEN)).toEqual([[5, 4]]);
    const passed = playWith({ row: 6, column: 4, direction: 1, countdown: 0 }, { playerRow: 6 });
    passed.variable('column', [0, 0, 0, 0, 0, 5, 0, 0]);
    passed.step(nothing);
    expect(passed.cells(CHICKEN)).toEqual([[6, 4]]);
  });
});

test('at the top the reward is 1, the chicken is back at the bottom, and the cars where they were go other ways', () => {
  const seen = { delays: new Set<number>(), directions: new Set<number>() };
  const random = new Random(1);
  for (let k = 0; k < 20; k++) {
    const play = playGame(game, {}, random);
    play.variable('column', [0, 0, 0, 0, 0, 0, 0, 0]);
    play.variable('playerRow', [1]);
    play.variable('playerCountdown', [0]);
    expect(play.step(up)).toEqual({ reward: 1, terminated: false });
    expect(play.cells(CHICKEN)).toEqual([[9, 4]]);
    expect(play.variable('column')).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    for (const delay of play.variable('delay')) seen.delays.add(delay);
    for (const direction of play.variable('direction')) seen.directions.add(direction);
    expect(play.step(up).reward).toBe(0);
  }
  expect([...seen.delays].sort()).toEqual([1, 2, 3, 4, 5]);
  expect(seen.directions).toEqual(new Set([-1, 1]));
});

test('an episode terminates after 2501 steps, or is cut off as soon as asked for', () => {
  const lengthOf = (options: EnvOptions): object => {
    const env = makeVectorEnv('MinAtar/Freeway-v0', 1, options);
    env.reset({ seed: 1 });
    do env.step(Int32Array.of(up));
    while (!env.terminated[0] && !env.truncated[0]);
    return { length: env.episodeLengths[0], terminated: env.terminated[0] };
  };
  expect(lengthOf({})).toEqual({ length: 2501, terminated: 1 });
  expect(lengthOf({ maxEpisodeSteps: 7 })).toEqual({ length: 7, terminated: 0 });
});

test('whatever is done: one chicken in its column, a car and a trail in every lane, rewards only from row 1', () => {
  const random = new Random(2);
  const play = playGame(game, {}, random);
  let rewards = 0;
  let hits = 0;
  for (let step = 1; step <= 2501; step++) {
    const [[before]] = play.cells(CHICKEN);
    const { reward, terminated } = play.step(random.nextFloat() < 0.8 ? up : random.integer(6));
    const [[row, column], ...others] = play.cells(CHICKEN);
    expect([column, others]).toEqual([4, []]);
    expect(play.cells(CAR).map(([lane]) => lane)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([1, 2, 3, 4, 5].flatMap((delay) => play.cells(trailOf(delay))).length).toBe(8);
    if (reward !== 0) expect([reward, before, row]).toEqual([1, 1, 9]);
    else if (row !== 9) expect(Math.abs(row - before)).toBeLessThanOrEqual(1);
    else if (before < 8) hits++;
    rewards += reward;
    expect(terminated).toBe(step === 2501);
  }
  expect(rewards).toBeGreaterThan(0);
  expect(hits).toBeGreaterThan(0);
});

/** Goes up unless the car in the next lane is in the chicken's column or comes to it next. */
function waitForCars(observations: Float32Array, start: number): number {
  const isOne = (row: number, column: number, channel: number): boolean =>
    observations[start + 7 * (10 * row + column) + channel] === 1;
  let row = 9;
  while (!isOne(row, 4, CHICKEN)) row--;
  const comes = (column: number, behind: number): boolean =>
    isOne(row - 1, column, CAR) && [1, 2, 3, 4, 5].some((delay) => isOne(row - 1, behind, trailOf(delay)));
  return row > 1 && (isOne(row - 1, 4, CAR) || comes(3, 2) || comes(5, 6)) ? nothing : up;
}

test.each([1, 2, 3])('going up but for cars that come gets across more than ten times (seed %i)', (seed) => {
  expect(playEpisodes('MinAtar/Freeway-v0', seed, waitForCars, 20).mean).toBeGreaterThan(10);
});
