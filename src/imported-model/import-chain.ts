import { CfnDeletionPolicy, type CfnResource, CustomResource, Lazy, Names, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct, IDependable } from 'constructs';
import {
  ATTRIBUTES_REVISION, type FollowerProperties, type ImportAttributes, type ImportLinkProperties, type ImportProperties, type Link,
  type ModelImportAttributes, type ModelImportProperties, type ModelLinkProperties, RESOURCE_TYPES, RETAIN_TAG, type Tag, type WaitLinkProperties,
} from './provider/contract';
import { MODEL_NAME_BASE_LENGTH } from './provider/library-limits';
import { knownPart, sorted } from '../shared/constructs/tags';
import { checkTags } from '../shared/validation/api-constraints';

/** Tags by key. They are read at synthesis, when the tags of outer scopes have arrived. */
export type TagsAtSynthesis = () => { [key: string]: string };

/** Properties for defining an import chain. */
export interface ImportChainProps {
  readonly serviceToken: string;
  readonly importTimeoutMinutes: number;
  /** The time that one custom resource waits. */
  readonly waitWindowMinutes: number;
  readonly removalPolicy: RemovalPolicy;
  readonly importedModelTags: TagsAtSynthesis;
  readonly jobTags: TagsAtSynthesis;
  /** The properties that all custom resources of the chain have. */
  readonly common: Omit<ImportProperties, 'WindowMinutes'>;
}

/**
 * The custom resources of one model, the L1 that CloudFormation does not have: as many as the import timeout needs, because CloudFormation gives
 * each of them one hour. The first starts the import, the last is the model. The handler follows the same contract (`provider/contract.ts`).
 */
export class ImportChain {
  private readonly links: CustomResource[] = [];

  constructor(private readonly scope: Construct, private readonly props: ImportChainProps) {
    for (const plan of planLinks(props.importTimeoutMinutes, props.waitWindowMinutes)) {
      const previous = this.links.length > 1 ? this.last : undefined; // the first one is referred to
      const link = new CustomResource(scope, plan.id, {
        resourceType: RESOURCE_TYPES[plan.link],
        serviceToken: props.serviceToken,
        removalPolicy: props.removalPolicy,
        properties: this.propertiesOf(plan),
      });
      if (previous) link.node.addDependency(previous);
      this.links.push(link);
    }
    scope.node.addValidation({ validate: () => this.checkAllTags() });
  }

  /** The CloudFormation resource of the model. */
  public get resource(): CfnResource {
    return this.last.node.defaultChild as CfnResource;
  }

  /** Whether a custom resource has the removal policy RETAIN, by a property, `applyRemovalPolicy()`, `RemovalPolicies.of()` or an aspect. */
  public get isRetained(): boolean {
    return this.links.some(link => {
      const { deletionPolicy, updateReplacePolicy } = (link.node.defaultChild as CfnResource).cfnOptions;
      return [deletionPolicy, updateReplacePolicy].some(policy => policy !== undefined && policy !== CfnDeletionPolicy.DELETE);
    });
  }

  /** An attribute of the model. */
  public attribute(name: keyof ModelImportAttributes): string {
    return this.last.getAttString(name);
  }

  public applyRemovalPolicy(policy: RemovalPolicy): void {
    for (const link of this.links) link.applyRemovalPolicy(policy);
  }

  /** What must exist before the import begins, and until the model is deleted. */
  public addDependency(...dependencies: IDependable[]): void {
    this.first.node.addDependency(...dependencies);
  }

  /**
   * Imports this model after the models that were defined before it in the stack: the account has one running import, whichever provider starts
   * it, and a model that waits for others would use up its timeout.
   */
  public takeTurn(): void {
    const stack = Stack.of(this.scope);
    const previous = lastInTurn.get(stack);
    if (previous) this.first.node.addDependency(previous);
    lastInTurn.set(stack, this.last);
  }

  private get first(): CustomResource {
    return this.links[0];
  }

  private get last(): CustomResource {
    return this.links[this.links.length - 1];
  }

  private propertiesOf({ link, windowMinutes }: LinkPlan): ModelImportProperties {
    const { common, importTimeoutMinutes, importedModelTags, jobTags } = this.props;
    const WindowMinutes = String(windowMinutes);
    const tags = { ImportedModelTags: renderTags(importedModelTags), JobTags: renderTags(jobTags) };
    if (link === 'import') {
      const NameBase = Names.uniqueResourceName(this.scope, { maxLength: MODEL_NAME_BASE_LENGTH });
      return { Link: link, NameBase, WindowMinutes, ...common, ...tags } satisfies ImportLinkProperties;
    }
    const follower: FollowerProperties = {
      ImportLogicalId: (this.first.node.defaultChild as CfnResource).logicalId,
      NamePrefix: this.first.ref,
      JobName: this.first.getAttString('JobName' satisfies keyof ImportAttributes),
    };
    if (link === 'wait') return { Link: link, ...follower, WindowMinutes, ...common } satisfies WaitLinkProperties;
    return {
      Link: link,
      ...follower,
      WindowMinutes,
      ImportTimeoutMinutes: String(importTimeoutMinutes),
      ...common,
      ...tags,
      RemovalPolicy: Lazy.string({ produce: () => this.isRetained ? 'RETAIN' : undefined }) as 'RETAIN',
      AttributesRevision: ATTRIBUTES_REVISION,
    } satisfies ModelLinkProperties;
  }

  private checkAllTags(): string[] {
    const { importedModelTags, jobTags } = this.props;
    const retainTag = this.isRetained ? { [RETAIN_TAG.key]: '' } : {};
    return [...checkTags('importedModelTags', { ...knownPart(importedModelTags()), ...retainTag }), ...checkTags('jobTags', knownPart(jobTags()))];
  }
}

/** The last custom resource of the model that was defined last, in each stack. */
const lastInTurn = new WeakMap<Stack, Construct>();

interface LinkPlan {
  readonly id: string;
  readonly link: Link;
  readonly windowMinutes: number;
}

/** The links that a timeout needs: each waits at most one window, and there are at least the first and the last. */
function planLinks(importTimeout: number, waitWindow: number): LinkPlan[] {
  const length = Math.max(2, Math.ceil(importTimeout / waitWindow));
  return Array.from({ length }, (_, index): LinkPlan => {
    const windowMinutes = Math.min(waitWindow, Math.max(1, importTimeout - index * waitWindow));
    if (index === 0) return { id: 'Import', link: 'import', windowMinutes };
    return index === length - 1 ? { id: 'Resource', link: 'model', windowMinutes } : { id: `Wait${index}`, link: 'wait', windowMinutes };
  });
}

function renderTags(tags: TagsAtSynthesis): Tag[] {
  return Lazy.any({ produce: () => sorted(tags()).map(([key, value]): Tag => ({ key, value })) }, { omitEmptyArray: true }) as unknown as Tag[];
}
