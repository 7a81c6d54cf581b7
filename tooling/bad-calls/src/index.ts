export { badCalls, type BadCallsOptions, type Examples } from './bad-calls.ts';
