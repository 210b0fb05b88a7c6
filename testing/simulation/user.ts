import type { Stack } from './cloudformation';
import type { DeployScript, OperationScript } from './script';
import type { World } from './world';

const MINUTE = 60_000;

/** How often the user tries again, before it counts as something that does not end. */
const MAX_TRIES = 16;

/** The user of one stack: plays the operations one after the other, sees each through, and deletes the stack in the end. */
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

  /** After a deployment: a rollback that failed is continued. */
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

  /** A deletion that failed is tried again. */
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
