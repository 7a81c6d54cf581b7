#!/usr/bin/env bash
# @mujoco/mujoco 3.14.0: `mj_getState` writes nothing into a Float64Array that it is given, and raises no error; a DoubleBuffer is written.
# Fails if that changes. Installs the package into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit @mujoco/mujoco@3.14.0
cat >run.mjs <<'JS'
import load from '@mujoco/mujoco';
const mujoco = await load({});
const model = mujoco.MjModel.from_xml_string('<mujoco><worldbody><body pos="0 0 2"><freejoint/><geom size="0.1"/></body></worldbody></mujoco>');
const data = new mujoco.MjData(model);
const parts = mujoco.mjtState.mjSTATE_INTEGRATION.value;
const size = mujoco.mj_stateSize(model, parts);
for (let step = 0; step < 5; step++) mujoco.mj_step(model, data);
const array = new Float64Array(size);
mujoco.mj_getState(model, data, array, parts);
const buffer = new mujoco.DoubleBuffer(size);
mujoco.mj_getState(model, data, buffer, parts);
const count = (numbers) => Array.from(numbers).filter((value) => value !== 0).length;
console.log(`numbers of the state that are not 0: ${count(array)} in a Float64Array, ${count(buffer.GetView())} in a DoubleBuffer`);
process.exitCode = count(array) === 0 && count(buffer.GetView()) > 0 ? 0 : 1;
JS
echo "@mujoco/mujoco $(node -p 'require("./node_modules/@mujoco/mujoco/package.json").version'), Node $(node --version)"
node run.mjs
