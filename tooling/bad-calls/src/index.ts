export { agentCalls, ofLoaded, type AgentClass, type AgentUse } from './agent-calls.ts';
export { badCalls, type BadCallsOptions, type Examples } from './bad-calls.ts';
