import { expect, test } from 'vitest';
import * as g from '../src/index.ts';

test('traceProgram gives the graph of a program, which is neither compiled nor runs', () => {
  let made: g.Program<unknown, unknown> | undefined;
  const graph = g.traceProgram(() => {
    made = g.program({ x: [2], unused: [1] }, ({ x }) => ({ y: g.exp(x) }));
  });
  expect(graph.nodes.map(({ op }) => op)).toEqual(['input', 'exp']);
  expect([...graph.inputs.keys()]).toEqual(['x', 'unused']);
  expect(() => made?.run()).toThrow('program: this one was made to be traced, and does not run');
  // Whatever goes wrong, programs that come later are compiled again.
  expect(() => g.traceProgram(() => 1)).toThrow('expected a function that makes one program, got one that makes 0');
  expect(g.evaluate(() => g.scalar(2))).toEqual(Float32Array.of(2));
});

test('applyGraph computes the same as part of another program, with variables as they are then', () => {
  const weight = g.variable([2], [1, 2]);
  const graph = g.traceProgram(() =>
    g.program({ x: [2], bits: { shape: [2], dtype: 'bool' } }, ({ x, bits }) => ({
      y: g.where(bits, g.mul(x, weight), g.constant([2], [7, 8])),
      z: g.add(g.logSumExp(x), 1),
    })),
  );
  const outer = g.program({ x: [2] }, ({ x }) => {
    const { y, z } = g.applyGraph(graph, { x: g.mul(x, 10), bits: g.constant([2], [1, 0], 'bool') });
    return { y: g.neg(y), z };
  });
  weight.write([3, 4]);
  outer.inputs.x.set([1, 2]);
  const { y, z } = outer.run();
  expect([...y]).toEqual([-30, -8]);
  expect(z[0]).toBeCloseTo(1 + Math.log(Math.exp(10) + Math.exp(20)), 4);
});

test('applyGraph names an input that is missing or has another shape, and a variable that would be set', () => {
  const counter = g.variable([], [0], { name: 'counter' });
  const graph = g.traceProgram(() => g.program({ x: [2] }, ({ x }) => ({ y: g.exp(x) })));
  const setting = g.traceProgram(() => g.program({}, () => (g.assign(counter, 1), {})));
  const apply =
    (of: g.Graph, inputs: Record<string, g.TensorLike>): (() => void) =>
    () =>
      g.evaluate(() => g.applyGraph(of, inputs));
  expect(apply(graph, {})).toThrow("applyGraph: expected input 'x' of shape [2], got none");
  expect(apply(graph, { x: 1 })).toThrow("applyGraph: expected input 'x' of shape [2], got []");
  expect(apply(setting, {})).toThrow(
    "applyGraph: expected a program that sets no variables, got one that sets 'counter'",
  );
});
