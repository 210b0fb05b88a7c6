import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { paginateListImportedModels, paginateListModelImportJobs, type ModelImportJobSummary } from '@aws-sdk/client-bedrock';
import { SETTINGS, type StackSettings } from '../../e2e/settings';
import { lastLines, type CommandResult } from '../../local-aws/command';
import type { World } from '../world';

const APP = 'node --import tsx testing/e2e/app.ts';
const LOOK_MS = 15_000;
const MINUTE = 60_000;
/** How late a list may be: longer than is assumed of reads (CMI-1). */
const LIST_MINUTES = 2;

/** The stacks of a story, deployed with the CDK CLI. */
export class Stacks {
  constructor(private readonly world: World) {}

  /** The name of a stack of this run. Short, so that the names of jobs and models begin with all of it. */
  public name(suffix: string): string {
    return `A${this.world.run}${suffix}`;
  }

  /** Runs `cdk deploy`, which can fail. */
  public async tryDeploy(settings: StackSettings, kill?: AbortSignal): Promise<CommandResult> {
    this.world.made.add({ kind: 'stack', name: settings.stack });
    return this.cdk(['deploy', settings.stack, '--require-approval', 'never'], settings, kill);
  }

  /** Runs `cdk deploy`, which must succeed. Returns the output of the CLI. */
  public async deploy(settings: StackSettings): Promise<string> {
    const { code, output } = await this.tryDeploy(settings);
    assert.equal(code, 0, `cdk deploy exited with code ${code}:\n${lastLines(output)}`);
    return output;
  }

  /** Runs `cdk destroy`, which must succeed. */
  public async destroy(settings: StackSettings): Promise<void> {
    const { code, output } = await this.cdk(['destroy', settings.stack, '--force'], settings);
    assert.equal(code, 0, `cdk destroy exited with code ${code}:\n${lastLines(output)}`);
  }

  public async output(stack: string, name: string): Promise<string> {
    const { Stacks: [found] = [] } = await this.world.aws.cloudFormation.describeStacks({ StackName: stack });
    const value = found?.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
    assert.ok(value, `the stack ${stack} has no output ${name}`);
    return value;
  }

  public async status(stack: string): Promise<string | undefined> {
    const { Stacks: [found] = [] } = await this.world.aws.cloudFormation.describeStacks({ StackName: stack });
    return found?.StackStatus;
  }

  /** The ARNs of the models of this run. */
  public async modelArns(): Promise<string[]> {
    const arns: string[] = [];
    const { bedrock: client } = this.world.aws;
    for await (const { modelSummaries = [] } of paginateListImportedModels({ client }, { nameContains: this.name('') })) {
      arns.push(...modelSummaries.map(({ modelArn }) => modelArn!));
    }
    return arns;
  }

  /** The import jobs of this run, oldest first. */
  public async jobs(): Promise<ModelImportJobSummary[]> {
    const jobs: ModelImportJobSummary[] = [];
    const { bedrock: client } = this.world.aws;
    for await (const page of paginateListModelImportJobs({ client }, { nameContains: this.name('') })) jobs.push(...page.modelImportJobSummaries ?? []);
    return jobs.sort((one, other) => Number(one.creationTime) - Number(other.creationTime));
  }

  /** Waits until these models of the run are listed, and no others: lists may be late. */
  public async untilModels(...expected: readonly string[]): Promise<void> {
    await this.untilListed(`a list of ${expected.join(', ') || 'no models'}`, expected, async () => this.modelArns());
  }

  /** Waits until the jobs of the run are listed with these statuses, oldest first. */
  public async untilJobs(...expected: readonly string[]): Promise<ModelImportJobSummary[]> {
    let jobs: ModelImportJobSummary[] = [];
    await this.untilListed(`a list of the jobs ${expected.join(', ')}`, expected, async () => {
      jobs = await this.jobs();
      return jobs.map(({ status }) => status!);
    });
    return jobs;
  }

  private async untilListed(what: string, expected: readonly string[], list: () => Promise<string[]>): Promise<void> {
    let listed: string[] = [];
    await this.until(what, LIST_MINUTES, async () => isDeepStrictEqual(listed = await list(), [...expected]), () => `listed: ${listed.join(', ') || 'none'}`);
  }

  /** Waits until a condition is true, up to a time limit. */
  public async until(what: string, minutes: number, isTrue: () => Promise<boolean>, seen = () => ''): Promise<void> {
    const { time } = this.world;
    const deadline = time.now() + minutes * MINUTE;
    while (!await isTrue()) {
      assert.ok(time.now() < deadline, `${what} did not happen within ${minutes} minutes ${seen()}`.trim());
      await time.sleep(LOOK_MS);
    }
  }

  private async cdk(args: string[], settings: StackSettings, kill?: AbortSignal): Promise<CommandResult> {
    return this.world.cdk([...args, '--context', `${SETTINGS}=${JSON.stringify([settings])}`], APP, kill);
  }
}
