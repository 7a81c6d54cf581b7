import { Random } from '@gradus/core';
import { pubeval, randomPlayer, type BackgammonPlayer } from '@gradus/envs/backgammon';
import { GnubgError, startGnubg } from '@gradus/envs/backgammon/node';
import type { TdGammon } from '@gradus/value-based';
import { UserError } from '../user-error.ts';
import { loadBackgammonRun } from './saved-agent.ts';

/** Somebody to play against, who is let go after that. */
export interface Opponent extends BackgammonPlayer {
  readonly name: string;
  close(): void;
}

/** What `--against` may be besides a folder with a saved agent. */
export const opponentNames = ['random', 'pubeval', 'gnubg'] as const;

/** An agent as a player who looks so many plies ahead. */
export function agentPlayer(agent: TdGammon, plies: 1 | 2): BackgammonPlayer {
  return { choose: (turn) => agent.choose(turn, { plies }) };
}

/**
 * The opponent of that name, or the agent that is saved in the folder of that name. `gnubg` looks `plies` ahead in Tesauro's counting, which is one less in its own.
 * @throws UserError where GNU Backgammon cannot be started.
 * @throws CheckpointError where no agent is saved there.
 */
export async function openOpponent(name: string, plies: 1 | 2, seed: number): Promise<Opponent> {
  const none = (): void => undefined;
  switch (name) {
    case 'random':
      return { name, ...randomPlayer(new Random(seed)), close: none };
    case 'pubeval':
      return { name, ...pubeval, close: none };
    case 'gnubg': {
      const gnubg = await fromGnubg(async () => startGnubg({ plies: plies - 1, timeout: 60 }));
      return {
        name,
        choose: async (turn) => fromGnubg(async () => gnubg.choose(turn)),
        close: () => {
          gnubg.close();
        },
      };
    }
    default: {
      const { agent } = await loadBackgammonRun(name);
      return {
        name,
        ...agentPlayer(agent, plies),
        close: () => {
          agent.dispose();
        },
      };
    }
  }
}

/** What `ask` gives; what goes wrong with the program is told as such. */
async function fromGnubg<T>(ask: () => T | Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GnubgError) throw new UserError(error.message, { cause: error });
    throw error;
  }
}
