import { existsSync } from 'node:fs';
import process from 'node:process';

const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The Chromium that is installed here (Playwright's own is not downloaded); without one the run ends with a line about it. */
function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  const places = named === undefined ? candidates : [named];
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return found;
  console.error(`No Chromium at ${places.join(', ')}: install it, or set CHROMIUM_PATH to its program.`);
  process.exit(1);
}

/** How Playwright starts it. */
export const launchOptions = {
  executablePath: findChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
};
