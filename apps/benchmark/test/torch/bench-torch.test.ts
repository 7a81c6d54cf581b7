import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { findTorch } from '../../src/torch/find-torch.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A folder with a `python3` that is a shell script. */
function fakePython(script: string): string {
  const folder = temporaryFolder();
  const path = join(folder, 'python3');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return folder;
}

describe('findTorch', () => {
  it('takes the first python3 that imports torch', () => {
    const without = fakePython('exit 1');
    const empty = join(without, 'empty');
    mkdirSync(empty);
    const [first, second] = [fakePython('[ "$2" = "import torch" ]'), fakePython('exit 0')];
    expect(findTorch([empty, without, first, second])).toBe(join(first, 'python3'));
  });

  it('says how to get torch where there is none', () => {
    const without = fakePython('exit 1');
    expect(() => findTorch([without])).toThrow(
      /^--torch: .*python3.*: apt-get install python3-torch libopenblas0-pthread$/,
    );
  });
});

describe('bench micro', () => {
  it('prints a line for each case', async () => {
    const only = ['--only', 'dqn_b128_4-120-84-2', '--seconds', '0.01', '--repeat', '2', '--device', 'wasm'];
    const { status, output, errors } = await runCommand('bench', 'micro', ...only, '--json');
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output).toMatch(/^\{"case":"dqn_b128_4-120-84-2","device":"wasm","threads":1,"median_us":[\d.]+\}\n$/);
  });

  it('takes turns with PyTorch', async () => {
    // Announces itself, answers the first requests of the test, and takes a second per step of every case.
    const announce = '{"torch": "0.0", "gflops": 80}';
    const python = fakePython(`[ "$1" = -c ] && exit 0
echo '${announce}'
while read -r request; do echo '{"us": 1000000}'; done`);
    vi.stubEnv('PATH', `${python}:${process.env.PATH}`);
    try {
      const only = ['--only', 'dqn_b128_4-120-84-2', '--seconds', '0.01', '--repeat', '3', '--device', 'wasm'];
      const { output, errors } = await runCommand('bench', 'micro', ...only, '--torch', '--json');
      const result = JSON.parse(output) as Record<string, number>;
      expect(Object.keys(result)).toEqual(['case', 'device', 'threads', 'median_us', 'torch_us', 'ratio']);
      expect(result.torch_us).toBe(1_000_000);
      expect(result.ratio).toBeCloseTo(1_000_000 / result.median_us, 0);
      expect(errors).toContain('PyTorch 0.0');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
