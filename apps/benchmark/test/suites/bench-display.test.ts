import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { benchDisplay } from '../../src/suites/bench-display.ts';
import { shortRun } from '../planned-runs.ts';

/** Keeps what is written; like a terminal if told so. */
function textStream(isTTY: boolean): {
  stream: NodeJS.WritableStream & { readonly isTTY: boolean };
  text: () => string;
} {
  let written = '';
  const stream = new Writable({
    write(chunk, _, done) {
      written += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 120, rows: 40 }), text: () => written };
}

const [first, second, third] = [0, 1, 2].map((seed) => shortRun({ seed }));

describe('benchDisplay', () => {
  it('writes a line for each run that ends where there is no terminal', () => {
    const { stream, text } = textStream(false);
    const display = benchDisplay([first, second, third], 2, stream);
    display.start(first);
    display.progress(first, { step: 1000, episodeReturn: NaN });
    display.end(first, 'it went well');
    display.say('something else');
    display.end(second, 'it broke');
    display.end(third, 'fine');
    display.close();
    expect(text().split('\n')).toEqual([
      expect.stringMatching(/^\[3\/5\] ppo\/CartPole-v1\/0: it went well; \d+:\d\d left$/),
      '[3/5] something else',
      expect.stringMatching(/^\[4\/5\] ppo\/CartPole-v1\/1: it broke; \d+:\d\d left$/),
      '[5/5] ppo/CartPole-v1/2: fine',
      '',
    ]);
  });

  it('has a bar for all runs and one for each that is going in a terminal', () => {
    const { stream, text } = textStream(true);
    const display = benchDisplay([first, second], 0, stream);
    display.start(first);
    display.start(second);
    display.progress(first, { step: 500, episodeReturn: 12.34 });
    display.end(first, 'it went well');
    display.end(second, 'it broke');
    display.close();
    expect(text()).toMatch(/all runs .* 0% \| 0\/2 runs \| time left not known yet/);
    expect(text()).toMatch(/ppo\/CartPole-v1\/1 .* 0% \| 0\/2000 steps/);
    // The lines that stay, the last one too.
    expect(text()).toContain('ppo/CartPole-v1/0: it went well\n');
    expect(text()).toContain('ppo/CartPole-v1/1: it broke\n');
  });
});
