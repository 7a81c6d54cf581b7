import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadEngine } from '../../src/mujoco/engine.ts';
import * as models from '../../src/mujoco/models.ts';
import { largestDifference } from '../support/largest-difference.ts';

/** Simulations of Gymnasium's own models in MuJoCo 3.14.0; the fixture says how they were made. */
interface Golden {
  readonly frame_skip: number;
  readonly nq: number;
  readonly nv: number;
  readonly nu: number;
  readonly dt: number;
  /** Step, positions, velocities. */
  readonly rows: readonly (readonly number[])[];
}

const goldens = (
  JSON.parse(readFileSync(`${import.meta.dirname}/../fixtures/mujoco-wasm.json`, 'utf8')) as {
    readonly models: Readonly<Record<string, Golden>>;
  }
).models;

test.each([
  ['half_cheetah', models.halfCheetahModel],
  ['hopper', models.hopperModel],
  ['walker2d_v5', models.walker2dModel],
  ['swimmer', models.swimmerModel],
  ['inverted_pendulum', models.invertedPendulumModel],
  ['inverted_double_pendulum', models.invertedDoublePendulumModel],
  ['reacher', models.reacherModel],
])('%s moves as Gymnasium’s model does', async (name, xml) => {
  const { frame_skip: frameSkip, rows, nq, nv, nu, dt } = goldens[name];
  const engine = await loadEngine();
  const model = engine.MjModel.from_xml_string(xml);
  expect([model.nq, model.nv, model.nu, model.opt.timestep]).toEqual([nq, nv, nu, dt]);
  const data = new engine.MjData(model);
  data.qvel.set(Array.from({ length: nv }, (_, i) => 0.0625 * ((i % 3) - 1)));
  let word = 12345;
  let step = 0;
  for (const [index, ...expected] of rows) {
    for (; step <= index; step++) {
      const controls = Array.from({ length: nu }, () => {
        word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
        return ((word >>> 24) - 128) / 128;
      });
      data.ctrl.set(controls);
      for (let frame = 0; frame < frameSkip; frame++) engine.mj_step(model, data);
    }
    expect(largestDifference([...data.qpos, ...data.qvel], expected)).toBeLessThan(1e-9);
  }
  expect(rows.length).toBeGreaterThan(5);
  data.delete();
});
