import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@gradus/core';
import { expect, test } from 'vitest';
import { StoryRandom } from '../../../src/text/zmachine/story-random.ts';
import { walkthrough } from './lighthouse.ts';
import { IfvmsPlayer } from './ifvms-player.ts';
import { OwnPlayer } from './own-player.ts';
import { publishedStories, publishedStory } from './published-stories.ts';
import { randomCommands } from './random-commands.ts';

const stories = join(import.meta.dirname, '../../../stories');
/** A folder with more stories to compare. */
const more = process.env.GRADUS_STORIES;

/** What was printed, without the interpreter's own number and version, by which stories tell who plays them: `Standard interpreter 1.1 (6A)`, `Interpreter 6 Version A`. */
function printed(player: IfvmsPlayer | OwnPlayer): string {
  return player.take().replace(/(interpreter) \d[^/\n]*/gi, '$1');
}

/** Plays `count` commands with both, and expects the same text after each of them. Returns how many different texts there were. */
function compare(story: Uint8Array, seed: number, count: number, script: readonly string[]): number {
  const commands = randomCommands(story, seed);
  const random = new Random(seed);
  const texts = new Set<string>();
  let played = 0;
  while (played < count) {
    const drawn = new StoryRandom('gradus', seed + played);
    const theirs = new IfvmsPlayer(story, (range) => drawn.draw(range));
    const ours = new OwnPlayer(story, seed + played);
    // The first random numbers are drawn before those of ifvms can be chosen, by stories that draw some before they begin.
    ours.machine.random.seed(seed + played);
    expect(printed(ours)).toBe(printed(theirs));
    let known = 0;
    for (let i = 0; i < 200 && played < count && !ours.hasQuit; i++, played++) {
      const command = random.nextFloat() < 0.3 && known < script.length ? script[known++] : commands();
      ours.enter(command);
      theirs.enter(command);
      const text = printed(ours);
      expect(text, `after ${command}`).toBe(printed(theirs));
      expect([ours.hasQuit, ours.wantsKey]).toEqual([theirs.hasQuit, theirs.wantsKey]);
      texts.add(text);
    }
  }
  return texts.size;
}

test.each(['z3', 'z4', 'z5', 'z8'])('prints what ifvms prints, in 1000 commands of lighthouse.%s', (version) => {
  const texts = compare(readFileSync(join(stories, `lighthouse.${version}`)), 1, 1000, walkthrough);
  expect(texts).toBeGreaterThan(60);
});

test.each(publishedStories)('prints what ifvms prints, in 300 commands of %s', (name) => {
  expect(compare(publishedStory(name), 2, 300, [])).toBeGreaterThan(60);
});

test.runIf(more !== undefined)('prints what ifvms prints, in 3000 commands of each story of GRADUS_STORIES', () => {
  for (const name of readdirSync(more!).filter((file) => /\.z[3458]$/i.test(file))) {
    // Small ones have fewer texts than those above.
    expect(compare(readFileSync(join(more!, name)), 1, 3000, []), name).toBeGreaterThan(20);
  }
});
