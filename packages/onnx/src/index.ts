export { agentToOnnx } from './agent-to-onnx.ts';
export type { ProgramOfRows } from './row-graph.ts';
export { toOnnx } from './to-onnx.ts';
