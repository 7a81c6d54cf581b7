import { runGradus } from './gradus.ts';

await runGradus(process.argv.slice(2));
