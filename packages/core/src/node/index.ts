export { saveCheckpointFile } from './checkpoint-file.ts';
export { loadCheckpoint, saveCheckpoint, sweepCheckpoint } from './checkpoint-folder.ts';
export { checkpoints, latestCheckpoint, type CheckpointsOptions } from './checkpoints.ts';
export { consoleProgress, type ConsoleProgressOptions, type OutputStream } from './console-progress.ts';
export { csvLogger } from './csv-logger.ts';
export { jsonlLogger } from './jsonl-logger.ts';
export { disown, isAbandoned, ownName } from './own-name.ts';
export type { LoggerOptions } from './log-rows.ts';
export { tensorBoardLogger } from './tensor-board-logger.ts';
