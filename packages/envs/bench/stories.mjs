import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@gradus/core';
import { ZMachineGame } from '@gradus/envs/text';

/**
 * Speeds of stories of the Z-machine, by processor time: commands per second, microseconds of a snapshot with all that makes it a state, and milliseconds of
 * finding the valid actions of a state. Commands are drawn from the story's grammar. Needs a build.
 *
 *     pnpm --filter @gradus/envs bench:stories [story.z5 …]
 */

const SECONDS = 1;
const own = fileURLToPath(new URL('../stories/lighthouse.z3', import.meta.url));
const paths = process.argv.length > 2 ? process.argv.slice(2) : [own];

for (const path of paths) {
  const game = new ZMachineGame(readFileSync(path), { rememberedStates: 0 });
  const random = new Random(1);
  const pick = (list) => list[random.integer(list.length)];
  game.reset({ seed: 1 });
  const { templates, nouns } = game.grammar;
  const command = () => pick(templates).replaceAll('OBJ', () => pick(nouns));
  const step = () => {
    if (game.step(command()).terminated) game.reset();
  };
  const validActions = () => {
    step();
    void game.step('look').validActions.length;
  };
  secondsOf(step); // compiled by then
  const perStep = secondsOf(step);
  const perState = secondsOf(() => game.getState());
  const perSearch = secondsOf(validActions) - 2 * perStep;
  console.log(
    `${basename(path)}: ${Math.round(1 / perStep)} commands/s, ${(perState * 1e6).toFixed(1)} µs for a state, ` +
      `${(perSearch * 1e3).toFixed(1)} ms for valid actions`,
  );
}

/** Seconds of processor time that one call takes. */
function secondsOf(run) {
  const start = process.cpuUsage();
  for (let calls = 1; ; calls++) {
    run();
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    if (seconds > SECONDS) return seconds / calls;
  }
}
