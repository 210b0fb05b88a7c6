import { VirtualClock } from '../bedrock-server/clock';

/** A scheduled action. If it returns a promise, the promise is awaited before the next action. */
export type Action = () => void | Promise<void>;

export interface Scheduled {
  cancelled: boolean;
}

interface Entry extends Scheduled {
  readonly time: number;
  readonly sequence: number;
  readonly action: Action;
}

/** Virtual time. Runs actions in the order of their time, or in the order of scheduling if the time is the same. */
export class Scheduler {
  public readonly clock = new VirtualClock();
  /** A binary heap. */
  private readonly heap: Entry[] = [];
  private sequence = 0;

  public get now(): number {
    return this.clock.now();
  }

  public after(ms: number, action: Action): Scheduled {
    const entry: Entry = { time: this.now + Math.max(0, ms), sequence: this.sequence++, action, cancelled: false };
    this.push(entry);
    return entry;
  }

  /** Runs until no actions are left. */
  public async run(): Promise<void> {
    for (let entry = this.pop(); entry; entry = this.pop()) {
      if (entry.cancelled) continue;
      this.clock.set(entry.time);
      const running = entry.action();
      if (running) await running;
    }
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let index = heap.length;
    while (index > 0) {
      const parent = Math.floor((index - 1) / 2);
      if (!isBefore(entry, heap[parent])) break;
      heap[index] = heap[parent];
      index = parent;
    }
    heap[index] = entry;
  }

  private pop(): Entry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || !last) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && isBefore(heap[right], heap[left]) ? right : left;
      if (!isBefore(heap[child], last)) break;
      heap[index] = heap[child];
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.time < other.time || (one.time === other.time && one.sequence < other.sequence);
}
