export { loadCheckpoint, saveCheckpoint } from './checkpoint-folder.ts';
export { consoleProgress, type ConsoleProgressOptions, type OutputStream } from './console-progress.ts';
