#!/usr/bin/env bash
# @mujoco/mujoco 3.14.0: after `mj_step` a body's place (`xpos`) is the one before the last step, while `qpos` is the one after it, so that a speed
# taken from `xpos` is a step late; `mj_forward` brings them together. Fails if that changes. Installs the package into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit @mujoco/mujoco@3.14.0
cat >run.mjs <<'JS'
import load from '@mujoco/mujoco';
const mujoco = await load({});
const model = mujoco.MjModel.from_xml_string('<mujoco><option gravity="0 0 0" timestep="0.01"/><worldbody><body><joint type="slide" axis="1 0 0"/><geom size="0.1"/></body></worldbody></mujoco>');
const data = new mujoco.MjData(model);
data.qvel[0] = 1;
for (let step = 0; step < 10; step++) mujoco.mj_step(model, data);
const [joint, body] = [data.qpos[0], data.xpos[3]];
mujoco.mj_forward(model, data);
const after = data.xpos[3];
console.log(`after ten steps of 0.01 s at 1 m/s: qpos ${joint.toFixed(4)}, xpos ${body.toFixed(4)}; after mj_forward: xpos ${after.toFixed(4)}`);
const near = (a, b) => Math.abs(a - b) < 1e-9;
process.exitCode = near(joint, 0.1) && near(body, 0.09) && near(after, 0.1) ? 0 : 1;
JS
echo "@mujoco/mujoco $(node -p 'require("./node_modules/@mujoco/mujoco/package.json").version'), Node $(node --version)"
node run.mjs
