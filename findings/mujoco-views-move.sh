#!/usr/bin/env bash
# @mujoco/mujoco 3.14.0: an array taken from a simulation (`data.qpos`) has length 0 as soon as making another simulation has made WebAssembly's memory grow.
# Reading it gives undefined, without an error; `data.qpos` taken again is whole. Fails if that changes. Installs the package into a temporary folder.
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
const positions = data.qpos;
const before = positions.length;
const others = Array.from({ length: 8 }, () => new mujoco.MjData(model));
console.log(`length of qpos: ${before}; the same array after ${others.length} more simulations: ${positions.length}; taken again: ${data.qpos.length}`);
process.exitCode = before === 7 && positions.length === 0 && data.qpos.length === 7 ? 0 : 1;
JS
echo "@mujoco/mujoco $(node -p 'require("./node_modules/@mujoco/mujoco/package.json").version'), Node $(node --version)"
node run.mjs
