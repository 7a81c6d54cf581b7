#!/usr/bin/env bash
# planck 1.5.0: a polygon whose corners are nearer to each other than about 2.5 mm silently becomes a square of 2 × 2 m, with 4 kg at a density of 1.
# Fails if that changes. Installs the package into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit --force planck@1.5.0 2>/dev/null
cat >run.mjs <<'JS'
import { Polygon, World } from 'planck';
const massOf = (thickness) => {
  const body = new World().createDynamicBody();
  const corners = [[0, 0], [1, 0], [1, thickness], [0, thickness]].map(([x, y]) => ({ x, y }));
  body.createFixture({ shape: new Polygon(corners), density: 1 });
  return body.getMass();
};
const [thick, thin] = [massOf(0.01), massOf(0.001)];
console.log(`mass of a plank of 1 m at a density of 1: ${thick.toFixed(3)} if 10 mm thick, ${thin.toFixed(3)} if 1 mm thick`);
process.exitCode = Math.abs(thick - 0.01) < 1e-9 && Math.abs(thin - 4) < 1e-9 ? 0 : 1;
JS
echo "planck $(node -p 'require("./node_modules/planck/package.json").version'), Node $(node --version)"
node run.mjs
