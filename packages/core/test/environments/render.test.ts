import { expect, test } from 'vitest';
import type { Dynamics } from '../../src/environments/dynamics.ts';
import { envFromDynamics } from '../../src/environments/env-from-dynamics.ts';
import type { RenderContext, RenderFormat } from '../../src/environments/render-context.ts';
import { vectorEnvFromDynamics } from '../../src/environments/vector-env-from-dynamics.ts';
import { vectorize } from '../../src/environments/vectorize.ts';
import { counting } from '../counting.ts';

const renderFormat: RenderFormat = { width: 20, height: 10, framesPerSecond: 4 };

/** Counts steps, and writes the count. */
const drawn: Dynamics = {
  ...counting(100),
  renderFormat,
  render: (state, index, context) => context.fillText(String(Object.values(state)[0][index]), 0, 0),
};

/** The methods of a context, none of which does anything. */
const idle = Object.fromEntries(
  (
    'save restore translate rotate scale beginPath closePath moveTo lineTo quadraticCurveTo arc ellipse roundRect ' +
    'clip fill stroke fillRect fillText'
  )
    .split(' ')
    .map((name) => [name, () => undefined]),
);

/** What was written on a context that does nothing else. */
function written(render: (context: RenderContext) => void): string[] {
  const texts: string[] = [];
  render({ ...idle, fillText: (text: string) => texts.push(text) } as unknown as RenderContext);
  return texts;
}

test('an environment draws the state it is in', () => {
  const env = envFromDynamics(drawn);
  expect(env.renderFormat).toBe(renderFormat);
  env.reset({ seed: 0 });
  const first = Number(written((context) => env.render!(context))[0]);
  for (let step = 1; step < 4; step++) {
    env.step(1);
    expect(written((context) => env.render!(context))).toEqual([String(first + step)]);
  }
});

test.each([
  ['of dynamics', () => vectorEnvFromDynamics(drawn, 3)],
  ['of environments', () => vectorize(() => envFromDynamics(drawn), 3)],
])('a VectorEnv %s draws each of its copies', (_, make) => {
  const env = make();
  expect(env.renderFormat).toBe(renderFormat);
  env.reset({ seed: 0 });
  const texts = (): number[] =>
    [0, 1, 2].flatMap((index) => written((context) => env.render!(context, index)).map(Number));
  const before = texts();
  env.step(Int32Array.of(0, 1, 2));
  expect(texts()).toEqual(before.map((count, index) => count + index));
  for (const index of [-1, 3, 0.5]) {
    const message = `render: expected the index of a copy in [0, 2], got ${index}`;
    expect(() => written((context) => env.render!(context, index))).toThrow(new RangeError(message));
  }
});

test('what draws nothing has no render', () => {
  const envs = [
    envFromDynamics(counting(10)),
    vectorEnvFromDynamics(counting(10), 2),
    vectorize(() => envFromDynamics(counting(10)), 2),
  ];
  for (const env of envs) expect(env).toMatchObject({ render: undefined, renderFormat: undefined });
});

test('what cannot be drawn with is refused', () => {
  const envs = [envFromDynamics(drawn), vectorEnvFromDynamics(drawn, 1), vectorize(() => envFromDynamics(drawn), 1)];
  for (const env of envs) {
    const draw = (context: unknown) => () => env.render!(context as RenderContext, 0);
    env.reset({ seed: 0 });
    draw(idle)();
    for (const context of [undefined, null, 5, 'canvas', {}, []]) {
      expect(draw(context)).toThrow(RangeError);
      expect(draw(context)).toThrow('render: expected context to be a context to draw with');
    }
    expect(draw({ ...idle, roundRect: undefined })).toThrow('roundRect is undefined, expected a function');
  }
});
