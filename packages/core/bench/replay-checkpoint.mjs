import { mkdtempSync, rmSync, statSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Box, ReplayBuffer } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';

/**
 * Memory of a buffer of 10⁶ transitions with BipedalWalker's 24 numbers of observation and 4 of action, and the time to save and to load it as part of a
 * checkpoint, for each way of drawing that keeps something of its own. Seconds are those of the clock. Needs a build.
 *
 *     pnpm --filter @gradus/core bench:replay [--json] [--capacity n]
 */

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, capacity: { type: 'string', default: '1000000' } },
});
const capacity = Number(values.capacity);

const env = {
  numEnvs: 1,
  observationSpace: new Box(-1, 1, [24]),
  actionSpace: new Box(-1, 1, [4]),
};
const results = [];
for (const kind of ['uniform', 'softmax']) {
  const sampling = kind === 'softmax' ? { kind, beta: 1 } : { kind };
  globalThis.gc();
  const before = process.memoryUsage().arrayBuffers;
  const replay = new ReplayBuffer(env, { capacity, gamma: 0.99, sampling });
  fill(replay);
  globalThis.gc();
  const bytes = process.memoryUsage().arrayBuffers - before;

  const folder = mkdtempSync(join(tmpdir(), 'gradus-replay-'));
  try {
    const path = join(folder, 'agent');
    const saved = {
      format: 'gradus-agent',
      version: 3,
      algorithm: 'replay',
      state: { replay: replay.getState() },
      files: {},
    };
    const save = await seconds(() => saveCheckpoint(path, saved));
    let checkpoint;
    const load = await seconds(async () => {
      checkpoint = await loadCheckpoint(path);
      new ReplayBuffer(env, { capacity, gamma: 0.99, sampling }).setState(checkpoint.state.replay);
    });
    results.push({ sampling: kind, transitions: capacity, bytes, fileBytes: size(path), save, load });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
if (values.json) console.log(JSON.stringify({ unit: 'seconds', results }, null, 2));
else {
  for (const { sampling, bytes, fileBytes, save, load } of results) {
    console.log(
      `${sampling}: ${(bytes / 1e6).toFixed(0)} MB of memory, ${(fileBytes / 1e6).toFixed(0)} MB of files, ` +
        `saved in ${save.toFixed(2)} s, loaded in ${load.toFixed(2)} s`,
    );
  }
}

/** Plays made-up episodes of 200 steps until the buffer is full. */
function fill(replay) {
  const observations = new Float32Array(24);
  const outcome = {
    observations,
    finalObservations: observations,
    rewards: new Float32Array(1),
    terminated: new Uint8Array(1),
    truncated: new Uint8Array(1),
  };
  const actions = new Float32Array(4);
  for (let step = 0; step < capacity; step++) {
    observations.fill(Math.sin(step));
    actions.fill(Math.cos(step));
    replay.beginStep(observations, actions);
    outcome.rewards[0] = Math.sin(step / 7);
    outcome.terminated[0] = step % 200 === 199 ? 1 : 0;
    replay.endStep(outcome);
  }
}

async function seconds(body) {
  const start = performance.now();
  await body();
  return (performance.now() - start) / 1000;
}

function size(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
