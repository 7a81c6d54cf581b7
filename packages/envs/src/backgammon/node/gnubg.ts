import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { checkArguments, checkOptions, naturalNumber, positiveNumber, text, type OptionCheck } from '@gradus/core';
import { readPlay } from '../notation.ts';
import type { BackgammonPlayer } from '../players.ts';
import { BAR, OFF, OTHER_BAR, OTHER_OFF, checkPosition, type Dice, type Position } from '../position.ts';

/** GNU Backgammon is not there, has ended, does not answer, or answers what is no answer. */
export class GnubgError extends Error {
  override readonly name: string = 'GnubgError';
}

/** Options of {@link startGnubg}. */
export interface GnubgOptions {
  /** How many plies it looks ahead in its own counting, where 0 compares what its plays lead to. Default 0. */
  readonly plies: number;
  /** The program. Default `gnubg`, where `PATH` or Debian has it (`/usr/games`). */
  readonly command: string;
  /** Seconds that it may take to start, and for each answer. Default 10; two plies take about 0.1. */
  readonly timeout: number;
}

/** GNU Backgammon as a player and as a judge. */
export interface Gnubg extends BackgammonPlayer {
  /**
   * What it expects of a position for the player who is to roll, with `plies` (default: its own): the probabilities of winning, of winning a gammon or more, of winning a backgammon, of losing a
   * gammon or more, and of losing a backgammon. [5]
   * @throws GnubgError where it does not answer.
   */
  evaluate(position: Position, plies?: number): Promise<Float64Array>;
  /** Ends it. What was asked and is not answered fails. */
  close(): void;
}

const optionChecks: { readonly [Name in keyof GnubgOptions]: OptionCheck } = {
  plies: naturalNumber,
  command: text,
  timeout: positiveNumber,
};

/** Milliseconds between two attempts to connect. */
const RETRY = 20;
const HOST = '127.0.0.1';

/**
 * Starts GNU Backgammon (the program `gnubg`, which is not part of this package) as its own "external player", and speaks to it over a socket of this machine: without cube, by cubeless equity.
 * Call `close` when it is not needed any more; it ends with this process, too.
 * @throws GnubgError where it is not installed, or does not start in time.
 */
export async function startGnubg(options: Partial<GnubgOptions> = {}): Promise<Gnubg> {
  checkOptions('startGnubg', options, optionChecks);
  const { plies = 0, command = 'gnubg', timeout = 10 } = options;
  const port = await freePort();
  const program = spawn(command, ['-t', '-q', '--no-rc'], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/games` },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const line = new GnubgLine(program, command, timeout);
  const setting = 'set evaluation chequerplay evaluation';
  line.type(`${setting} plies ${plies}`, `${setting} cubeful off`, `external ${HOST}:${port}`);
  await line.open(port);
  return {
    async choose({ position, dice }) {
      const answer = await line.ask(boardText(position, dice));
      try {
        return readPlay(position, dice, answer);
      } catch (error) {
        throw line.fail(`expected a legal play, got '${answer}'`, error);
      }
    },
    async evaluate(position, depth = plies) {
      checkPosition('evaluate', position);
      checkArguments('evaluate', { plies: depth }, { plies: naturalNumber });
      const answer = await line.ask(`evaluation fibsboard ${boardText(position, [0, 0])} plies ${depth}`);
      const numbers = Float64Array.from(answer.split(/\s+/), Number);
      if (numbers.length !== 6 || numbers.some(Number.isNaN)) throw line.fail(`expected six numbers, got '${answer}'`);
      // The last one is their equity.
      return numbers.slice(0, 5);
    },
    close: () => {
      line.close();
    },
  };
}

/** A position as FIBS writes it, the player to roll first. */
function boardText(position: Position, dice: Dice): string {
  const points = Array.from({ length: BAR + 1 }, (_, point) => position[point]);
  const [mine, others] = [position[OFF], -position[OTHER_OFF]];
  const bars = [position[BAR], -position[OTHER_BAR]];
  // Turn, dice of either, cube, who may double, who was doubled, colour, direction, home and bar, …
  const rest = [1, ...dice, 0, 0, 1, 1, 1, 0, 1, -1, 0, BAR, mine, others, ...bars, 0, 0, 0, 0];
  return `board:You:gnubg:0:0:0:${points.join(':')}:${rest.join(':')}`;
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

/** The program and the socket to it: questions and answers, a line each. */
class GnubgLine {
  private socket: Socket | undefined;
  private received = '';
  private failure: GnubgError | undefined;
  private waiting: { resolve: (answer: string) => void; reject: (error: GnubgError) => void } | undefined;
  /** The question before, which each one waits for. */
  private last: Promise<unknown> = Promise.resolve();
  private readonly program: ChildProcess;
  private readonly command: string;
  private readonly timeout: number;
  private readonly end = (): void => {
    this.program.kill('SIGKILL');
  };

  constructor(program: ChildProcess, command: string, timeout: number) {
    this.program = program;
    this.command = command;
    this.timeout = timeout;
    process.once('exit', this.end);
    program.once('error', (error: NodeJS.ErrnoException) => {
      this.fail(error.code === 'ENOENT' ? `the program '${command}' is not installed` : error.message, error);
    });
    program.once('exit', (code, signal) => {
      this.fail(`it has ended (${signal ?? `exit status ${code}`})`);
    });
    // Of a program that is gone, which 'exit' reports.
    program.stdin?.on('error', () => undefined);
  }

  /** What its user would type. */
  type(...commands: readonly string[]): void {
    this.program.stdin?.write(commands.map((each) => `${each}\n`).join(''));
  }

  /** Connects, as soon as it listens. */
  async open(port: number): Promise<void> {
    const end = performance.now() + 1000 * this.timeout;
    while (this.socket === undefined) {
      if (this.failure !== undefined) throw this.failure;
      if (performance.now() > end) throw this.fail(`it does not listen after ${this.timeout} s`);
      this.socket = await attempt(port);
      if (this.socket === undefined) await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
    this.socket.setNoDelay(true);
    this.socket.setEncoding('utf8');
    this.socket.on('data', (piece: string) => {
      this.receive(piece);
    });
    this.socket.on('error', (error) => this.fail(error.message, error));
    this.socket.on('close', () => this.fail('it has closed the connection'));
  }

  /** The answer to a question. */
  async ask(question: string): Promise<string> {
    const answer = this.last.then(async () => this.askNow(question));
    this.last = answer.catch(() => undefined);
    return answer;
  }

  private async askNow(question: string): Promise<string> {
    if (this.failure !== undefined) throw this.failure;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(`no answer within ${this.timeout} s`), 1000 * this.timeout);
      const settle = <T>(settled: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(timer);
          this.waiting = undefined;
          settled(value);
        };
      };
      this.waiting = { resolve: settle(resolve), reject: settle(reject) };
      this.socket?.write(`${question}\n`);
    });
  }

  private receive(piece: string): void {
    this.received += piece;
    const end = this.received.indexOf('\n');
    if (end === -1) return;
    const answer = this.received.slice(0, end).trim();
    this.received = '';
    this.waiting?.resolve(answer);
  }

  /** Ends it all with an error, which is returned, and which whoever waits for an answer gets: the first one, if there was one before. */
  fail(problem: string, cause?: unknown): GnubgError {
    const failure = (this.failure ??= new GnubgError(`${this.command}: ${problem}`, { cause }));
    process.off('exit', this.end);
    this.socket?.destroy();
    this.end();
    this.waiting?.reject(failure);
    return failure;
  }

  close(): void {
    this.fail('it was closed');
  }
}

/** A connection; undefined where nobody listens yet. */
async function attempt(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once('connect', () => {
      resolve(socket);
    });
    socket.once('error', () => {
      resolve(undefined);
    });
  });
}
