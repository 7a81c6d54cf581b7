import { describe, expect, test } from 'vitest';
import * as g from '../src/index.ts';

test('the example of the documentation', () => {
  const w = g.variable([3], [1, 2, 3]);
  const dot = g.program({ x: [3] }, ({ x }) => ({ y: g.sum(g.mul(w, x)) }));
  dot.inputs.x.set([1, 1, 1]);
  expect(dot.run().y[0]).toBe(6);
  expect(g.evaluate(() => g.softmax(g.constant([2], [0, 0])))).toEqual(Float32Array.of(0.5, 0.5));
});

test('inputs and outputs have the types of their dtypes; numbers and variables can be outputs', () => {
  const w = g.variable([1], [7]);
  const p = g.program(
    { x: [2], i: { shape: [], dtype: 'int32' }, b: { shape: [1], dtype: 'bool' } },
    ({ x, i, b }) => ({ x, i: g.add(i, 1), b: g.logicalNot(b), number: 3, w }),
  );
  p.inputs.i[0] = 41;
  expect(p.run()).toEqual({
    x: new Float32Array(2),
    i: Int32Array.of(42),
    b: Int32Array.of(1),
    number: Float32Array.of(3),
    w: Float32Array.of(7),
  });
});

test('variables are shared by programs, and can be read and written between runs', () => {
  const count = g.variable([], [0]);
  const up = g.program({}, () => {
    g.assign(count, g.add(count, 1));
    return {};
  });
  const look = g.program({}, () => ({ count }));
  for (let i = 0; i < 3; i++) up.run();
  expect(look.run().count[0]).toBe(3);
  count.write([10]);
  up.run();
  expect([look.run().count[0], count.read()[0]]).toEqual([11, 11]);
});

test('values read from a variable are a copy', () => {
  const w = g.variable([1], [1]);
  const copy = w.read();
  w.write([2]);
  expect(copy[0]).toBe(1);
});

test.each([g.device('wasm'), g.defaultDevice()])(
  'a view of a variable on $name shows what programs and writes have left there, without a copy',
  (device) => {
    const w = g.variable([2], [1, 2]);
    expect(w.view()).toEqual(Float32Array.of(1, 2));
    const double = g.program({}, () => (g.assign(w, g.mul(w, 2)), {}), { device });
    double.run();
    expect(w.view()).toEqual(Float32Array.of(2, 4));
    expect(w.view().buffer).toBe(w.view().buffer);
    w.write([5, 6]);
    expect(w.view()).toEqual(Float32Array.of(5, 6));
    w.dispose();
    expect(() => w.view()).toThrow("variable 'variable' was disposed");
  },
);

test('views of a wasm program stay valid when memory grows', () => {
  const device = g.device('wasm');
  const p = g.program({ x: [2] }, ({ x }) => ({ y: g.mul(x, 2) }), { device });
  const { inputs, outputs } = p;
  inputs.x.set([1, 2]);
  g.evaluate(() => g.add(g.variable([3_000_000]), 1), { device });
  inputs.x[1] = 5;
  p.run();
  expect([...outputs.y]).toEqual([2, 10]);
});

test('a disposed program says so', () => {
  const p = g.program({ x: [1] }, ({ x }) => ({ y: g.exp(x) }));
  p.dispose();
  p.dispose();
  expect(() => p.run()).toThrow('this program was disposed');
});

test('a program whose variable was disposed says which', () => {
  const w = g.variable([1], [1], { name: 'gone' });
  const p = g.program({}, () => ({ y: g.add(w, 1) }), { device: g.device('wasm') });
  p.run();
  w.dispose();
  expect(() => p.run()).toThrow("'gone'");
  expect(() => w.read()).toThrow("variable 'gone' was disposed");
});

describe('devices', () => {
  test('are the same for the same options', () => {
    expect(g.device('wasm')).toBe(g.device('wasm'));
    expect(g.device('native', { threads: 2 })).not.toBe(g.device('native'));
    expect(g.device('native', { threads: 2 }).threads).toBe(2);
  });

  test('one can be made the default', () => {
    const before = g.defaultDevice();
    g.setDefaultDevice(g.device('wasm'));
    expect(g.program({}, () => ({ y: 1 })).device.name).toBe('wasm');
    g.setDefaultDevice(before);
    expect(g.defaultDevice()).toBe(before);
  });
});

test('inputs hold what their specification says until they are written', () => {
  const p = g.program(
    { a: { shape: [2], dtype: 'float32', initial: 0.5 }, b: { shape: [2], dtype: 'bool', initial: 1 }, c: [1] },
    ({ a, b, c }) => ({ y: g.add(g.where(b, a, 0), c) }),
  );
  expect([...p.run().y]).toEqual([0.5, 0.5]);
  p.inputs.a[0] = 2;
  p.inputs.b[1] = 0;
  expect([...p.run().y]).toEqual([2, 0]);
  const wrong = { shape: [1], dtype: 'float32', initial: NaN } as const;
  expect(() => g.program({ a: wrong }, ({ a }) => ({ a }))).toThrow(
    "input 'a': expected initial to be a finite number",
  );
});

describe('a lazy device', () => {
  const traced = (device: g.Device) => {
    let traces = 0;
    const w = g.variable([1], [3]);
    const p = g.program({ x: [1] }, ({ x }) => ({ y: g.mul(x, g.mul(w, ++traces)) }), { device });
    return { p, w, traces: () => traces };
  };

  test('traces and compiles a program when it is first used, once', () => {
    const { p, w, traces } = traced(g.lazyDevice(g.lazyDevice(g.device('wasm'))));
    expect(traces()).toBe(0);
    p.inputs.x[0] = 2;
    expect([...p.run().y, ...p.outputs.y]).toEqual([6, 6]);
    expect([traces(), p.device]).toEqual([1, g.device('wasm')]);
    // The memory of variables is that of the device itself.
    expect([...g.program({}, () => ({ w }), { device: g.device('wasm') }).run().w]).toEqual([3]);
    p.dispose();
    expect(() => p.run()).toThrow('this program was disposed');
  });

  test('gives back a program that was never used without compiling it', () => {
    const { p, traces } = traced(g.lazyDevice(g.device('wasm')));
    p.dispose();
    expect(() => p.inputs).toThrow('this program was disposed');
    expect(traces()).toBe(0);
  });
});
