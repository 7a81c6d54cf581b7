import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { launchOptions } from './tooling/scripts/chromium.mjs';

const conditions = ['@gradus/source'];

export default defineConfig({
  test: {
    // Against tests that hang, as in vitest.config.ts.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    projects: [
      // Packages are tested within a page.
      {
        extends: true,
        resolve: { conditions },
        // Isolated, so that memory can be shared with workers.
        server: {
          headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
        },
        // What only the worker of a test imports would be found late, and the page loaded again.
        optimizeDeps: { entries: ['packages/*/test/browser/**/*.browser.test.ts', 'packages/llm-rlhf/src/index.ts'] },
        test: {
          name: 'packages',
          include: ['packages/*/test/browser/**/*.browser.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      // The pages that apps write are opened and looked at.
      {
        extends: true,
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'apps',
          include: ['apps/*/test/browser/**/*.browser.test.ts'],
          provide: { launchOptions },
        },
      },
    ],
  },
});
