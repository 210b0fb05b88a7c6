export interface StackEvent {
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

/** The direct calls of tests and demo. They need no SDK, because the emulator does not verify signatures. */
export class EmulatorApi {
  constructor(private readonly endpoint: string) {}

  public async createBucket(bucket: string): Promise<void> {
    await this.call(`/${bucket}`, { method: 'PUT' });
  }

  public async putObject(bucket: string, key: string, body: Buffer): Promise<void> {
    await this.call(`/${bucket}/${key}`, { method: 'PUT', body: new Uint8Array(body) });
  }

  public async getObject(bucket: string, key: string): Promise<string> {
    return this.call(`/${bucket}/${key}`);
  }

  public async objectKeys(bucket: string, prefix = ''): Promise<string[]> {
    return tags(await this.call(`/${bucket}?list-type=2&prefix=${encodeURIComponent(prefix)}`), 'Key');
  }

  public async bucketNames(): Promise<string[]> {
    return tags(await this.call('/'), 'Name');
  }

  /** The policy of a bucket. Undefined if it has none. */
  public async bucketPolicy(bucket: string): Promise<string | undefined> {
    return this.call(`/${bucket}?policy`).catch(() => undefined);
  }

  /** The ARN of the default encryption key of a bucket. Undefined if it has none. */
  public async bucketKey(bucket: string): Promise<string | undefined> {
    return tags(await this.call(`/${bucket}?encryption`).catch(() => ''), 'KMSMasterKeyID')[0];
  }

  public async emptyBucket(bucket: string, prefix = ''): Promise<void> {
    for (const key of await this.objectKeys(bucket, prefix)) await this.call(`/${bucket}/${key}`, { method: 'DELETE' });
  }

  /** The names of all stacks that are not deleted. */
  public async stackNames(): Promise<string[]> {
    return tags(await this.cloudFormation('DescribeStacks'), 'StackName');
  }

  public async stackStatus(stack: string): Promise<string> {
    return tags(await this.cloudFormation('DescribeStacks', stack), 'StackStatus')[0];
  }

  public async stackOutput(stack: string, name: string): Promise<string> {
    const xml = await this.cloudFormation('DescribeStacks', stack);
    return tags(xml, 'OutputValue')[tags(xml, 'OutputKey').indexOf(name)];
  }

  /** The events of a stack, oldest first. */
  public async stackEvents(stack: string): Promise<StackEvent[]> {
    const xml = await this.cloudFormation('DescribeStackEvents', stack);
    return xml.split('<member>').slice(1).reverse().map((member) => ({
      logicalId: tags(member, 'LogicalResourceId')[0],
      type: tags(member, 'ResourceType')[0],
      status: tags(member, 'ResourceStatus')[0],
      reason: tags(member, 'ResourceStatusReason')[0] ?? '',
    }));
  }

  /** Like "Cancel update stack" in the console. */
  public async cancelUpdate(stack: string): Promise<void> {
    await this.cloudFormation('CancelUpdateStack', stack);
  }

  public async functionNames(): Promise<string[]> {
    const { Functions } = JSON.parse(await this.call('/2015-03-31/functions/')) as { Functions: { FunctionName: string }[] };
    return Functions.map((lambda) => lambda.FunctionName);
  }

  /** The definition of a state machine. */
  public async stateMachineDefinition(stateMachineArn: string): Promise<string> {
    return (await this.target<{ definition: string }>('AWSStepFunctions.DescribeStateMachine', { stateMachineArn })).definition;
  }

  /** The ARN of the role of a function. */
  public async functionRole(name: string): Promise<string> {
    return (JSON.parse(await this.call(`/2015-03-31/functions/${name}/configuration`)) as { Role: string }).Role;
  }

  public async describeKey(keyId: string): Promise<{ KeyManager: string; KeyState: string }> {
    return (await this.target<{ KeyMetadata: { KeyManager: string; KeyState: string } }>('TrentService.DescribeKey', { KeyId: keyId })).KeyMetadata;
  }

  /** The policy of a key. */
  public async keyPolicy(keyId: string): Promise<string> {
    return (await this.target<{ Policy: string }>('TrentService.GetKeyPolicy', { KeyId: keyId, PolicyName: 'default' })).Policy;
  }

  /** The trust policy of a role. Undefined if the role does not exist. */
  public async roleTrust(RoleName: string): Promise<string | undefined> {
    const xml = await this.query('iam', '2010-05-08', { Action: 'GetRole', RoleName }).catch(() => undefined);
    return xml && document(tags(xml, 'AssumeRolePolicyDocument')[0]);
  }

  /** The inline policies of a role. */
  public async rolePolicies(RoleName: string): Promise<string[]> {
    const names = tags(await this.query('iam', '2010-05-08', { Action: 'ListRolePolicies', RoleName }), 'member');
    return Promise.all(names.map(async (PolicyName) => {
      const xml = await this.query('iam', '2010-05-08', { Action: 'GetRolePolicy', RoleName, PolicyName });
      return document(tags(xml, 'PolicyDocument')[0]);
    }));
  }

  /** A call of a service with the JSON protocol. */
  private async target<T>(target: string, input: object): Promise<T> {
    return JSON.parse(await this.call('/', {
      method: 'POST',
      headers: { 'X-Amz-Target': target, 'Content-Type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(input),
    })) as T;
  }

  private async cloudFormation(action: string, stack?: string): Promise<string> {
    return this.query('cloudformation', '2010-05-15', { Action: action, ...stack === undefined ? {} : { StackName: stack } });
  }

  private async query(service: string, version: string, parameters: Record<string, string>): Promise<string> {
    // The emulator needs the scope of the signature to identify the service of some actions. It does not verify the signature.
    const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
    return this.call('/', { method: 'POST', headers: { authorization }, body: new URLSearchParams({ ...parameters, Version: version }) });
  }

  private async call(path: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(this.endpoint + path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: HTTP ${response.status} ${text}`);
    return text;
  }
}

function document(text: string): string {
  return decodeURIComponent(text).replace(/&quot;/g, '"').replace(/&amp;/g, '&');
}

function tags(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) => text);
}
