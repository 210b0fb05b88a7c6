/** What is to be done with a set of resources, in the order of their dependencies. */
export interface GraphPlan {
  readonly nodes: readonly string[];
  /** What must have been done before; ids that are no nodes are looked through. */
  readonly before: (node: string) => readonly string[];
  /** Begins with a node, and calls back when it has ended. */
  readonly start: (node: string, done: (ok: boolean) => void) => void;
  /** The first failure ends everything; what has begun goes on unheeded. Otherwise whatever can be done is done. */
  readonly stopsAtFailure: boolean;
  readonly settled: (outcome: GraphOutcome) => void;
}

export interface GraphOutcome {
  readonly failed: readonly string[];
  /** Begun, and not ended: only after a failure, or an abortion. */
  readonly unfinished: readonly string[];
  readonly notStarted: readonly string[];
}

type NodeState = 'waiting' | 'running' | 'ok' | 'failed';

/** CloudFormation's way through a template: in parallel where it can, in order where it must. */
export class Graph {
  private readonly states: Map<string, NodeState>;
  private over = false;

  constructor(private readonly plan: GraphPlan) {
    this.states = new Map(plan.nodes.map(node => [node, 'waiting']));
  }

  public run(): void {
    if (this.over) return;
    if (this.plan.stopsAtFailure && this.nodes('failed').length > 0) {
      this.end();
      return;
    }
    for (const node of this.nodes('waiting')) {
      if (this.over || this.states.get(node) !== 'waiting') continue;
      if (this.predecessors(node).some(other => this.states.get(other) !== 'ok')) continue;
      this.states.set(node, 'running');
      this.plan.start(node, ok => {
        if (this.over) return;
        this.states.set(node, ok ? 'ok' : 'failed');
        this.run();
      });
    }
    if (this.nodes('running').length === 0) this.end();
  }

  public abort(): void {
    if (!this.over) this.end();
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.plan.settled({ failed: this.nodes('failed'), unfinished: this.nodes('running'), notStarted: this.nodes('waiting') });
  }

  private nodes(state: NodeState): string[] {
    return [...this.states].filter(([, each]) => each === state).map(([node]) => node);
  }

  /** The nodes that come before, also those behind ids that are no nodes. */
  private predecessors(node: string): string[] {
    const found = new Set<string>();
    const seen = new Set<string>();
    const look = (id: string): void => {
      for (const other of this.plan.before(id)) {
        if (seen.has(other)) continue;
        seen.add(other);
        if (this.states.has(other)) {
          found.add(other);
        } else {
          look(other);
        }
      }
    };
    look(node);
    return [...found];
  }
}
