export { ImportError } from './errors.ts';
export { importAgent, type ImportAgentOptions, type ImportedAgent } from './import-agent.ts';
