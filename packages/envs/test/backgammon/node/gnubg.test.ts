import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { playGames, positionFromId, positionId, pubeval, readPlay, startPosition } from '@gradus/envs/backgammon';
import { startGnubg } from '@gradus/envs/backgammon/node';
import { describe, expect, test, vi } from 'vitest';
import { afterstates, randomPositions, type Rolled } from '../support/random-positions.ts';

const PATH = `${process.env.PATH}${delimiter}/usr/games`;
const hasGnubg = spawnSync('gnubg', ['--version'], { env: { ...process.env, PATH } }).status === 0;

/** Fresh positions whose plays are compared. GRADUS_GNUBG_POSITIONS sets another number of them: 10,000 take two minutes. */
const POSITIONS = Number(process.env.GRADUS_GNUBG_POSITIONS ?? 150);

/** Positions that one run of `gnubg` is given. */
const AT_ONCE = 500;

/** The plays that `gnubg` lists for positions, as texts, by typing commands. */
function hints(rolled: readonly Rolled[]): string[][] {
  const settings = ['automatic game off', 'automatic roll off', 'display off', 'player 0 human', 'player 1 human'];
  const evaluation = 'evaluation chequerplay evaluation';
  const commands = [...settings, `${evaluation} plies 0`, `${evaluation} cubeful off`].map((each) => `set ${each}`);
  // A board is as the player sees it whose turn it is, and whoever begins the session is drawn.
  commands.push('new session', 'set turn 1');
  for (const { position, dice } of rolled) {
    commands.push(`set board ${positionId(position)}`, 'set turn 1', `set dice ${dice.join(' ')}`, 'hint 9999');
  }
  const input = [...commands, 'quit', 'y', ''].join('\n');
  const { stdout } = spawnSync('gnubg', ['-t', '-q', '--no-rc'], {
    input,
    env: { ...process.env, PATH },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const parts = stdout.split('The dice have been set to').slice(1);
  return parts.map((part) =>
    [...part.matchAll(/^\s*\d+\. Cubeless 0-ply\s+(\S.*?)\s+Eq\.:/gm)].map(([, play]) => play),
  );
}

describe.runIf(hasGnubg)('GNU Backgammon', () => {
  test('its legal plays lead to the same positions', () => {
    // With no legal play it lists none, and says so otherwise: those are compared by the goldens' counts.
    const rolled = randomPositions(POSITIONS, 11).filter((each) => afterstates(each).length > 0);
    const lists = Array.from({ length: Math.ceil(rolled.length / AT_ONCE) }, (_, part) =>
      hints(rolled.slice(part * AT_ONCE, (part + 1) * AT_ONCE)),
    ).flat();
    expect(lists.length).toBe(rolled.length);
    for (const [i, { position, dice }] of rolled.entries()) {
      const own = afterstates(rolled[i]);
      const theirs = new Set(lists[i].map((play) => readPlay(position, dice, play)));
      expect([...theirs].sort((a, b) => a - b)).toEqual(own.map((_, index) => index));
      expect(lists[i].length).toBe(own.length);
    }
  });

  test('plays and judges over its socket', async () => {
    const gnubg = await startGnubg();
    try {
      // As it said of these three on its command line: `evaluate` of 1.07.001.
      expect(await gnubg.evaluate(startPosition())).toEqual(
        Float64Array.of(0.521514, 0.153921, 0.007563, 0.129847, 0.007546),
      );
      const result = await playGames(gnubg, pubeval, { games: 20, seed: 1 });
      expect(result.games).toBe(20);
      expect(
        await Promise.all([gnubg.evaluate(startPosition(), 0), gnubg.evaluate(positionFromId('fwQMCGbn/gwAAA'))]),
      ).toHaveLength(2);
    } finally {
      gnubg.close();
    }
    await expect(gnubg.evaluate(startPosition())).rejects.toThrow('gnubg: it was closed');
  });
});

describe('a program in the place of GNU Backgammon', () => {
  /** Runs `body` with a program of these lines of JavaScript. */
  async function withProgram(lines: string, body: (command: string) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'gradus-gnubg-'));
    try {
      const command = join(folder, 'gnubg');
      const pid = `require('node:fs').writeFileSync(__filename + '.pid', String(process.pid));`;
      writeFileSync(command, `#!${process.execPath}\n${pid}\n${lines}\n`);
      chmodSync(command, 0o755);
      await body(command);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Listens where it is told to, and answers everything with `answer`. */
  const server = (answer: string): string => `
    const { createServer } = require('node:net');
    process.stdin.on('data', (text) => {
      const port = Number(/external 127.0.0.1:(\\d+)/.exec(text)[1]);
      createServer((socket) => socket.on('data', () => socket.write(${JSON.stringify(answer)}))).listen(port, '127.0.0.1');
    });`;

  /** Waits until the program is gone, which takes a moment after it was killed. */
  async function isGone(command: string): Promise<void> {
    while (existsSync(`${command}.pid`) && isThere(Number(readFileSync(`${command}.pid`, 'utf8')))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  function isThere(pid: number): boolean {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }

  test('options are refused in words', async () => {
    await expect(startGnubg({ plies: -1 })).rejects.toThrow('expected plies to be an integer of at least 0, got -1');
    await expect(startGnubg({ timeout: 0 })).rejects.toThrow('expected timeout to be a positive number, got 0');
  });

  test('that is not there, or ends, is told in a line', async () => {
    await expect(startGnubg({ command: 'no-such-program' })).rejects.toThrow(
      "no-such-program: the program 'no-such-program' is not installed",
    );
    await withProgram('process.exit(3)', async (command) => {
      await expect(startGnubg({ command })).rejects.toThrow(`${command}: it has ended (exit status 3)`);
    });
  });

  test('that does not listen is told in a line, and ended', async () => {
    await withProgram('setInterval(() => {}, 1000)', async (command) => {
      await expect(startGnubg({ command, timeout: 0.3 })).rejects.toThrow(`${command}: it does not listen after 0.3 s`);
      await isGone(command);
    });
  });

  test('that does not answer is told in a line, and ended, and whoever asks after that fails, too', async () => {
    await withProgram(server(''), async (command) => {
      const gnubg = await startGnubg({ command, timeout: 500 });
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const asked = Promise.allSettled([gnubg.evaluate(startPosition()), gnubg.evaluate(startPosition())]);
        await vi.advanceTimersByTimeAsync(500_000);
        for (const result of await asked) {
          expect(result).toMatchObject({ reason: { message: `${command}: no answer within 500 s` } });
        }
      } finally {
        vi.useRealTimers();
      }
      await isGone(command);
    });
  });

  test('that answers otherwise is told in a line, and ended', async () => {
    await withProgram(server('Error: no\n'), async (command) => {
      const gnubg = await startGnubg({ command });
      await expect(gnubg.evaluate(startPosition())).rejects.toThrow(
        `${command}: expected six numbers, got 'Error: no'`,
      );
      await isGone(command);
    });
    await withProgram(server('13/7\n'), async (command) => {
      const gnubg = await startGnubg({ command });
      await expect(playGames(gnubg, pubeval, { games: 1, seed: 1 })).rejects.toThrow(
        `${command}: expected a legal play, got '13/7'`,
      );
      await isGone(command);
    });
  });
});
