import { StoryError, type TextGame } from '@gradus/envs/text';
import type { Terminal } from './terminal.ts';

const help = `Type what to do, such as 'look', 'inventory' or 'take lamp'. '/actions' shows what would change something now, '/quit' ends the game.`;

/**
 * Has a person play a text game until it ends, he has had enough, or no lines are left. Returns what was said, both ways.
 * @param seed what the game's random numbers follow from
 */
export async function playTextGame({ ask, say }: Terminal, game: TextGame, seed: number): Promise<string> {
  let told = game.reset({ seed });
  const record = [told.observation];
  say(`${help}\n\n${told.observation}`);
  for (;;) {
    const command = (await ask('\n> '))?.trim();
    if (command === undefined || command === '/quit') break;
    if (command === '/actions') {
      say(told.validActions.join('\n'));
      continue;
    }
    if (command.startsWith('/')) {
      say(help);
      continue;
    }
    try {
      const step = game.step(command);
      told = step;
      const score = step.reward === 0 ? '' : `\n[score ${step.score}, moves ${step.moves}]`;
      say(`${step.observation}${score}`);
      record.push(`> ${command}\n${step.observation}${score}`);
      if (step.terminated) break;
    } catch (error) {
      if (!(error instanceof StoryError)) throw error;
      say(error.message);
    }
  }
  return `${record.join('\n\n')}\n`;
}
