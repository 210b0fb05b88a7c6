import type { PolicyDocument, PolicyStatement } from './engine';
import type { Made, SynthesizedAccount } from './synthesized-account';

/** A policy of an account, with a name for messages. */
export interface NamedDocument {
  readonly name: string;
  readonly document: PolicyDocument;
}

/** A policy without a permission or condition. */
export interface Reduced extends NamedDocument {
  /** A description of the removed part. */
  readonly without: string;
  readonly by: PolicyDocument;
}

/** All policies in the templates of an app. */
export function documentsOf(account: SynthesizedAccount): NamedDocument[] {
  const named = ({ id, properties }: Made, property: string): NamedDocument[] =>
    properties[property] ? [{ name: `${id}.${property}`, document: properties[property] as PolicyDocument }] : [];
  const inline = ({ id, properties }: Made): NamedDocument[] => {
    const policies = (properties.Policies ?? []) as { PolicyName: string; PolicyDocument: PolicyDocument }[];
    return policies.map(({ PolicyName, PolicyDocument: document }) => ({ name: `${id}.${PolicyName}`, document }));
  };
  return [
    ...account.made('AWS::IAM::Policy').flatMap(made => named(made, 'PolicyDocument')),
    ...account.made('AWS::IAM::Role').flatMap(made => [...named(made, 'AssumeRolePolicyDocument'), ...inline(made)]),
    ...account.made('AWS::KMS::Key').flatMap(made => named(made, 'KeyPolicy')),
    ...account.made('AWS::S3::BucketPolicy').flatMap(made => named(made, 'PolicyDocument')),
  ];
}

/** Variants of a policy, each without one action on one resource. */
export function withoutOnePermission({ name, document }: NamedDocument): Reduced[] {
  return document.Statement.flatMap((statement, index) => {
    const actions = [statement.Action ?? []].flat();
    const resources = [statement.Resource ?? []].flat();
    return actions.flatMap(action => (resources.length > 0 ? resources : [undefined]).map((resource): Reduced => {
      const rest: PolicyStatement[] = [
        { ...statement, Action: actions.filter(other => other !== action) },
        { ...statement, Action: action, Resource: resources.filter(other => other !== resource) },
      ].filter(one => one.Action.length > 0 && (one.Resource === undefined || one.Resource.length > 0));
      return { name, document, without: `${action} on ${resource ?? 'itself'}`, by: replaced(document, index, resource ? rest : rest.slice(0, -1)) };
    }));
  });
}

/** Variants of a policy, each without one condition. */
export function withoutOneCondition({ name, document }: NamedDocument): Reduced[] {
  return document.Statement.flatMap((statement, index) => {
    const { Condition: conditions = {}, Action } = statement;
    return Object.entries(conditions).flatMap(([operator, keys]) => Object.keys(keys).map((key): Reduced => {
      const { [key]: _, ...others } = keys;
      const { [operator]: __, ...operators } = conditions;
      const Condition = { ...operators, ...Object.keys(others).length > 0 && { [operator]: others } };
      return { name, document, without: `the condition ${key} of ${[Action].flat().join(', ')}`, by: replaced(document, index, [{ ...statement, Condition }]) };
    }));
  });
}

function replaced(document: PolicyDocument, index: number, by: PolicyStatement[]): PolicyDocument {
  return { ...document, Statement: document.Statement.flatMap((statement, other) => other === index ? by : [statement]) };
}
