import { chainOf, isRetained } from './chain';
import type { DeployScript, ModelSpec, WorldScript } from './script';
import type { Link } from '../../src/imported-model/provider/contract';

export interface Properties {
  readonly [name: string]: unknown;
}

/** A resource of a template. */
export interface Definition {
  readonly logicalId: string;
  readonly kind: 'link' | 'role' | 'sibling';
  /** The logical IDs in DependsOn and in references of the properties. */
  readonly dependsOn: readonly string[];
  readonly properties: (getAtt: (logicalId: string, attribute: string) => string) => Properties;
  /** Only for links. */
  readonly link?: Link;
  readonly importLogicalId?: string;
  /** Whether DeletionPolicy and UpdateReplacePolicy are Retain. */
  readonly retained?: boolean;
  /** The duration of the sibling. */
  readonly seconds?: number;
  readonly fails?: boolean;
}

export interface Template {
  readonly models: readonly (ModelSpec | undefined)[];
  readonly definitions: ReadonlyMap<string, Definition>;
}

export const DEFAULT_MODEL: ModelSpec = {
  weights: 0,
  version: 0,
  key: 0,
  role: 'own-1',
  vpc: false,
  modelTags: {},
  jobTags: {},
  windows: 2,
  lessMinutes: 0,
  retain: false,
  check: 'off',
  verification: 'off',
  keepPrevious: false,
  path: 0,
  revision: 1,
};

/** Applies the changes of a deployment to the models of the previous template. */
export function changed(models: readonly (ModelSpec | undefined)[], { changes }: DeployScript): (ModelSpec | undefined)[] {
  return changes.reduce((all, { model, set }) => {
    const copy = [...all];
    copy[model] = set === 'remove' ? undefined : { ...DEFAULT_MODEL, ...all[model], ...set };
    return copy;
  }, [...models]);
}

/** The template of a stack with these models. */
export function templateOf(
  world: WorldScript, stackName: string, models: readonly (ModelSpec | undefined)[], sibling: DeployScript['sibling'], serial: number,
): Template {
  const definitions = new Map<string, Definition>();
  let tail: string | undefined;
  models.forEach((spec, index) => {
    if (!spec) return;
    const id = `M${index}`;
    const role = `${id}ServiceRole`;
    const ownRole = spec.role.startsWith('own');
    if (ownRole) definitions.set(role, { logicalId: role, kind: 'role', dependsOn: [], properties: () => ({ Choice: spec.role }) });
    const chain = chainOf({ id, nameBase: `${spec.path === 1 ? 'Moved' : stackName}${id}`, waitWindow: world.windowMinutes }, spec);
    const importLogicalId = chain[0].logicalId;
    chain.forEach(({ logicalId, link, dependsOn, properties }) => definitions.set(logicalId, {
      logicalId,
      kind: 'link',
      link,
      importLogicalId,
      retained: isRetained(spec),
      dependsOn: [
        ...dependsOn,
        ...isFollower(link) ? [importLogicalId] : [],
        ...ownRole ? [role] : [],
        ...link === 'import' && tail && world.oneImportAtATime ? [tail] : [],
      ],
      properties: getAtt => ({
        ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:framework-onEvent',
        ...properties(ownRole ? getAtt(role, 'Arn') : roleArnOf(spec), ...isFollower(link) ? [getAtt(importLogicalId, 'JobName'), getAtt(importLogicalId, 'Ref')] as const : ['', ''] as const),
      }),
    }));
    tail = `${id}Resource`;
  });
  if (sibling) {
    const after = sibling.after === undefined || !models[sibling.after] ? [] : [`M${sibling.after}Resource`];
    definitions.set('Sibling', {
      logicalId: 'Sibling', kind: 'sibling', dependsOn: after, properties: () => ({ Serial: serial }), seconds: sibling.seconds, fails: sibling.fails,
    });
  }
  return { models, definitions };
}

/** Whether a link refers to the `import` link. */
function isFollower(link: Link): boolean {
  return link === 'wait' || link === 'model';
}

/** The ARN of a role outside of the stack. */
export function roleArnOf({ role }: Pick<ModelSpec, 'role'>): string {
  return `arn:aws:iam::111122223333:role/${role}`;
}
