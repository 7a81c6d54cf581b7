export { maximizeInWorkers } from './maximize-in-workers.ts';
export { UtilityWorkers, type UtilityWorkersOptions } from './utility-workers.ts';
