#!/usr/bin/env bash
# Vitest 4.1.12 on Vite 8.3.8: what a module exports is an object without a prototype, to which names are added one by one, and which V8 (Node 20.20) therefore keeps as a dictionary. So is the namespace
# that tests and their modules read imported names from at each use, which takes several times what it takes where Node loads the same modules itself: code that calls imported functions in
# loops takes up to twice as long in tests. After a `for … in` over an object whose prototype is the namespace, V8 keeps it as it keeps other objects. Fails if that changes.
# Installs both into a temporary folder. Times are printed and decide nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund vitest@4.1.12 vite@8.3.8
for i in $(seq 40); do echo "export function f$i(x) { return (3 * x + $i) | 0; }"; done >functions.mjs
cat >namespace.test.mjs <<'JS'
import { expect, test } from 'vitest';
import * as functions from './functions.mjs';

function nanoseconds(namespace) {
  // A function of its own for each, so that none knows the other's object.
  const run = new Function('namespace', 'let x = 0; for (let i = 0; i < 2e7; i++) x = namespace.f7(x); return x;');
  run(namespace);
  const start = performance.now();
  run(namespace);
  return ((performance.now() - start) / 20).toFixed(1);
}

test('the namespace of a module', () => {
  const isFast = new Function('object', 'return %HasFastProperties(object)');
  console.log(`as it comes: fast ${isFast(functions)}, ${nanoseconds(functions)} ns for a call of an imported function`);
  expect(isFast(functions)).toBe(false);
  for (const name in Object.create(functions)) if (name) break;
  console.log(`after the loop: fast ${isFast(functions)}, ${nanoseconds(functions)} ns`);
  expect(isFast(functions)).toBe(true);
});
JS
cat >vitest.config.mjs <<'JS'
export default { test: { execArgv: ['--allow-natives-syntax'] } };
JS
echo "vitest $(node -p "require('./node_modules/vitest/package.json').version"), vite $(node -p "require('./node_modules/vite/package.json').version"), node $(node --version)"
NO_COLOR=1 npx vitest run 2>&1 | grep -E 'fast|passed|failed|Error'
