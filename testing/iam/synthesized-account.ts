import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App, Stack } from 'aws-cdk-lib';
import type { Account, Bucket, Key, Role } from './account';
import type { PolicyDocument } from './engine';
import type { Where } from './requests';

interface RawResource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: unknown };
  readonly Metadata?: { readonly [name: string]: unknown };
}

export interface RawTemplate {
  readonly Resources?: { readonly [id: string]: RawResource };
  readonly Parameters?: { readonly [id: string]: { readonly Type: string; readonly Default?: unknown } };
  readonly Mappings?: { readonly [id: string]: { readonly [first: string]: { readonly [second: string]: unknown } } };
  readonly Outputs?: { readonly [id: string]: { readonly Value: unknown; readonly Export?: { readonly Name: unknown } } };
}

/** A resource with resolved properties. */
export interface Made {
  readonly id: string;
  readonly stack: DeployedStack;
  readonly type: string;
  readonly properties: { readonly [name: string]: unknown };
}

interface WithPolicy {
  readonly PolicyDocument: PolicyDocument;
}

/** The default location of a stack. */
const WHERE: Where = { partition: 'aws', region: 'us-east-1', account: '111122223333' };

/** A template with all functions evaluated, using generated physical IDs. */
export class DeployedStack {
  public readonly where: Where;
  private readonly answers = new Map<string, { readonly physicalId: string; readonly data: { readonly [attribute: string]: string | undefined } }>();

  constructor(
    public readonly name: string,
    public readonly template: RawTemplate,
    private readonly all: SynthesizedAccount,
    where: Partial<Where>,
    private readonly parameters: { readonly [name: string]: unknown },
    private readonly directory: string,
  ) {
    this.where = { ...WHERE, ...where };
  }

  public get stackId(): string {
    const { partition, region, account } = this.where;
    return `arn:${partition}:cloudformation:${region}:${account}:stack/${this.name}/3a0b6f10-0000-11f0-0000-0a0000000001`;
  }

  public made(): Made[] {
    return Object.keys(this.template.Resources ?? {}).map(id => this.one(id));
  }

  /** The current state of a resource. Attributes of custom resources are available after their response. */
  public one(id: string): Made {
    const { Type, Properties = {} } = this.resourceOf(id);
    return { id, stack: this, type: Type, properties: this.resolve(Properties) as Made['properties'] };
  }

  /** Records the response of a custom resource. */
  public answer(id: string, physicalId: string, data: { readonly [attribute: string]: string | undefined } = {}): void {
    this.answers.set(id, { physicalId, data });
  }

  /** The nested stacks. */
  public nested(): DeployedStack[] {
    return Object.entries(this.template.Resources ?? {}).filter(([, { Type }]) => Type === 'AWS::CloudFormation::Stack').map(([id]) => this.nestedStack(id));
  }

  private nestedStack(id: string): DeployedStack {
    const { Metadata, Properties } = this.template.Resources![id];
    const template = JSON.parse(readFileSync(join(this.directory, String(Metadata!['aws:asset:path'])), 'utf8')) as RawTemplate;
    const given = this.resolve(Properties?.Parameters ?? {}) as { [name: string]: unknown };
    return new DeployedStack(`${this.name}-${id}-1ABCDEFGHIJKL`, template, this.all, this.where, given, this.directory);
  }

  public output(id: string): unknown {
    return this.resolve(this.template.Outputs![id].Value);
  }

  public exports(): [string, unknown][] {
    return Object.values(this.template.Outputs ?? {}).flatMap(({ Value, Export }) => Export ? [[String(this.resolve(Export.Name)), Value]] : []);
  }

  /** Evaluates a value like CloudFormation. */
  public resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(one => this.resolve(one)).filter(one => one !== NOTHING);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [name, argument] = entries.length === 1 ? entries[0] : ['', undefined];
    if (name === 'Ref') return this.ref(String(argument));
    if (name.startsWith('Fn::')) return this.call(name, argument);
    return Object.fromEntries(entries.map(([key, member]) => [key, this.resolve(member)]).filter(([, member]) => member !== NOTHING));
  }

  private call(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Fn::GetAtt': {
        const [id, attribute] = argument as [string, string];
        return this.attribute(id, attribute);
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, unknown];
        return (this.resolve(parts) as unknown[]).map(String).join(separator);
      }
      case 'Fn::Select': {
        const [index, from] = argument as [number, unknown];
        return (this.resolve(from) as unknown[])[Number(index)] ?? '';
      }
      case 'Fn::Split': {
        const [separator, text] = argument as [string, unknown];
        return String(this.resolve(text)).split(separator);
      }
      case 'Fn::Sub': {
        const text = String(Array.isArray(argument) ? argument[0] : argument);
        return text.replace(/\$\{([^}!]+)}/g, (_, key: string) => String(key.includes('.') ? this.attribute(...key.split('.', 2) as [string, string]) : this.ref(key)));
      }
      case 'Fn::FindInMap': {
        const [map, first, second] = this.resolve(argument) as string[];
        return this.template.Mappings![map][first][second];
      }
      case 'Fn::GetAZs': return ['a', 'b', 'c'].map(zone => this.where.region + zone);
      case 'Fn::ImportValue': return this.all.exported(String(this.resolve(argument)));
      default: throw new Error(`${name} is not supported`);
    }
  }

  private ref(name: string): unknown {
    switch (name) {
      case 'AWS::Partition': return this.where.partition;
      case 'AWS::Region': return this.where.region;
      case 'AWS::AccountId': return this.where.account;
      case 'AWS::StackName': return this.name;
      case 'AWS::StackId': return this.stackId;
      case 'AWS::URLSuffix': return 'amazonaws.com';
      case 'AWS::NoValue': return NOTHING;
    }
    const parameter = this.template.Parameters?.[name];
    if (parameter) {
      const given = this.parameters[name] ?? parameter.Default ?? '';
      return parameter.Type.startsWith('AWS::SSM::Parameter::Value') ? this.all.parameter(String(given)) : given;
    }
    return this.physicalId(name);
  }

  private physicalId(id: string): string {
    const answered = this.answers.get(id);
    if (answered) return answered.physicalId;
    const { Type, Properties = {} } = this.resourceOf(id);
    const named = NAME_PROPERTIES.map(name => Properties[name]).find(value => value !== undefined);
    const text = named === undefined ? `${this.name}-${id}` : String(this.resolve(named));
    switch (Type) {
      case 'AWS::S3::Bucket': return text.toLowerCase();
      case 'AWS::KMS::Key': return digits(text, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
      case 'AWS::EC2::Subnet': return `subnet-${digits(text, 17)}`;
      case 'AWS::EC2::SecurityGroup': return `sg-${digits(text, 17)}`;
      case 'AWS::StepFunctions::StateMachine': return this.arn('states', `stateMachine:${text}`);
      default: return text;
    }
  }

  private attribute(id: string, attribute: string): unknown {
    const { Type } = this.resourceOf(id);
    if (Type === 'AWS::CloudFormation::Stack') return this.nestedStack(id).output(attribute.replace('Outputs.', ''));
    const physicalId = this.physicalId(id);
    if (attribute === 'Arn') {
      switch (Type) {
        case 'AWS::IAM::Role': return `arn:${this.where.partition}:iam::${this.where.account}:role/${physicalId}`;
        case 'AWS::S3::Bucket': return `arn:${this.where.partition}:s3:::${physicalId}`;
        case 'AWS::KMS::Key': return this.arn('kms', `key/${physicalId}`);
        case 'AWS::Lambda::Function': return this.arn('lambda', `function:${physicalId}`);
        case 'AWS::Logs::LogGroup': return this.arn('logs', `log-group:${physicalId}:*`);
        case 'AWS::StepFunctions::StateMachine': return physicalId;
      }
    }
    if (attribute === 'GroupId') return physicalId;
    if (attribute === 'Name' && Type === 'AWS::StepFunctions::StateMachine') return physicalId.split(':').at(-1);
    // The attributes of a custom resource come from its response.
    return this.answers.get(id)?.data[attribute] ?? `${id}.${attribute}`;
  }

  private resourceOf(id: string): RawResource {
    const resource = this.template.Resources?.[id];
    if (!resource) throw new Error(`${this.name} has no ${id}`);
    return resource;
  }

  private arn(service: string, resource: string): string {
    const { partition, region, account } = this.where;
    return `arn:${partition}:${service}:${region}:${account}:${resource}`;
  }
}

const NAME_PROPERTIES = ['RoleName', 'BucketName', 'FunctionName', 'LogGroupName', 'StateMachineName'];
/** The files of a model, one of each kind. */
const FILES = ['config.json', 'chat_template.jinja', 'model-00001-of-00002.safetensors', 'tokenizer.json'];
const NOTHING = Symbol('AWS::NoValue');

/** Weights outside of the app. */
export interface WeightsElsewhere {
  /** @default - the account of the stacks */
  readonly account?: string;
  readonly bucketPolicy?: PolicyDocument;
  readonly keyArn?: string;
  readonly keyPolicy?: PolicyDocument;
}

/** The resources that CloudFormation would create from the templates of an app, in all accounts. */
export class SynthesizedAccount implements Account {
  /** All stacks, including nested ones. */
  public readonly stacks: readonly DeployedStack[];
  /** Buckets and keys that are not in a template. */
  public elsewhere: WeightsElsewhere = {};
  private resources?: readonly Made[];

  constructor(app: App, parameters: { readonly [name: string]: string } = {}) {
    const roots = app.synth().stacksRecursively.map(({ stackName, template, environment, templateFullPath }) => {
      const [account, region] = [environment.account, environment.region].map(value => value.startsWith('unknown-') ? undefined : value);
      const partition = region?.startsWith('us-gov-') ? 'aws-us-gov' : undefined;
      const where = { ...account && { account }, ...region && { region }, ...partition && { partition } };
      return new DeployedStack(stackName, template as RawTemplate, this, where, parameters, join(templateFullPath, '..'));
    });
    const withNested = (stack: DeployedStack): DeployedStack[] => [stack, ...stack.nested().flatMap(withNested)];
    this.stacks = roots;
    this.stacks = roots.flatMap(withNested);
  }

  public made(type?: string): readonly Made[] {
    this.resources ??= this.stacks.flatMap(stack => stack.made());
    return this.resources.filter(one => type === undefined || one.type === type);
  }

  /** Records the response of a custom resource, which changes the values that refer to it. */
  public answer({ stack, id }: Made, physicalId: string, data?: { readonly [attribute: string]: string | undefined }): void {
    stack.answer(id, physicalId, data);
    this.resources = undefined;
  }

  public exported(name: string): unknown {
    for (const stack of this.stacks) {
      const found = stack.exports().find(([exported]) => exported === name);
      if (found) return stack.resolve(found[1]);
    }
    throw new Error(`No export ${name}`);
  }

  /** Resolves a value of the app in its stack. */
  public valueIn(stack: Stack, value: unknown): unknown {
    return this.stacks.find(({ name }) => name === stack.stackName)!.resolve(stack.resolve(value));
  }

  /** The value of a parameter in Parameter Store. */
  public parameter(name: string): unknown {
    const found = this.made('AWS::SSM::Parameter').find(({ properties }) => properties.Name === name);
    if (!found) throw new Error(`No parameter ${name}`);
    return found.properties.Value;
  }

  public function(arn: string): Made {
    const found = this.made('AWS::Lambda::Function').find(({ stack, id }) => stack.resolve({ 'Fn::GetAtt': [id, 'Arn'] }) === arn);
    if (!found) throw new Error(`No function ${arn}`);
    return found;
  }

  public async roleOfFunction(functionName: string): Promise<Role> {
    const found = this.made('AWS::Lambda::Function').find(({ stack, id }) => nameOf(stack, id).endsWith(functionName));
    if (!found || functionName === '') throw new Error(`No function ${functionName}`);
    return this.role(String(found.properties.Role));
  }

  public async role(arn: string): Promise<Role> {
    const name = arn.replace(/^.*\//, '');
    const own = this.made('AWS::IAM::Role').find(({ stack, id }) => stack.resolve({ 'Fn::GetAtt': [id, 'Arn'] }) === arn);
    const inline = (own?.properties.Policies ?? []) as WithPolicy[];
    const attached = this.made('AWS::IAM::Policy')
      .filter(({ stack, properties }) => stack.where.account === arn.split(':')[4] && (properties.Roles as string[]).includes(name))
      .map(({ properties }) => properties as unknown as WithPolicy);
    return {
      arn,
      trust: own?.properties.AssumeRolePolicyDocument as PolicyDocument | undefined,
      policies: [...inline, ...attached].map(({ PolicyDocument: document }) => document),
    };
  }

  public async bucket(name: string): Promise<Bucket> {
    const own = this.made('AWS::S3::Bucket').find(({ stack, id }) => nameOf(stack, id) === name);
    const policy = this.made('AWS::S3::BucketPolicy').find(({ properties }) => properties.Bucket === name);
    const encryption = JSON.stringify(own?.properties.BucketEncryption ?? {});
    const elsewhere = own ? {} : this.elsewhere;
    return {
      account: own?.stack.where.account ?? elsewhere.account ?? WHERE.account,
      policy: elsewhere.bucketPolicy ?? policy?.properties.PolicyDocument as PolicyDocument | undefined,
      objects: prefix => FILES.map(file => `${prefix.replace(/\/?$/, prefix === '' ? '' : '/')}${file}`),
      keyArn: elsewhere.keyArn ?? /"KMSMasterKeyID":"([^"]+)"/.exec(encryption)?.[1],
    };
  }

  public async key(arn: string): Promise<Key> {
    const own = this.made('AWS::KMS::Key').find(({ stack, id }) => stack.resolve({ 'Fn::GetAtt': [id, 'Arn'] }) === arn);
    const policy = arn === this.elsewhere.keyArn ? this.elsewhere.keyPolicy : own?.properties.KeyPolicy as PolicyDocument | undefined;
    return { arn, policy };
  }
}

function digits(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

function nameOf(stack: DeployedStack, id: string): string {
  return String(stack.resolve({ Ref: id }));
}
