import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Resolves `@gradus/*` to TypeScript sources, so that tests need no build. */
const conditions = ['@gradus/source'];

const folders = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(`${import.meta.dirname}/${parent}`).map((name) => ({
    name,
    folder: `${parent}/${name}`,
  })),
);

/** Packages whose tests share one process, so that its modules are loaded once: they leave nothing behind for each other. */
const shared = new Set([
  'actor-critic',
  'benchmark',
  'core',
  'envs',
  'llm-rlhf',
  'onnx',
  'policy-gradient',
  'policy-search',
  'stable-baselines3',
  'tensor',
  'tfjs',
  'value-based',
]);

/**
 * Vite's modules are objects without a prototype, which V8 keeps as dictionaries: a name that is imported takes 13 ns to look up, and heavy tests took twice as long as what is built. What a
 * loop finds behind an object, V8 makes as fast as other objects (Node 20.20, Vite 8.3: findings/vitest-imports-are-dictionaries.sh).
 */
const fastImports = {
  name: 'fast-imports',
  enforce: 'post' as const,
  transform: (code: string, id: string) =>
    id.endsWith('.ts') && !id.includes('/node_modules/')
      ? { code: `${code}\nfor (const _ in Object.create(__vite_ssr_exports__)) break;`, map: null }
      : undefined,
};

export default defineConfig({
  plugins: [fastImports],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // What was made of a package's sources for its own tests is there for those of others, and the next time.
    experimental: { fsModuleCache: true },
    // Against tests that hang, for all of them: none depends on how fast or busy the machine is, and none sets a limit of its own.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Nothing that a test mocks or stubs is left to the next.
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    setupFiles: [`${import.meta.dirname}/tooling/scripts/set-up-tests.mjs`],
    projects: folders.map(({ name, folder }) => ({
      extends: true as const,
      test: {
        name,
        isolate: !shared.has(name),
        include: [`${folder}/test/**/*.test.ts`],
        exclude: ['**/test/browser/**'],
      },
    })),
  },
});
