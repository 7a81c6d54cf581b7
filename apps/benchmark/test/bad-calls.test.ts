import { badCalls } from '@gradus/bad-calls';
import { Reinforce, reinforceDefaults } from '@gradus/policy-gradient';
import { afterAll, expect, test, vi } from 'vitest';
import * as benchmark from '../src/index.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

let registered = 0;

test('bad arguments are refused in words', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const { calls, failures } = await badCalls(
    benchmark,
    {
      registerAlgorithm: () => [
        `algorithm-${registered++}`,
        {
          defaults: reinforceDefaults,
          settings: {},
          create: (env: never, options: object) => new Reinforce(env, options),
          load: () => undefined,
        },
      ],
      runGradus: () => [['help']],
    },
    {
      sources: `${import.meta.dirname}/../src`,
      // Whatever the defaults and settings are is shown when they are used, and any word is a name.
      accepted: [/^registerAlgorithm\(2\.(defaults|settings)\./, /^runGradus\(1\[0\]: '5'/],
    },
  );
  expect(calls).toBeGreaterThan(60);
  expect(failures).toEqual([]);
});
