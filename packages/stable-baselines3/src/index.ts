export { ImportError } from './errors.ts';
export { importCleanRl, type ImportCleanRlOptions } from './import-clean-rl.ts';
export { importAgent, type ImportAgentOptions, type ImportedAgent } from './import-agent.ts';
