import { describe, expect, test } from 'vitest';
import { colors } from '../../src/rendering/shapes.ts';
import { envInState, pictureOf, type Picture } from './picture.ts';

const { blue, orange, green, yellow, red, ink, paper, shade, white } = colors;

function expectAt(picture: Picture, color: string, [x, y]: readonly [number, number]): void {
  const [centerX, centerY] = picture.center(color);
  expect(Math.abs(centerX - x)).toBeLessThan(1);
  expect(Math.abs(centerY - y)).toBeLessThan(1);
}

describe('CartPole-v1', () => {
  const pictureAt = (position: number, angle: number): Picture =>
    pictureOf(envInState('CartPole-v1', { position, angle }));

  test.each([-2, 0, 1.5])('the cart is at %d m', (position) => {
    const [x] = pictureAt(position, 0).center(blue);
    expect(Math.abs(x - (300 + 110 * position))).toBeLessThan(1);
  });

  test('the pole is 1 m long and leans as far as its angle', () => {
    for (const angle of [0, 0.2, -0.1]) {
      const picture = pictureAt(0, angle);
      const hinge = 240 - 10 - 4 - 40 + 6;
      const along = (length: number): string =>
        picture.at(300 + 110 * length * Math.sin(angle), hinge - 110 * length * Math.cos(angle));
      expect([0.2, 0.5, 0.99].map(along)).toEqual([orange, orange, orange]);
      expect(along(1.1)).toBe(paper);
    }
  });
});

describe('Pendulum-v1', () => {
  test.each([
    ['upright', 0, 200, 70],
    ['left', Math.PI / 2, 70, 200],
    ['right', -Math.PI / 2, 330, 200],
    ['down, a few turns later', 5 * Math.PI, 200, 330],
  ])('%s', (_, angle, x, y) => {
    expectAt(pictureOf(envInState('Pendulum-v1', { angle })), orange, [x, y]);
  });
});

test('BitFlip-v0: wanted bits above the present ones, wrong ones in orange, zeros hollow', () => {
  const picture = pictureOf(envInState('BitFlip-v0', { bits: [1, 1, 0], goal: [1, 0, 0] }, { bits: 3 }));
  const colorsOf = (y: number): string[] => [0, 1, 2].map((k) => picture.at(20 + 40 * k + 20, y));
  expect([colorsOf(40), colorsOf(80)]).toEqual([
    [green, paper, paper],
    [blue, orange, paper],
  ]);
});

test('PlanarReacher-v0: both links, the tip and the goal are where they are', () => {
  const picture = pictureOf(
    envInState('PlanarReacher-v0', { angles: [Math.PI / 2, -Math.PI / 2], goal: [-0.5, -0.5] }),
  );
  const at = (x: number, y: number): string => picture.at(200 + 180 * x, 200 - 180 * y);
  expect([at(0, 0.25), at(0.25, 0.5), at(0.5, 0.5)]).toEqual([blue, orange, ink]);
  expectAt(picture, green, [110, 290]);
  // Pixels on its rim are of other colours.
  expect(picture.count(green)).toBeLessThan(Math.PI * 9 ** 2);
  expect(picture.count(green)).toBeGreaterThan(Math.PI * 8 ** 2);
});

describe('Acrobot-v1', () => {
  type Point = readonly [x: number, y: number];
  test.each<[string, number, number, Point, Point]>([
    ['hanging', 0, 0, [200, 244], [200, 332]],
    ['first link to the right', Math.PI / 2, 0, [244, 200], [332, 200]],
    ['second link bent back', 0, Math.PI, [200, 244], [200, 244]],
    ['up, and bent to the left', Math.PI, Math.PI / 2, [200, 156], [156, 112]],
  ])('%s', (_, angle1, angle2, first, second) => {
    const picture = pictureOf(envInState('Acrobot-v1', { angle1, angle2 }));
    expect(picture.at(...second)).toBe(orange);
    if (angle2 !== Math.PI) expect(picture.at(...first)).toBe(blue);
    // The line to reach is one link above the hinge.
    expect(picture.at(60, 200 - 88)).toBe(green);
  });
});

describe('mountain cars', () => {
  test.each([
    ['MountainCar-v0', 0.5],
    ['MountainCarContinuous-v0', 0.45],
  ])('%s: the car stands on the ground, the flag at %d', (id, goal) => {
    const scale = 600 / 1.8;
    const groundAt = (position: number): readonly [number, number] => [
      scale * (position + 1.2),
      170 - 0.33 * scale * Math.sin(3 * position),
    ];
    for (const position of [-1.1, -Math.PI / 6, 0.1]) {
      const picture = pictureOf(envInState(id, { position }));
      const [x, y] = groundAt(position);
      const [carX, carY] = picture.center(blue);
      // The body is some 18 pixels above the wheels, at right angles to the slope.
      expect(Math.abs(Math.hypot(carX - x, carY - y) - 19)).toBeLessThan(4);
      const slope = Math.atan(0.99 * Math.cos(3 * position));
      expect(Math.abs(Math.atan2(x - carX, y - carY) - slope)).toBeLessThan(0.1);
    }
    const [goalX, goalY] = groundAt(goal);
    const [flagX, flagY] = pictureOf(envInState(id, { position: 0 })).center(red);
    expect(flagX - goalX).toBeGreaterThan(0);
    expect(flagX - goalX).toBeLessThan(20);
    expect(goalY - flagY).toBeGreaterThan(30);
    expect(goalY - flagY).toBeLessThan(50);
  });
});

/** Middle of a square of a grid with squares of that size. */
const square = (row: number, column: number, size: number): readonly [number, number] => [
  16 + (column + 0.5) * size,
  16 + (row + 0.5) * size,
];

describe('grids', () => {
  test.each([
    ['FrozenLake-v1', 6, square(1, 2, 96)],
    ['FrozenLake8x8-v1', 17, square(2, 1, 72)],
    ['CliffWalking-v1', 30, square(2, 6, 48)],
    ['LectureGrid-v0', 4, square(1, 1, 96)],
    ['AliasedGrid-v0', 3, square(0, 3, 96)],
    ['AliasedGrid-v0', 7, square(1, 4, 96)],
  ])('%s: in state %i the agent is on its square', (id, state, [x, y]) => {
    const picture = pictureOf(envInState(id, { state }));
    const [centerX, centerY] = picture.center(orange);
    // The eyes are a little above the middle.
    expect(Math.abs(centerX - x)).toBeLessThan(1);
    expect(Math.abs(centerY - y)).toBeLessThan(2);
  });

  test('the holes of the lake are where the map has them', () => {
    const picture = pictureOf(envInState('FrozenLake-v1', { state: 0 }));
    const holes = ['.', '.', '.', '.', '.', 'H', '.', 'H', '.', '.', '.', 'H', 'H', '.', '.', '.'];
    holes.forEach((letter, state) => {
      const [x, y] = square(Math.floor(state / 4), state % 4, 96);
      expect(picture.at(x, y) === '#2f506e').toBe(letter === 'H');
    });
  });
});

describe('Taxi-v4', () => {
  const pictureIn = (row: number, column: number, passenger: number, destination: number): Picture =>
    pictureOf(envInState('Taxi-v4', { state: ((row * 5 + column) * 5 + passenger) * 4 + destination }));

  test('the taxi is on its square, the flag on the destination', () => {
    const picture = pictureIn(2, 3, 0, 2);
    const [x, y] = picture.center(yellow);
    expect(Math.hypot(x - square(2, 3, 96)[0], y - square(2, 3, 96)[1])).toBeLessThan(10);
    const [flagX, flagY] = picture.center(red);
    expect(Math.hypot(flagX - square(4, 0, 96)[0], flagY - square(4, 0, 96)[1])).toBeLessThan(40);
  });

  test('walls are between the squares that they part', () => {
    const picture = pictureIn(2, 2, 0, 1);
    const right = (row: number, column: number): string =>
      picture.at(square(row, column, 96)[0] + 48, square(row, column, 96)[1]);
    const walls = [
      [0, 1],
      [1, 1],
      [3, 0],
      [3, 2],
      [4, 0],
      [4, 2],
    ];
    for (let row = 0; row < 5; row++) {
      for (let column = 0; column < 4; column++) {
        const isWall = walls.some(([r, c]) => r === row && c === column);
        expect(right(row, column)).toBe(isWall ? ink : paper);
      }
    }
  });

  test('the passenger waits, or looks out of the window', () => {
    const [waiting, inside] = [pictureIn(2, 2, 3, 1), pictureIn(2, 2, 4, 1)];
    const [x, y] = square(4, 3, 96);
    expect(waiting.at(x + 23, y + 15)).toBe(ink);
    expect(inside.at(x + 23, y + 15)).not.toBe(ink);
    const window = square(2, 2, 96);
    expect(waiting.at(window[0], window[1] - 9)).toBe(white);
    expect(inside.at(window[0], window[1] - 9)).toBe(ink);
  });
});

describe('Blackjack-v1', () => {
  test('the sum is blue, 21 green, more red', () => {
    const cards = { dealerCard: 5, hiddenCard: 5, playerCards: 3, playerHasAce: 0 };
    const totals = [15, 21, 22].map((playerSum) => {
      const picture = pictureOf(envInState('Blackjack-v1', { ...cards, playerSum }));
      return [red, green].map((color) => picture.count(color));
    });
    // The words "dealer" and "player" are green as well.
    const words = totals[0][1];
    expect(totals[0]).toEqual([0, words]);
    expect(totals[1][0]).toBe(0);
    expect(totals[1][1]).toBeGreaterThan(words + 100);
    expect(totals[2][0]).toBeGreaterThan(100);
    expect(totals[2][1]).toBe(words);
  });
});

describe('random walks', () => {
  test.each([
    ['RandomWalk-v0', 0, 5],
    ['RandomWalk-v0', 4, 5],
    ['RandomWalk19-v0', 10, 19],
    ['RandomWalk1000-v0', 750, 1000],
  ])('%s: the walker is on state %i', (id, state, numStates) => {
    const [x] = pictureOf(envInState(id, { state })).center(orange);
    expect(Math.abs(x - (40 + (520 * state) / (numStates + 1)))).toBeLessThan(1);
  });
});

describe('MinAtar', () => {
  test('each cell has the colour of its first channel', () => {
    const ball = { ballRow: 6, ballColumn: 2, trailRow: 7, trailColumn: 1, paddle: 8 };
    const colorAt = (variables: Readonly<Record<string, number>>, row: number, column: number): string => {
      const picture = pictureOf(envInState('MinAtar/Breakout-v0', { ...ball, bricks: 2 ** 13, ...variables }));
      const [x, y] = square(row, column, 36);
      return picture.at(x, y);
    };
    expect([colorAt({}, 9, 8), colorAt({}, 6, 2), colorAt({}, 7, 1)]).toEqual([blue, ink, shade]);
    expect([colorAt({}, 2, 3), colorAt({}, 3, 3)]).toEqual([orange, '#efece3']);
    expect([colorAt({ trailRow: 6, trailColumn: 2 }, 6, 2), colorAt({ ballRow: 2, ballColumn: 3 }, 2, 3)]).toEqual([
      ink,
      ink,
    ]);
  });
});
