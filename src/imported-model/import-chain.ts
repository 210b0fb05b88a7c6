import { CfnDeletionPolicy, type CfnResource, CustomResource, Lazy, Names, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct, IDependable } from 'constructs';
import type { ModelVerificationConfig } from './model-verification';
import {
  ATTRIBUTES_REVISION, type CheckAttributes, type CheckLinkProperties, type ContentProperties, type FollowerProperties, type ImportAttributes,
  type ImportLinkProperties, type ImportProperties, type Link, type ModelImportAttributes, type ModelImportProperties, type ModelLinkProperties,
  REPLACED_BY_TAG, RESOURCE_TYPES, RETAIN_TAG, type Tag, VERIFICATION_TAG, type WaitLinkProperties,
} from './provider/contract';
import { MODEL_NAME_BASE_LENGTH } from './provider/library-limits';
import { MINUTE, VERIFICATION_PATIENCE, WAIT_WINDOW } from './provider/patience';
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
  /** What is imported: the properties that all custom resources of the chain have. */
  readonly content: ContentProperties;
  /** The properties of all custom resources that can import. */
  readonly common: Omit<ImportProperties, 'WindowMinutes' | keyof ContentProperties>;
  /** The check of the files before the import, if there is one. */
  readonly check?: Pick<CheckLinkProperties, 'AcknowledgedRules'>;
  readonly verification?: ModelVerificationConfig;
  readonly keepPrevious: boolean;
}

/**
 * The custom resources of one model, the L1 that CloudFormation does not have: as many as the import timeout needs, because CloudFormation gives
 * each of them one hour. The first starts the import, the last is the model. The handler follows the same contract (`provider/contract.ts`).
 */
export class ImportChain {
  private readonly links: CustomResource[] = [];
  private readonly check?: CustomResource;

  constructor(private readonly scope: Construct, private readonly props: ImportChainProps) {
    this.check = props.check && this.newLink('Check', 'check', {
      Link: 'check', WindowMinutes: '1', ImportLogicalId: Lazy.string({ produce: () => this.importLogicalId }), ...props.content, ...props.check,
    });
    for (const plan of planLinks(props)) {
      const previous = this.links.length > 1 ? this.last : undefined; // the first one is referred to
      const link = this.newLink(plan.id, plan.link, this.propertiesOf(plan));
      if (previous) link.node.addDependency(previous);
      this.links.push(link);
    }
    if (this.check) this.first.node.addDependency(this.check);
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

  /** The digest of the files, if they are checked. */
  public get filesDigest(): string | undefined {
    return this.check?.getAttString('FilesDigest' satisfies keyof CheckAttributes);
  }

  /** An attribute of the model. */
  public attribute(name: keyof ModelImportAttributes): string {
    return this.last.getAttString(name);
  }

  public applyRemovalPolicy(policy: RemovalPolicy): void {
    for (const link of [...this.check ? [this.check] : [], ...this.links]) link.applyRemovalPolicy(policy);
  }

  /** What must exist before the files are checked and the import begins, and until the model is deleted. */
  public addDependency(...dependencies: IDependable[]): void {
    this.check?.node.addDependency(...dependencies);
    this.first.node.addDependency(...dependencies);
  }

  /**
   * Imports this model after the models that were defined before it in the stack: the account has one running import, whichever provider starts
   * it, and a model that waits for others would use up its timeout. Its files are checked before, so that a mistake in one of many models is found at
   * once.
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

  private get importLogicalId(): string {
    return (this.first.node.defaultChild as CfnResource).logicalId;
  }

  private newLink(id: string, link: Link, properties: ModelImportProperties): CustomResource {
    const { removalPolicy, serviceToken } = this.props;
    return new CustomResource(this.scope, id, { resourceType: RESOURCE_TYPES[link], serviceToken, removalPolicy, properties });
  }

  private propertiesOf({ link, windowMinutes }: LinkPlan): ModelImportProperties {
    const { content, importTimeoutMinutes, importedModelTags, jobTags, keepPrevious, verification } = this.props;
    const common = { ...content, ...this.props.common, Verified: verification && 'true' as const };
    const WindowMinutes = String(windowMinutes);
    const tags = { ImportedModelTags: renderTags(importedModelTags), JobTags: renderTags(jobTags) };
    if (link === 'import') {
      const NameBase = Names.uniqueResourceName(this.scope, { maxLength: MODEL_NAME_BASE_LENGTH });
      return { Link: link, NameBase, WindowMinutes, ...common, ...tags } satisfies ImportLinkProperties;
    }
    const follower: FollowerProperties = {
      ImportLogicalId: this.importLogicalId,
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
      KeepPrevious: keepPrevious ? 'true' : undefined,
      VerificationBody: verification?.body,
      VerificationExpect: verification?.expect,
      AttributesRevision: ATTRIBUTES_REVISION,
    } satisfies ModelLinkProperties;
  }

  private checkAllTags(): string[] {
    const { importedModelTags, jobTags, keepPrevious, verification } = this.props;
    const ownTags = {
      ...this.isRetained ? { [RETAIN_TAG.key]: '' } : {},
      ...keepPrevious ? { [REPLACED_BY_TAG.key]: '' } : {},
      ...verification ? { [VERIFICATION_TAG.key]: '' } : {},
    };
    return [...checkTags('importedModelTags', { ...knownPart(importedModelTags()), ...ownTags }), ...checkTags('jobTags', knownPart(jobTags()))];
  }
}

/** The last custom resource of the model that was defined last, in each stack. */
const lastInTurn = new WeakMap<Stack, Construct>();

interface LinkPlan {
  readonly id: string;
  readonly link: Exclude<Link, 'check'>;
  readonly windowMinutes: number;
}

/**
 * The links that a timeout needs: each waits at most one window, and there are at least the first and the last. The last one verifies the model, and
 * leaves time for that.
 */
function planLinks({ importTimeoutMinutes, verification, waitWindowMinutes }: ImportChainProps): LinkPlan[] {
  const lastWindow = Math.min(waitWindowMinutes, (WAIT_WINDOW.max - (verification ? VERIFICATION_PATIENCE : 0)) / MINUTE);
  const length = Math.max(2, 1 + Math.ceil((importTimeoutMinutes - lastWindow) / waitWindowMinutes));
  return Array.from({ length }, (_, index): LinkPlan => {
    const windowMinutes = Math.min(waitWindowMinutes, Math.max(1, importTimeoutMinutes - index * waitWindowMinutes));
    if (index === 0) return { id: 'Import', link: 'import', windowMinutes };
    return index === length - 1 ? { id: 'Resource', link: 'model', windowMinutes } : { id: `Wait${index}`, link: 'wait', windowMinutes };
  });
}

function renderTags(tags: TagsAtSynthesis): Tag[] {
  return Lazy.any({ produce: () => sorted(tags()).map(([key, value]): Tag => ({ key, value })) }, { omitEmptyArray: true }) as unknown as Tag[];
}
