import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { whyThereAreNone } from '../src/device/native-kernels.ts';

const script = join(import.meta.dirname, '..', 'scripts', 'build-kernels.mjs');

describe('where there are no native kernels', () => {
  test('the message says so for the platform, and gives the command that builds them', () => {
    expect(whyThereAreNone('linux-x64', [], '/a/build-kernels.mjs')).toBe(
      'none have been built for linux-x64; to build them, have a C compiler (cc, or what CC names) and run: ' +
        'node /a/build-kernels.mjs native',
    );
  });

  test('what was wrong with those that were found comes first', () => {
    expect(whyThereAreNone('darwin-arm64', ['x is of version 2, expected 3'], '/a b/c.mjs')).toMatch(
      /^x is of version 2, expected 3; .+ run: node "\/a b\/c\.mjs" native$/,
    );
  });

  test('nothing is promised on Windows, where they are not built', () => {
    expect(whyThereAreNone('win32-x64', [], 'c')).toBe('none have been built for win32-x64');
  });

  test('the script is there, and without a compiler says how to have one', () => {
    expect(existsSync(script)).toBe(true);
    const env = { ...process.env, CC: 'no-such-compiler' };
    const { status, stdout } = spawnSync(process.execPath, [script, 'native'], { env, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^no C compiler found \(no-such-compiler\): .+ apt-get install gcc libc6-dev; .+ run this again/,
    );
  });
});
