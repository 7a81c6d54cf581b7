import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { settingsToTry, startFastestTorch } from '../../src/torch/fastest-torch.ts';
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
    const announce = '{"torch": "0.0", "gflops": 80, "error": 0.1}';
    const python = fakePython(`[ "$1" = -c ] && exit 0
echo '${announce}'
while read -r request; do echo '{"us": 1000000}'; done`);
    vi.stubEnv('PATH', `${python}:${process.env.PATH}`);
    try {
      const only = ['--only', 'dqn_b128_4-120-84-2', '--seconds', '0.01', '--repeat', '3', '--device', 'wasm'];
      const { output } = await runCommand('bench', 'micro', ...only, '--torch', '--json');
      const [peer, result] = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, number>);
      expect(peer).toMatchObject({ peer: 'PyTorch 0.0', threads: 1, gflops: 80, settings: {} });
      expect(Object.keys(result)).toEqual(['case', 'device', 'threads', 'median_us', 'torch_us', 'ratio']);
      expect(result.torch_us).toBe(1_000_000);
      expect(result.ratio).toBeCloseTo(1_000_000 / result.median_us, 0);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('bench micro --memory', () => {
  it('says what a process holds at most that does a case alone, and what PyTorch does', async () => {
    // Says that it has started, and what it held, however long it is asked to work.
    const python = fakePython(`[ "$1" = -c ] && exit 0
echo '{"torch": "0.0", "gflops": 80, "error": 0.1}'
while read -r request; do echo '{"us": 1, "peak_mib": 300.04}'; done`);
    vi.stubEnv('PATH', `${python}:${process.env.PATH}`);
    try {
      const only = ['--only', 'dqn_b128_4-120-84-2,dqn_cartpole_1e6', '--seconds', '0.01', '--device', 'wasm'];
      const { output } = await runCommand('bench', 'micro', ...only, '--memory', '--torch', '--json');
      const [plain, withReplay] = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, number>);
      expect(Object.keys(plain)).toEqual(['case', 'device', 'threads', 'peak_mib', 'torch_peak_mib']);
      expect(plain.torch_peak_mib).toBe(300);
      // The buffer: observations of 4 float32, an action, a reward and how it went on for each of 10⁶ transitions.
      const more = withReplay.peak_mib - plain.peak_mib;
      expect(more).toBeGreaterThan(20);
      expect(more).toBeLessThan(80);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('the peer at its best', () => {
  it('is tried with its memory kept, without the kernels that are named, and with those for AVX-512', () => {
    const kept = expect.objectContaining({ MALLOC_MMAP_THRESHOLD_: '1000000000' }) as object;
    expect(settingsToTry(false, undefined)).toEqual([{}, kept]);
    expect(settingsToTry(true, 'SKYLAKEX')).toHaveLength(4);
    const all = settingsToTry(true, 'Haswell');
    expect(all.map((settings) => settings.OPENBLAS_CORETYPE)).toEqual(
      [undefined, undefined, 'SKYLAKEX'].flatMap((kernel) => [kernel, kernel]),
    );
    expect(all.map((settings) => 'OPENBLAS_CORETYPE' in settings)).toEqual([false, false, true, true, true, true]);
  });

  /** Says by its speed and its error under which settings it runs: 8 µs, half with memory kept, and half with AVX-512's kernels. */
  const peer = (errorOfAvx512: string): string =>
    join(
      fakePython(`us=8 error=0.1
[ -n "$MALLOC_TOP_PAD_" ] && us=$((us / 2))
[ "$OPENBLAS_CORETYPE" = SKYLAKEX ] && us=$((us / 2)) error=${errorOfAvx512}
echo "{\\"torch\\": \\"0.0\\", \\"gflops\\": 80, \\"error\\": $error}"
while read -r request; do echo "{\\"us\\": $us}"; done`),
      'python3',
    );

  it('runs under the settings that need least time', async () => {
    const { process: torch, settings, tried } = await startFastestTorch(peer('0.1'), 1, settingsToTry(true, undefined));
    expect(settings).toMatchObject({ OPENBLAS_CORETYPE: 'SKYLAKEX', MALLOC_TOP_PAD_: '200000000' });
    expect(tried.map((text) => /: (\d+) µs$/.exec(text)?.[1])).toEqual(['8', '4', '4', '2']);
    expect(await torch.measure('any', 1)).toBe(2);
    torch.close();
  });

  it.each(['40', 'null'])('but under none that multiply wrongly, with an error of %s', async (error) => {
    const { process: torch, settings, tried } = await startFastestTorch(peer(error), 1, settingsToTry(true, undefined));
    expect(settings).not.toHaveProperty('OPENBLAS_CORETYPE');
    expect(tried.filter((text) => text.endsWith('products are wrong'))).toHaveLength(2);
    expect(await torch.measure('any', 1)).toBe(4);
    torch.close();
    await expect(startFastestTorch(peer(error), 1, [{ OPENBLAS_CORETYPE: 'SKYLAKEX' }])).rejects.toThrow(
      /multiplies wrongly under all settings$/,
    );
  });
});
