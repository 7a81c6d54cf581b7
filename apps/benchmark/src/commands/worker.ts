import type { Command } from 'commander';
import { integerFrom, positiveNumber } from '../catalog/parse-options.ts';
import { connectRedis } from '../queue/redis.ts';
import { serveRuns } from '../queue/serve-runs.ts';
import { RunPool } from '../runs/run-pool.ts';
import { Interrupted } from '../user-error.ts';
import { gradusVersion } from '../version.ts';
import { watchSignals } from '../runs/watch-signals.ts';
import { descriptions } from './descriptions.ts';

interface WorkerOptions {
  readonly queue: string;
  readonly workers?: number;
  readonly checkpointEvery: number;
}

const notes = `
Start it on as many machines as you like, before or after 'gradus bench SUITE --queue <url>' puts runs on the queue. Checkpoints
go to the same Redis (up to 256 MiB each), now and then: the runs of a worker that vanishes are taken over by others,
which go on from there. Ctrl-C hands runs back at once.

A worker takes only runs that its own version of gradus has put there. Jobs are data: they are checked against the schema of
runs, and name algorithms, environments and options of this program. Nothing else is executed. But whoever can write to that
Redis can have this machine train, and its results are believed: do not leave it open to others.

Examples:
  gradus worker --queue redis://localhost:6379
  gradus worker --queue rediss://user:password@example.org:6380/2 --workers 4`;

/** Adds `gradus worker` to the command. */
export function addWorker(gradus: Command): void {
  gradus
    .command('worker')
    .description(descriptions.worker)
    .requiredOption('--queue <url>', 'Redis where the queue is: redis://host:port')
    .option('--workers <n>', 'runs at a time (default: one for each core)', integerFrom(1))
    .option('--checkpoint-every <s>', 'seconds between checkpoints of a run', positiveNumber, 15)
    .addHelpText('after', notes)
    .action(workerCommand);
}

async function workerCommand({ queue: url, workers, checkpointEvery }: WorkerOptions): Promise<void> {
  const say = (line: string): void => console.log(line);
  const connection = await connectRedis(url, say);
  const pool = new RunPool({ workers });
  const stop = new AbortController();
  const release = watchSignals((signal) => {
    stop.abort(signal);
  });
  let isOver: boolean;
  try {
    const atATime = `${pool.workers} at a time`;
    say(`gradus ${gradusVersion}: taking runs from the queue at ${connection.address}, ${atATime}; Ctrl-C to stop`);
    isOver = await serveRuns({ connection, pool, checkpointInterval: checkpointEvery, signal: stop.signal, say });
  } finally {
    release();
    connection.close();
    await pool.close();
  }
  // What waits for a Redis that is away would keep this process alive.
  if (!isOver) setImmediate(() => process.exit(130));
  throw new Interrupted(`stopped by ${String(stop.signal.reason)}`);
}
