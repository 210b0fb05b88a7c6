import { type CfnElement, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** A resource of a synthesized template, with CloudFormation functions in the notation of `Fn::Sub`. */
export interface TemplateResource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: { readonly [name: string]: unknown };
  readonly DependsOn: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** A policy statement, with single values converted to lists. */
export interface Statement {
  readonly effect: unknown;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principal?: unknown;
  readonly conditions?: unknown;
}

export const IMPORTED_MODEL = 'Custom::BedrockImportedModel';
export const FORMAT_CHECK = 'Custom::BedrockModelFormatCheck';

/** All resources of a type in the template of a stack. */
export function resourcesOf(stack: Stack, type?: string): TemplateResource[] {
  const resources: { [id: string]: Omit<TemplateResource, 'id'> } = Template.fromStack(stack).toJSON().Resources ?? {};
  return Object.entries(resources)
    .filter(([, resource]) => type === undefined || resource.Type === type)
    .map(([id, resource]) => ({
      ...resource,
      id,
      DependsOn: list(resource.DependsOn),
      Properties: readable(resource.Properties ?? {}) as TemplateResource['Properties'],
    }));
}

/** The only resource of a type in the template of a stack. */
export function resourceOf(stack: Stack, type: string): TemplateResource {
  const found = resourcesOf(stack, type);
  if (found.length !== 1) throw new Error(`The stack has ${found.length} resources of the type ${type}`);
  return found[0];
}

/** The custom resource of the only model in a stack. */
export function modelOf(stack: Stack): TemplateResource {
  return resourceOf(stack, IMPORTED_MODEL);
}

/** The resource of a construct. */
export function resourceFor(construct: IConstruct): TemplateResource {
  const stack = Stack.of(construct);
  const id = logicalIdOf(construct);
  const found = resourcesOf(stack).find(resource => resource.id === id);
  if (!found) throw new Error(`${construct.node.path} is not in the template`);
  return found;
}

/** The logical ID of the resource of a construct. */
export function logicalIdOf(construct: IConstruct): string {
  const stack = Stack.of(construct);
  return stack.resolve(stack.getLogicalId((construct.node.defaultChild ?? construct) as CfnElement));
}

/**
 * The logical IDs of all resources that CloudFormation creates before a resource and deletes after it: its direct and
 * transitive dependencies and references.
 */
export function madeBefore(stack: Stack, resource: TemplateResource): string[] {
  const resources = resourcesOf(stack);
  const found = new Set<string>();
  const visit = ({ DependsOn, Properties }: TemplateResource) => {
    const references = [...JSON.stringify(Properties).matchAll(/\$\{(\w+)[.}]/g)].map(([, id]) => id);
    resources.filter(({ id }) => !found.has(id) && [...DependsOn, ...references].includes(id)).forEach((next) => {
      found.add(next.id);
      visit(next);
    });
  };
  visit(resource);
  return [...found];
}

/** The statements of the inline policies of a role, followed by those of attached policies. */
export function statementsOf(role: iam.IRole, inStack = Stack.of(role)): Statement[] {
  const resources = resourcesOf(inStack);
  const name = inTemplate(inStack, role.roleName);
  const inline = resources.filter(({ id }) => `\${${id}}` === name).flatMap(({ Properties }) => list(Properties.Policies));
  const attached = resources.filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && list(Properties.Roles).includes(name));
  return [...inline, ...attached.map(policy => policy.Properties)]
    .flatMap(policy => statementsIn((policy as { PolicyDocument: unknown }).PolicyDocument));
}

/** The statements of a policy document. */
export function statementsIn(document: unknown): Statement[] {
  return list((document as { Statement: RawStatement | RawStatement[] }).Statement).map(raw => ({
    effect: raw.Effect,
    actions: list(raw.Action),
    resources: list(raw.Resource),
    ...(raw.Principal === undefined ? {} : { principal: raw.Principal }),
    ...(raw.Condition === undefined ? {} : { conditions: raw.Condition }),
  }));
}

interface RawStatement {
  readonly Effect: unknown;
  readonly Action: string | string[];
  readonly Resource?: string | string[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** Renders a value with tokens as in the template of a stack. */
export function inTemplate(scope: IConstruct, value: unknown): unknown {
  return readable(Stack.of(scope).resolve(value));
}

/** Replaces CloudFormation functions with text like `arn:${AWS::Partition}:s3:::${Bucket}/*`. */
export function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1) {
    const [name, argument] = entries[0];
    if (name === 'Ref') return `\${${argument}}`;
    if (name === 'Fn::GetAtt') return `\${${list(argument).join('.')}}`;
    if (name === 'Fn::Join') {
      const [separator, parts] = argument as [string, unknown];
      if (Array.isArray(parts)) return parts.map(readable).join(separator);
    }
    if (name === 'Fn::ImportValue') return `\${import ${readable(argument)}}`;
    if (name === 'Fn::Select') {
      const plain = withoutWildcardsIn(argument as SelectArgument);
      if (plain) return plain;
      const [index, from] = argument as [number, unknown];
      return `\${select ${index} of ${JSON.stringify(readable(from))}}`;
    }
    if (name === 'Fn::Split') {
      const [separator, text] = argument as [string, unknown];
      return `\${split ${readable(text)} at ${separator}}`;
    }
  }
  return Object.fromEntries(entries.map(([key, member]) => [key, readable(member)]));
}

type SelectArgument = [number, { readonly 'Fn::Split'?: [string, { readonly 'Fn::Select'?: SelectArgument }] }];

/** Abbreviates the result of `withoutWildcards()`. For the last part of an ARN, `${id in ...}`. */
function withoutWildcardsIn([index, { 'Fn::Split': split }]: SelectArgument): string | undefined {
  if (index !== 0 || !split || !['*', '?', '$'].includes(split[0])) return undefined;
  const [special, text] = split;
  if (special !== '*') return text['Fn::Select'] && withoutWildcardsIn(text['Fn::Select']);
  const [place, { 'Fn::Split': parts } = {}] = text['Fn::Select'] ?? [];
  return place === 1 && parts?.[0] === '/' ? `\${id in ${readable(parts[1])}}` : `\${plain ${readable(text)}}`;
}

function list<T>(value: T | readonly T[] | undefined): T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}
