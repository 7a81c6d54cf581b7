import { runGradus } from './gradus.ts';

process.exitCode = await runGradus(process.argv.slice(2));
