import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@gradus/core';
import { ZMachineGame } from '@gradus/envs/text';
import { IfvmsPlayer } from '../test/text/zmachine/ifvms-player.ts';
import { walkthrough } from '../test/text/zmachine/lighthouse.ts';
import { publishedStories, publishedStory } from '../test/text/zmachine/published-stories.ts';

/**
 * Speeds of stories of the Z-machine, by processor time: commands per second, of ifvms with the same ones too; microseconds of taking and of putting back a state, where the copy of memory is
 * made when a command ends and counts there; milliseconds of finding the valid actions of a state that was not met before, and how many of these change the world. Commands are drawn from the
 * story's grammar, and every other one is of the story's script, as far as there is one; for valid actions the game goes on by one of them, or by the script. Needs a build.
 *
 *     pnpm --filter @gradus/envs bench:stories [story.z5 …]
 */

const SECONDS = 1;
const COMMANDS = 500;
const STATES = 100;
const OVER = /^\s*\*{3,}[^*\n]+\*{3,}\s*$/m;

/** Ways into the published stories. */
const scripts = {
  'lighthouse.z3': walkthrough.join(),
  'minizork.z3':
    'open mailbox,read leaflet,south,east,open window,west,take sack,take bottle,open sack,west,take lantern,take sword,push carpet,open trapdoor,light lantern,down,north,' +
    'attack troll with sword,attack troll with sword,attack troll with sword,attack troll with sword,east,east,west,south',
  'advent.z3':
    'no,east,take lamp,take keys,take food,take bottle,out,south,south,south,unlock grate with keys,open grate,down,west,take cage,west,light lamp,west,west,west,down,west,east,south,take gold',
};

const own = fileURLToPath(new URL('../stories/lighthouse.z3', import.meta.url));
const stories =
  process.argv.length > 2
    ? process.argv.slice(2).map((path) => [basename(path), readFileSync(path)])
    : [['lighthouse.z3', readFileSync(own)], ...publishedStories.map((name) => [name, publishedStory(name)])];

for (const [name, story] of stories) {
  const game = new ZMachineGame(story, { rememberedStates: 0 });
  const script = scripts[name]?.split(',') ?? [];
  const random = new Random(1);
  const pick = (list) => list[random.integer(list.length)];
  game.reset({ seed: 1 });
  const { templates, nouns } = game.grammar;
  const commands = Array.from({ length: COMMANDS }, (_, i) =>
    i % 2 === 0 && script.length > 0
      ? script[(i / 2) % script.length]
      : pick(templates).replaceAll('OBJ', () => pick(nouns)),
  );
  const perCommand = secondsOf(() => playOurs(game, commands)) / COMMANDS;
  const perIfvmsCommand = secondsOf(() => playIfvms(story, commands)) / COMMANDS;
  const state = game.getState();
  const perState = secondsOf(() => game.getState());
  const perReturn = secondsOf(() => game.setState(state));
  const searches = [0, 1].map(() => searchStates(game, script)).at(-1); // the first time it is compiled
  const { actions, changing, times } = searches;
  const at = (part) => times[Math.min(STATES - 1, Math.floor(part * STATES))].toFixed(1);
  console.log(
    `${name}: ${Math.round(1 / perCommand)} commands/s (ifvms ${Math.round(1 / perIfvmsCommand)}), ` +
      `${(perState * 1e6).toFixed(1)} µs to take a state, ${(perReturn * 1e6).toFixed(1)} µs to put it back, ` +
      `valid actions of a state: median ${at(0.5)} ms, 95 % in ${at(0.95)}, all in ${at(1)}; ` +
      `${(actions / STATES).toFixed(1)} of them, ${changing} of ${actions} change the world`,
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
    if (OVER.test(player.take()) || player.hasQuit) player = begin();
  }
}

function searchStates(game, script) {
  const random = new Random(2);
  const times = [];
  let [actions, changing, known] = [0, 0, 0];
  let told = game.reset({ seed: 1 });
  for (let i = 0; i < STATES; i++) {
    void [told.look, told.inventory];
    const start = process.cpuUsage();
    const { validActions } = told;
    times.push(milliseconds(start));
    actions += validActions.length;
    const state = game.getState();
    changing += validActions.filter((action) => changes(game, state, action)).length;
    game.setState(state);
    const next = random.nextFloat() < 0.5 ? script[known++] : undefined;
    const action = next ?? validActions[random.integer(Math.max(1, validActions.length))];
    if (action === undefined || (told = game.step(action)).terminated) {
      told = game.reset();
      known = 0;
    }
  }
  times.sort((a, b) => a - b);
  return { actions, changing, times };
}

/** Whether an action ends the game, or leads to a world that is neither what it was nor what it becomes as time passes, or asks: then its answers are others than commands. */
function changes(game, state, action) {
  game.setState(state);
  const before = game.worldHash;
  game.step('wait');
  const after = game.worldHash;
  game.setState(state);
  const told = game.step(action);
  return told.terminated || ![before, after].includes(game.worldHash) || told.validActions.includes('yes');
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
