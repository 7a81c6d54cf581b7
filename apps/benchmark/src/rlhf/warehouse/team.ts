import type { Row, TextEnvironment } from '@gradus/llm-rlhf';
import { textOf, Warehouse, type Question } from './warehouse.ts';

/** What one of a team waits for, and the other tells. */
class Message<T> {
  readonly arrived: Promise<T>;
  private tell: (value: T) => void = () => undefined;

  constructor() {
    this.arrived = new Promise((resolve) => {
      this.tell = resolve;
    });
  }

  send(value: T): void {
    this.tell(value);
  }
}

/** What a pair that works together shares in an episode. */
interface Shared {
  readonly task: Message<{ readonly text: string; readonly question: Question }>;
  readonly worth: Message<number>;
}

/**
 * Two agents that share the work: a planner reads a question and tells a worker what to do, by the tool `plan`; the worker sees only that, has the tools of the warehouse,
 * and answers. What it earns both of them earn. The environments of the planner's n-th episode and of the worker's belong together, so both have to be played side by
 * side, in as many episodes.
 */
export class Team {
  private readonly pairs: Shared[] = [];
  private planners = 0;
  private workers = 0;

  /** For the planner's next episode. */
  readonly planner = (): TextEnvironment => new Planning(this.pair(this.planners++));

  /** For the worker's next episode. */
  readonly worker = (): TextEnvironment => new Working(this.pair(this.workers++));

  private pair(index: number): Shared {
    return (this.pairs[index] ??= { task: new Message(), worth: new Message() });
  }
}

/** The planner's part of an episode, which is one turn. */
class Planning implements TextEnvironment {
  private readonly shared: Shared;
  private question: Question | undefined;

  constructor(shared: Shared) {
    this.shared = shared;
  }

  readonly tools = {
    plan: ({ task }: Row): string => {
      this.tell(String(task));
      return '';
    },
  };

  reset(row: Row): string {
    this.question = row as Question;
    return textOf(this.question);
  }

  reward(): Promise<number> {
    // The first task is the one that counts; without any the worker has to guess.
    this.tell('?');
    return this.shared.worth.arrived;
  }

  private tell(text: string): void {
    if (this.question !== undefined) this.shared.task.send({ text: text === '' ? '?' : text, question: this.question });
  }
}

/** The worker's part: the warehouse of the planner's question, of which it sees the task alone. */
class Working extends Warehouse {
  private readonly shared: Shared;
  private cost = 0;

  constructor(shared: Shared) {
    super();
    this.shared = shared;
  }

  override async reset(): Promise<string> {
    const { text, question } = await this.shared.task.arrived;
    await super.reset(question);
    return text;
  }

  override turnReward(): number {
    const worth = super.turnReward();
    this.cost -= worth;
    return worth;
  }

  override reward(answer: string): number {
    const worth = super.reward(answer);
    this.shared.worth.send(worth - this.cost);
    return worth;
  }
}
