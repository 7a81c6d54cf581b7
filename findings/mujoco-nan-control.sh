#!/usr/bin/env bash
# @mujoco/mujoco 3.14.0: one control that is NaN makes every motor of the model act as if its control were 0 for that step. No error is raised.
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
const model = mujoco.MjModel.from_xml_string(`<mujoco><option gravity="0 0 0"/><worldbody>
  <body><joint name="a" type="slide" axis="1 0 0"/><geom size="0.1"/></body>
  <body pos="0 1 0"><joint name="b" type="slide" axis="1 0 0"/><geom size="0.1"/></body></worldbody>
  <actuator><motor joint="a"/><motor joint="b"/></actuator></mujoco>`);
const speedsAfter = (...controls) => {
  const data = new mujoco.MjData(model);
  data.ctrl.set(controls);
  mujoco.mj_step(model, data);
  return Array.from(data.qvel);
};
const both = speedsAfter(1, 1);
const one = speedsAfter(1, NaN);
console.log(`speeds after a step: ${both} with controls 1 and 1, ${one} with controls 1 and NaN`);
process.exitCode = both.every((speed) => speed > 0) && one.every((speed) => speed === 0) ? 0 : 1;
JS
echo "@mujoco/mujoco $(node -p 'require("./node_modules/@mujoco/mujoco/package.json").version'), Node $(node --version)"
node run.mjs
