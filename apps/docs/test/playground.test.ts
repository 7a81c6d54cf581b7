import { describe, expect, it } from 'vitest';
import { compile, type Tools } from '../playground/compile.ts';
import { examples } from '../playground/examples.ts';
import { valueText } from '../playground/value-text.ts';

const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  '@gradus/core': () => import('@gradus/core'),
  '@gradus/envs': () => import('@gradus/envs'),
  '@gradus/tensor': () => import('@gradus/tensor'),
  '@gradus/value-based': () => import('@gradus/value-based'),
};

/** Runs a program, and says what it printed and drew. */
async function run(code: string): Promise<{ printed: string[]; curves: Record<string, [number, number][]> }> {
  const printed: string[] = [];
  const curves: Record<string, [number, number][]> = {};
  const tools: Tools = {
    load: (name) => modules[name](),
    print: (...values) => printed.push(values.map(valueText).join(' ')),
    plot: (label, x, y) => (curves[String(label)] ??= []).push([Number(x), Number(y)]),
  };
  await compile(code, Object.keys(modules))(tools);
  return { printed, curves };
}

const mean = (points: readonly (readonly [number, number])[]): number =>
  points.reduce((sum, [, y]) => sum + y, 0) / points.length;

describe('the examples', () => {
  it.each(Object.keys(examples))('%s runs as it stands, and learns', async (name) => {
    const { curves } = await run(examples[name].code);
    const [points] = Object.values(curves);
    const tenth = Math.ceil(points.length / 10);
    expect(mean(points.slice(-tenth))).toBeGreaterThan(mean(points.slice(0, tenth)));
  });

  it('the walk is valued from the treasure on', async () => {
    const { printed } = await run(examples.environment.code);
    expect(printed).toHaveLength(5);
    expect(printed[4]).toMatch(/^5 \[.*, 1\]$/);
  });

  it('Q-learning finds the path along the cliff', async () => {
    const { printed } = await run(examples.rule.code);
    expect(printed[2].split(' ').slice(0, 11)).toEqual(Array(11).fill('→'));
  });
});

describe('errors name their line', () => {
  it.each([
    ['let a = 1;\nlet b = ;\n', 2, /Unexpected token/],
    ["import { Random } from '@gradus/core';\n\nnull.x;", 3, /TypeError/],
    ["import {\n  Random,\n} from '@gradus/core';\nnew Random(-1);", 4, /seed/],
    ["let a;\nimport { x } from 'lodash';", 2, /no module 'lodash' here, but @gradus\/core/],
    ["import core from '@gradus/core';", 1, /no default export/],
    ['const a = 1;\nexport { a };', 2, /nothing can be exported/],
    ['print(1);\nawait Promise.reject(new Error("late"));', 2, /late/],
  ])('%j', async (code, line, message) => {
    await expect(run(code)).rejects.toMatchObject({ line, message: expect.stringMatching(message) as string });
  });

  it('or say none where there is none', async () => {
    await expect(run('throw 1;')).rejects.toMatchObject({ line: undefined, message: '1' });
  });
});

describe('imports', () => {
  it('bind what they name', async () => {
    const code =
      "import * as core from '@gradus/core'; import { linear as line } from '@gradus/core'; import '@gradus/envs';";
    const { printed } = await run(`${code}\nprint(core.linear === line);`);
    expect(printed).toEqual(['true']);
  });
});

describe('valueText', () => {
  it.each([
    [0.123456, '0.1235'],
    ['word', 'word'],
    [[1, [2, 3]], '[1, [2, 3]]'],
    [Float32Array.of(0.1, 0.2), '[0.1, 0.2]'],
    [{ a: 1 }, '{"a":1}'],
    [undefined, 'undefined'],
    [new Int32Array(30), `[${'0, '.repeat(20)}… 30 in all]`],
  ])('%j', (value, text) => {
    expect(valueText(value)).toBe(text);
  });
});
