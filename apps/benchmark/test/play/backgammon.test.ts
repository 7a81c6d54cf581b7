import { expect, it } from 'vitest';
import { decodeMatch, type BackgammonPlayer } from '@gradus/envs/backgammon';
import { playBackgammon } from '../../src/play/backgammon.ts';

type Named = BackgammonPlayer & { readonly name: string };

const opponent: Named = { name: 'First', choose: () => 0 };

/** Asks for the list of plays, and takes what is first on it. */
function firstPlay(): (said: string) => string {
  let isListed = false;
  return (said) => {
    isListed = !isListed;
    return isListed ? 'list' : said.split('\n')[0];
  };
}

/** Plays what `answer` says to the lines that were said since the last question. */
async function played(
  answer: (said: string) => string | undefined,
  other = opponent,
): Promise<{ said: string; match: string }> {
  let said = '';
  let before = 0;
  const terminal = {
    ask: async (question: string): Promise<string | undefined> => {
      said += question;
      const line = answer(said.slice(before));
      before = said.length;
      return Promise.resolve(line);
    },
    say: (text: string): void => {
      said += `${text}\n`;
    },
  };
  const match = await playBackgammon(terminal, other, 1);
  return { said, match };
}

it('plays games to their end, and returns them as a match file', async () => {
  let games = 0;
  const play = firstPlay();
  const { said, match } = await played((text) => {
    if (text.includes('Another game?')) return ++games < 2 ? 'y' : 'n';
    return play(text);
  });
  expect(said).toContain('X are yours');
  expect(said).toMatch(/First plays \d-\d: \S+/);
  expect(said).toMatch(/(You win|First wins) a (game|gammon|backgammon)\. Points: you \d, First \d\./);
  const { players, games: read } = decodeMatch(match);
  expect(players).toEqual(['you', 'First']);
  expect(read.length).toBe(2);
  expect(read[1].score[0] + read[1].score[1]).toBe(read[0].points);
});

it('explains, refuses what is no legal play, and ends when it is told to or there are no more lines', async () => {
  const lines = ['', 'hello', '24/1', 'quit'];
  const { said, match } = await played(() => lines.shift());
  expect(said.split('X are yours').length).toBe(3);
  expect(said).toContain("expected moves such as '13/7 bar/22* 6/off', got 'hello'");
  expect(said).toMatch(/'24\/1' is no legal play of \d-\d; one that is: \S/);
  expect(match).toBe('');
  expect((await played(() => undefined)).match).toBe('');
});

it('passes on what the opponent throws', async () => {
  const broken: Named = { name: 'broken', choose: async () => Promise.reject(new Error('gone')) };
  await expect(played(firstPlay(), broken)).rejects.toThrow('gone');
});
