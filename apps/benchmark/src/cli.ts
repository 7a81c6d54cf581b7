import { Command } from 'commander';
import { addBenchMicro } from './commands/bench-micro.ts';

const gradus = new Command('gradus').description('Train, evaluate and measure reinforcement learning agents.');
addBenchMicro(gradus.command('bench').description('measure speed'));
await gradus.parseAsync();
