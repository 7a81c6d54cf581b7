import { mkdtempSync, rmSync, statSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Box, ReplayBuffer } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';

/**
 * The time to save and to load a buffer of 10⁶ transitions with BipedalWalker's 24 numbers of observation and 4 of action as part of a checkpoint, and the
 * size of the files, which hold what memory holds. Softmax sampling makes its tree of rewards again. Seconds are those of the clock. Needs a build.
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
for (const kind of ['uniform', 'softmax']) results.push(await measure(kind));
if (values.json) console.log(JSON.stringify({ unit: 'seconds', results }, null, 2));
else {
  for (const { sampling, fileBytes, save, load } of results) {
    console.log(
      `${sampling}: ${(fileBytes / 1e6).toFixed(0)} MB, ` +
        `saved in ${save.toFixed(2)} s, loaded in ${load.toFixed(2)} s`,
    );
  }
}

async function measure(kind) {
  const sampling = kind === 'softmax' ? { kind, beta: 1 } : { kind };
  const replay = new ReplayBuffer(env, { capacity, gamma: 0.99, sampling });
  fill(replay);

  const folder = mkdtempSync(join(tmpdir(), 'gradus-replay-'));
  try {
    const path = join(folder, 'agent');
    const state = { replay: replay.getState() };
    const save = await seconds(() =>
      saveCheckpoint(path, { format: 'gradus-agent', version: 3, algorithm: 'replay', state, files: {} }),
    );
    const load = await seconds(async () => {
      const checkpoint = await loadCheckpoint(path);
      new ReplayBuffer(env, { capacity, gamma: 0.99, sampling }).setState(checkpoint.state.replay);
    });
    return { sampling: kind, transitions: capacity, fileBytes: size(path), save, load };
  } finally {
    rmSync(folder, { recursive: true });
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
