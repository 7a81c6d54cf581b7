import { existsSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The Chromium that is installed here (Playwright's own is not downloaded); without one the run ends with a line about it. */
function findChromium(): string {
  const named = process.env.CHROMIUM_PATH;
  const places = named === undefined ? candidates : [named];
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return found;
  console.error(`No Chromium at ${places.join(', ')}: install it, or set CHROMIUM_PATH to its program.`);
  process.exit(1);
}

const launchOptions = {
  executablePath: findChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
};

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
