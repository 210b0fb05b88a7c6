/** An operation on a set of resources in dependency order. */
export interface GraphPlan {
  readonly nodes: readonly string[];
  /** The dependencies of a node. IDs that are not nodes are resolved transitively. */
  readonly before: (node: string) => readonly string[];
  /** Starts the operation on a node, and calls `done` when it has ended. */
  readonly start: (node: string, done: (ok: boolean) => void) => void;
  /** Whether the first failure stops the operation and ignores nodes in progress. Otherwise, all nodes without a failed dependency are processed. */
  readonly stopsAtFailure: boolean;
  readonly settled: (outcome: GraphOutcome) => void;
}

export interface GraphOutcome {
  readonly failed: readonly string[];
  /** Nodes in progress after a failure or an abort. */
  readonly unfinished: readonly string[];
  readonly notStarted: readonly string[];
}

type NodeState = 'waiting' | 'running' | 'ok' | 'failed';

/** Processes resources like CloudFormation: in parallel, except for dependencies. */
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

  /** The dependencies of a node, including transitive ones through IDs that are not nodes. */
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
