import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** Root of the repository. */
export const root = join(import.meta.dirname, '..', '..');

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Runs a command with this process's terminal; ends this process with the command's status if it fails. */
export async function run(command, args, folder = root) {
  // npx and pnpm are .cmd files on Windows, which only a shell starts.
  const shell = process.platform === 'win32' && command !== process.execPath;
  const [file, rest] = shell ? [[command, ...args].join(' '), []] : [command, args];
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
  // Ctrl-C reaches the command too: it decides how to end, and this process waits for it.
  const wait = () => {};
  process.on('SIGINT', wait);
  const status = await new Promise((resolve, reject) => {
    const child = spawn(file, rest, { cwd: folder, stdio: 'inherit', shell, env });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
  process.off('SIGINT', wait);
  if (status !== 0) process.exit(status);
}

/** Runs the pnpm that package.json names; npx fetches it where it is not the one that runs this. */
export async function pnpm(...args) {
  const isRunning = process.env.npm_config_user_agent?.startsWith(`${packageManager.replace('@', '/')} `);
  await (isRunning ? run('pnpm', args) : run('npx', ['--yes', packageManager, ...args]));
}

/** Installs the dependencies exactly as the lock file has them. */
export async function install() {
  await pnpm('install', '--frozen-lockfile');
}
