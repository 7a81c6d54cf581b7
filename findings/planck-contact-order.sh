#!/usr/bin/env bash
# planck 1.5.0: of two bodies that touch the ground in the same step, the one that was created last is told of first; Box2D in C++ goes the other way round.
# Whoever acts within the event ("the first to land wins") gets another result. Fails if that changes. Installs the package into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit --force planck@1.5.0 2>/dev/null
cat >run.mjs <<'JS'
import { Box, Edge, World } from 'planck';
const world = new World({ gravity: { x: 0, y: -10 } });
const ground = world.createBody();
ground.createFixture({ shape: new Edge({ x: -50, y: 0 }, { x: 50, y: 0 }) });
for (const [i, name] of ['first', 'second', 'third'].entries()) {
  const body = world.createDynamicBody({ x: 5 * i, y: 2 });
  body.createFixture({ shape: new Box(0.5, 0.5), density: 1 });
  body.setUserData(name);
}
const landed = [];
world.on('begin-contact', (contact) => {
  for (const fixture of [contact.getFixtureA(), contact.getFixtureB()]) {
    if (fixture.getBody() !== ground) landed.push(fixture.getBody().getUserData());
  }
});
let steps = 0;
while (landed.length === 0 && steps++ < 200) world.step(1 / 50, 8, 3);
console.log(`created first, second, third; told of landing in one step: ${landed.join(', ')}`);
process.exitCode = landed.join() === 'third,second,first' ? 0 : 1;
JS
echo "planck $(node -p 'require("./node_modules/planck/package.json").version'), Node $(node --version)"
node run.mjs
