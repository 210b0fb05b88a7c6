import type { Stack } from './cloudformation';
import type { DeployScript, OperationScript } from './script';
import type { World } from './world';

const MINUTE = 60_000;

/** The number of retries after which an operation counts as endless. */
const MAX_TRIES = 16;

/** The user of one stack: runs the operations in sequence, each until it is stable, then deletes the stack. */
export class User {
  public isDone = false;
  private index = 0;
  private tries = 0;

  constructor(private readonly world: World, private readonly stack: Stack, private readonly operations: readonly OperationScript[]) {}

  public next(): void {
    const operation = this.operations[this.index++];
    this.tries = 0;
    const { world, stack } = this;
    if (!operation) {
      world.scheduler.after(MINUTE, () => this.destroy(() => (this.isDone = true)));
      return;
    }
    world.scheduler.after(operation.pauseMinutes * MINUTE, () => {
      world.trace.say('user', () => `${stack.name}: ${JSON.stringify(operation)}`);
      if (operation.do === 'destroy') {
        this.destroy(() => this.next());
      } else {
        this.deploy(operation);
      }
    });
  }

  private deploy(script: DeployScript): void {
    const { stack } = this;
    if (['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_FAILED'].includes(stack.status)) {
      this.destroy(() => this.deploy(script));
      return;
    }
    stack.deploy(script, () => this.seeThrough(script));
  }

  /** Continues a failed rollback after a deployment. */
  private seeThrough(script: DeployScript): void {
    if (this.stack.status === 'UPDATE_ROLLBACK_FAILED') {
      this.tries += 1;
      if (this.tries > 4) {
        this.destroy(() => this.next());
      } else {
        const skips = this.tries > (script.skipsAfter ?? Infinity);
        this.world.scheduler.after(20 * MINUTE, () => this.stack.continueRollback(() => this.seeThrough(script), skips));
      }
      return;
    }
    this.next();
  }

  /** Deletes the stack, with retries. */
  private destroy(done: () => void): void {
    const { stack } = this;
    if (!stack.exists) {
      done();
      return;
    }
    stack.destroy(() => {
      if (stack.status === 'DELETE_COMPLETE') {
        done();
        return;
      }
      this.tries += 1;
      if (this.tries > MAX_TRIES) this.world.checks.neverDeleted(stack);
      this.world.scheduler.after(30 * MINUTE, () => this.destroy(done));
    });
  }
}
