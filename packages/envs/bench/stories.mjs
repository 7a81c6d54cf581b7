import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@gradus/core';
import { ZMachineGame } from '@gradus/envs/text';
import { IfvmsPlayer } from '../test/text/zmachine/ifvms-player.ts';

/**
 * Speeds of stories of the Z-machine, by processor time: commands per second, of ifvms with the same ones too, microseconds of taking and of putting back a state, and milliseconds of finding the
 * valid actions of a state, with how many there are. Commands are drawn from the story's grammar; for valid actions the game goes on by one of them after each state. Needs a build.
 *
 *     pnpm --filter @gradus/envs bench:stories [story.z5 …]
 */

const SECONDS = 1;
const COMMANDS = 500;
const STATES = 40;
const own = fileURLToPath(new URL('../stories/lighthouse.z3', import.meta.url));
const paths = process.argv.length > 2 ? process.argv.slice(2) : [own];

for (const path of paths) {
  const story = readFileSync(path);
  const game = new ZMachineGame(story, { rememberedStates: 0 });
  const random = new Random(1);
  const pick = (list) => list[random.integer(list.length)];
  game.reset({ seed: 1 });
  const { templates, nouns } = game.grammar;
  const commands = Array.from({ length: COMMANDS }, () => pick(templates).replaceAll('OBJ', () => pick(nouns)));
  const perCommand = secondsOf(() => playOurs(game, commands)) / COMMANDS;
  const perIfvmsCommand = secondsOf(() => playIfvms(story, commands)) / COMMANDS;
  const state = game.getState();
  const perState = secondsOf(() => game.getState());
  const perReturn = secondsOf(() => game.setState(state));
  const searches = [0, 1].map(() => searchStates(game)).at(-1); // the first time it is compiled
  console.log(
    `${basename(path)}: ${Math.round(1 / perCommand)} commands/s (ifvms ${Math.round(1 / perIfvmsCommand)}), ` +
      `${(perState * 1e6).toFixed(1)} µs to take a state, ${(perReturn * 1e6).toFixed(1)} µs to put it back, ` +
      `valid actions: ${searches.mean.toFixed(1)} ms a state (median ${searches.median.toFixed(1)}), ${searches.actions.toFixed(1)} of them`,
  );
}

function playOurs(game, commands) {
  game.reset({ seed: 1 });
  for (const command of commands) if (game.step(command).terminated) game.reset();
}

function playIfvms(story, commands) {
  const random = new Random(1);
  const begin = () => new IfvmsPlayer(story, (range) => (range > 0 ? 1 + random.integer(range) : 0));
  let player = begin();
  for (const command of commands) {
    player.enter(command);
    for (let keys = 0; player.wantsKey && !player.hasQuit && keys < 20; keys++) player.enter(' ');
    if (player.hasQuit) player = begin();
    player.take();
  }
}

function searchStates(game) {
  const random = new Random(2);
  const times = [];
  let actions = 0;
  let told = game.reset({ seed: 1 });
  for (let i = 0; i < STATES; i++) {
    void [told.look, told.inventory];
    const start = process.cpuUsage();
    const { validActions } = told;
    times.push(milliseconds(start));
    actions += validActions.length;
    const isOver =
      validActions.length === 0 || (told = game.step(validActions[random.integer(validActions.length)])).terminated;
    if (isOver) told = game.reset();
  }
  times.sort((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / STATES;
  return { mean, median: times[STATES >> 1], actions: actions / STATES };
}

/** Seconds of processor time that one call takes, after it has been called for as long before. */
function secondsOf(run) {
  const measure = () => {
    const start = process.cpuUsage();
    let calls = 0;
    do {
      run();
      calls++;
    } while (milliseconds(start) < 1000 * SECONDS);
    return milliseconds(start) / 1000 / calls;
  };
  measure();
  return measure();
}

function milliseconds(start) {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
