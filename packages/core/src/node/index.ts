export { loadCheckpoint, saveCheckpoint } from './checkpoint-folder.ts';
export { consoleProgress, type ConsoleProgressOptions } from './console-progress.ts';
