import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Random } from '@gradus/core';
import { LegalPlays, pointsWon, startPosition, type Dice } from '@gradus/envs/backgammon';
import { coinCollector, cooking, treasureHunt } from '@gradus/envs/text';
import { valueIteration } from '@gradus/value-based';
import { describe, expect, it } from 'vitest';
import { catalog, initialChoices, type CatalogEntry, type DemoName } from '../demos/catalog.ts';
import type { Demo, DemoSettings } from '../demos/demo.ts';
import { demos } from '../demos/demos.ts';
import { CheckerTurn, seenByOther } from '../demos/engine/checker-turn.ts';
import { gridTable } from '../demos/grid.ts';

const entries = Object.entries(catalog) as [DemoName, CatalogEntry][];

/** The worlds in which readers and agents play. */
const worldGames = {
  coin: (world: number) => coinCollector({ level: 5, world }),
  treasure: (world: number) => treasureHunt({ level: 3, world }),
  cooking: (world: number) => cooking({ level: 2, world }),
};

async function create(name: DemoName, settings: Partial<DemoSettings> = {}): Promise<Demo> {
  const { seed = 1, chosen = {} } = settings;
  return (await demos[name]()).create({ seed, chosen: { ...initialChoices(catalog[name]), ...chosen } }, load);
}

/** A file of pretrained weights. */
const load = (file: string): Promise<Uint8Array> =>
  readFile(new URL(`../demos/pretrained/${file}.safetensors`, import.meta.url));

async function learn(demo: Demo, updates: number): Promise<Demo> {
  for (let i = 0; i < updates; i++) await demo.learn();
  return demo;
}

describe('the catalog', () => {
  it('has a module for each demo', () => {
    expect(Object.keys(demos)).toEqual(Object.keys(catalog));
  });

  it('names pretrained weights that are there, of a few kilobytes', () => {
    const files = readdirSync(new URL('../demos/pretrained/', import.meta.url));
    const named = entries.flatMap(([, { choices, pretrained }]) => {
      const chosen = choices.flatMap((choice) =>
        choice.kind === 'select' ? Object.keys(choice.options).map((value) => ({ [choice.name]: value })) : [],
      );
      const all = chosen.flatMap((one) =>
        chosen.map((other) => ({ ...initialChoices({ choices }), ...one, ...other })),
      );
      return [initialChoices({ choices }), ...all].map((each) => pretrained?.(each));
    });
    // That of feedback always begins with its own.
    const expected = [...new Set([...named.filter((name) => name !== undefined), 'rlhf'])].map(
      (name) => `${name}.safetensors`,
    );
    expect(expected.sort()).toEqual(files.sort());
    const sizes = files.map((file) => statSync(new URL(`../demos/pretrained/${file}`, import.meta.url)).size);
    expect(Math.max(...sizes)).toBeLessThan(70_000);
  });
});

describe('a demo of an agent', () => {
  it('gives the same run for the same seed, and another for another', async () => {
    const run = async (seed: number): Promise<unknown> =>
      (await learn(await create('ppo-and-dqn', { seed }), 3)).snapshot().curves[1].points;
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it('ends where it is solved, and then plays what was best', async () => {
    const demo = await create('tricks', { chosen: { method: 'cem' } });
    while (demo.ended === undefined) await demo.learn();
    const { step, score, best } = demo.snapshot();
    expect(demo.ended).toBe('solved');
    expect(best).toBeGreaterThanOrEqual(475);
    expect(score).toBe(best);
    await demo.learn();
    expect(demo.snapshot().step).toBe(step);
  });

  it.each([
    ['ppo-and-dqn', 'ppo-cart-pole', {}],
    ['ppo-and-dqn', 'dqn-acrobot', { algorithm: 'dqn', environment: 'acrobot' }],
    ['pendulum', 'sac-pendulum', {}],
  ] as const)('%s begins with the pretrained %s where it should be solved', async (name, file, chosen) => {
    const demo = await create(name, { chosen });
    const entry: CatalogEntry = catalog[name];
    const target = entry.target?.({ ...initialChoices(entry), ...chosen }) ?? Infinity;
    expect(demo.snapshot().score).toBeLessThan(target);
    await demo.usePretrained?.(await load(file));
    expect(demo.snapshot().score).toBeGreaterThanOrEqual(target);
    // And goes on learning from there.
    await learn(demo, 3);
    expect(demo.snapshot().step).toBeGreaterThan(0);
  });

  it('shows what the network makes of what it sees: probabilities that sum to 1, or values of all actions', async () => {
    const [probabilities, value] = (await create('ppo-and-dqn')).snapshot().views;
    expect(probabilities.bars.reduce((sum, bar) => sum + bar.value, 0)).toBeCloseTo(1, 5);
    expect(value.bars).toHaveLength(1);
    const [values] = (await create('ppo-and-dqn', { chosen: { algorithm: 'dqn' } })).snapshot().views;
    expect(values.bars.map(({ label }) => label)).toEqual(['left', 'right']);
  });
});

describe('the grid', () => {
  it('comes to what value iteration of the library says', async () => {
    const demo = await learn(await create('grid'), 60);
    const walls = demo.snapshot().grid?.squares.flatMap((square, place) => (square === 'wall' ? [place] : []));
    const exact = valueIteration(gridTable(new Set(walls), 0), 0.9).stateValues;
    expect(demo.ended).toBe('settled');
    demo.snapshot().grid?.values.forEach((value, place) => {
      expect(value).toBeCloseTo(exact[place], 4);
    });
  });

  it('has Q-learning find the same value of the start', async () => {
    const exact = (await learn(await create('grid'), 60)).snapshot().score;
    const learned = await learn(await create('grid', { chosen: { method: 'q-learning' } }), 400);
    expect(learned.snapshot().score).toBeCloseTo(exact ?? NaN, 6);
  });

  it('learns on when a wall is drawn, and never at the start or the goal', async () => {
    const demo = await learn(await create('grid'), 60);
    const { score, step } = demo.snapshot();
    const { grid } = demo.snapshot();
    if (grid === undefined) throw new Error('expected a grid');
    const { squares, columns } = grid;
    for (const place of [squares.indexOf('start'), squares.indexOf('goal')]) demo.change?.(place);
    expect(demo.snapshot().grid?.squares).toEqual(squares);
    // The two gaps of the wall in the middle.
    demo.change?.(4);
    demo.change?.(5 * columns + 4);
    await learn(demo, 100);
    expect(demo.snapshot().step).toBeGreaterThan(step);
    expect(demo.snapshot().score).toBe(0);
    demo.change?.(4);
    await learn(demo, 100);
    expect(demo.snapshot().score).toBeCloseTo(score ?? NaN, 4);
  });
});

describe('the aliased grid', () => {
  it('has REINFORCE reach the treasure, and Q-learning stuck in some episodes', async () => {
    const demo = await learn(await create('aliased-grid'), 150);
    const [q, reinforce] = demo.snapshot().curves.map(({ points }) => points[points.length - 1][1]);
    expect(reinforce).toBeGreaterThan(0.9);
    // Of five starts two lead nowhere at least.
    expect(q).toBeLessThan(0.75);
    const [, east, , west] = demo.snapshot().views[1].bars.map(({ value }) => value);
    expect(Math.abs(east - west)).toBeLessThan(0.4);
  });
});

describe('the bandits', () => {
  it('are learned in all four ways', async () => {
    const demo = await learn(await create('bandits'), 100);
    for (const { label, points } of demo.snapshot().curves) {
      expect(points[points.length - 1][1], label).toBeGreaterThan(points[0][1] + 0.2);
    }
  });
});

describe('the world in words', () => {
  it.each(['coin', 'treasure', 'cooking'])('has the reader win the %s world by what can be done', async (world) => {
    const demo = await create('text-world', { chosen: { world } });
    const solution = worldGames[world as keyof typeof worldGames](1);
    solution.reset();
    for (const command of solution.shortestSolution() ?? []) {
      demo.change?.(demo.snapshot().game?.choices.indexOf(command) ?? NaN);
    }
    const { curves, game } = demo.snapshot();
    expect(curves[2].points).toEqual([[0, catalog['text-world'].target({ world })]]);
    expect(game?.choices).toEqual(['play again']);
    demo.change?.(0);
    expect(demo.snapshot().game?.standing).toMatch(/move 0\.$/);
  });

  it('has the agent learn the way to the coin, and show what each command is worth to it', async () => {
    const demo = await create('text-world');
    while (demo.ended === undefined) await demo.learn();
    expect(demo.ended).toBe('solved');
    const bars = () => demo.snapshot().views[0].bars;
    const game = worldGames.coin(1);
    game.reset();
    const { length } = game.shortestSolution() ?? [];
    for (let i = 0; i < length; i++) {
      expect(bars().map(({ label }) => label)).toEqual(game.setState(game.getState()).validActions);
      const [best] = bars().toSorted((a, b) => b.value - a.value);
      game.step(best.label);
      demo.play?.(true);
    }
    expect(game.setState(game.getState()).score).toBe(1);
  });
});

describe('backgammon', () => {
  /** Plays the reader's turn by the first move there is. */
  const playOn = (demo: Demo): void => demo.change?.(0);

  it('has the reader play a game to its end, by moves of single checkers', async () => {
    const demo = await create('backgammon');
    await demo.usePretrained?.(await load('td-gammon'));
    const view = () => demo.snapshot().game ?? { choices: [], standing: '', told: [], board: undefined };
    while (!view().choices.includes('play again')) {
      const { position = [] } = view().board ?? {};
      const sides = [1, -1].map((sign) => position.reduce((sum, checkers) => sum + Math.max(sign * checkers, 0), 0));
      expect(sides).toEqual([15, 15]);
      playOn(demo);
    }
    // Who always moves what is furthest back by the larger die loses to it.
    expect(view().told.at(-1)).toMatch(/^The net has won/);
    const [win] = demo.snapshot().views[0].bars;
    expect(win.value).toBe(1);
    playOn(demo);
    expect(view().standing).toMatch(/you 0, the net [123]\.$/);
  });

  it('has the reader make exactly the legal plays, and take moves back', () => {
    const random = new Random(3);
    const plays = new LegalPlays();
    let position = startPosition();
    for (let n = 0; n < 300; n++) {
      const dice: Dice = [random.integer(6) + 1, random.integer(6) + 1];
      const count = plays.find(position, ...dice);
      const legal = Array.from({ length: count }, (_, index) => {
        const after = position.slice();
        plays.apply(position, index, after);
        return after;
      });
      const turn = new CheckerTurn(position, dice);
      const reached = new Set<string>();
      const visit = (): void => {
        if (turn.isComplete) reached.add(turn.position.join());
        for (const next of turn.next) {
          turn.make(next);
          visit();
          turn.undo();
        }
      };
      visit();
      expect(turn.position).toEqual(position);
      expect([...reached].sort()).toEqual([...new Set(count === 0 ? [position.join()] : legal.map(String))].sort());
      const after = count === 0 ? position : legal[random.integer(count)];
      position = pointsWon(after) > 0 ? startPosition() : seenByOther(after);
    }
  });

  it('has a net that begins by losing gammons, and loses less than a point a game after 3,000', async () => {
    const demo = await learn(await create('backgammon'), 1);
    while (demo.snapshot().step < 3000) await demo.learn();
    const { points } = demo.snapshot().curves[0];
    expect(points[0][1]).toBeLessThan(-1);
    expect(points[points.length - 1][1]).toBeGreaterThan(-1);
  });
});

describe('learning from feedback', () => {
  it('pleases the reward model, and with β = 0 goes further away than with a large β', async () => {
    const [free, held] = await Promise.all(
      [0, 0.5].map(async (beta) => (await learn(await create('rlhf', { chosen: { beta } }), 10)).snapshot()),
    );
    for (const { curves, score } of [free, held]) {
      const [reward, gold] = curves.map(({ points }) => points[points.length - 1]);
      expect(reward[1]).toBeGreaterThan(0.3);
      // At first both judges agree.
      expect(gold[1]).toBeGreaterThan(0.3);
      expect(score).toBe(gold[1]);
    }
    const distances = [free, held].map(({ curves }) => curves[0].points[2][0]);
    expect(distances[0]).toBeGreaterThan(distances[1]);
  });
});
