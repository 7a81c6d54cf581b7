import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@gradus/core';
import { expect, test } from 'vitest';
import { walkthrough } from './lighthouse.ts';
import { OwnPlayer } from './own-player.ts';
import { randomCommands } from './random-commands.ts';

/** Where Debian installs it. */
const dfrotz = '/usr/games/dfrotz';
const stories = join(import.meta.dirname, '../../../stories');
/** What it asks more about, or does not cut to the room there is. */
const unlike = /sav|rest|qui|\bq\b|.{60}|[^ -~]/;
const SEED = 5;
const COUNT = 400;

const squeezed = (text: string): string => text.replace(/[\s>]+/g, ' ').trim();

test.runIf(existsSync(dfrotz)).each(['z3', 'z4', 'z5', 'z8'])(
  `prints what dfrotz prints, with its random numbers, in ${COUNT} commands of lighthouse.%s`,
  (version) => {
    const path = join(stories, `lighthouse.${version}`);
    const story = readFileSync(path);
    const commands = randomCommands(story, SEED);
    const random = new Random(SEED);
    const ours = new OwnPlayer(story, SEED, 'frotz');
    const texts = [ours.take()];
    const lines: string[] = [];
    let known = 0;
    while (lines.length < COUNT && !ours.hasQuit) {
      // Not to the end, after which there is nothing to do.
      const goesOn = known < walkthrough.length - 1 && random.nextFloat() < 0.1;
      const command = goesOn ? walkthrough[known++] : commands();
      if (unlike.test(command)) continue;
      lines.push(command);
      ours.enter(command);
      texts.push(ours.take());
    }
    const { stdout } = spawnSync(dfrotz, ['-m', '-q', '-w', '250', '-s', String(SEED), path], {
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
    });
    expect(squeezed(stdout)).toBe(squeezed(texts.join(' ')));
  },
);
