import { randomUUID } from 'node:crypto';
import { BedrockClient } from '@aws-sdk/client-bedrock';
import type { CheckAttributes, CheckLinkProperties, ImportAttributes, ImportLinkProperties, Link, ModelImportAttributes, ModelLinkProperties } from '../../src/imported-model/provider/contract';
import { BedrockApi } from '../../src/imported-model/provider/handler/bedrock-api';
import type { IsCompleteRequest, OnEventRequest, OnEventResponse } from '../../src/imported-model/provider/handler/event';
import { ModelImportHandler } from '../../src/imported-model/provider/handler/model-import-handler';
import { ownerOf } from '../../src/imported-model/provider/handler/names';
import type { NewModel } from '../../src/imported-model/provider/handler/new-model';
import type { Serves } from '../../src/imported-model/provider/handler/served-stacks';
import { VirtualClock } from '../bedrock-server/clock';
import { type BedrockServer, type BedrockServerOptions, startBedrockServer } from '../bedrock-server/server';

const MINUTE = 60_000;
const RESPONSE_URL = 'https://cloudformation-custom-resource-response.example.com/?X-Amz-Signature=secret';

type Data = Partial<CheckAttributes & ModelImportAttributes & ImportAttributes>;

/** The result of a CloudFormation request. */
export interface Answer {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly physicalResourceId: string;
  readonly data?: Data;
  readonly reason: string;
  /** The number of `isComplete` calls. */
  readonly polls: number;
  /** The size of the response to CloudFormation. */
  readonly bytes: number;
}

export interface DeploymentOptions extends Omit<BedrockServerOptions, 'clock'> {
  /** The function name of the handler for the Bedrock server. */
  readonly functionName?: () => string;
  /** Whether the provider serves a stack. @default - all stacks */
  readonly serves?: Serves;
}

/**
 * Runs the handler like a stack: with CloudFormation events, the `isComplete` loop of the provider framework, the real SDK
 * client and the strict Bedrock server. Only time is virtual.
 */
export class Deployment {
  public static async start({ functionName, serves, ...options }: DeploymentOptions = {}): Promise<Deployment> {
    const clock = new VirtualClock();
    return new Deployment(clock, await startBedrockServer({ ...options, clock }), functionName, serves);
  }

  public readonly log: object[] = [];
  /** The check of files, and the answers of models. By default, files are fine and models answer well. */
  public newModel: NewModel = {
    checkFiles: async () => ({ findings: [], passed: true, digest: 'd1', files: 5, weightBytes: 1000 }),
    verify: async () => ({ is: 'good' }),
  };
  public readonly handler: ModelImportHandler;
  private readonly client: BedrockClient;

  private constructor(public readonly clock: VirtualClock, private readonly server: BedrockServer, functionName?: () => string, serves?: Serves) {
    this.client = new BedrockClient({
      userAgentAppId: async () => functionName?.(),
      endpoint: server.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1, // retries of the SDK sleep in real time
    });
    // Jest replaces global classes, so the SDK does not recognize errors of Node.js as instances of Error.
    this.client.middlewareStack.add(next => async args => {
      try {
        return await next(args);
      } catch (error) {
        const { name, message, code } = error as NodeJS.ErrnoException;
        throw error instanceof Error ? error : Object.assign(new Error(message), { name, code });
      }
    }, { step: 'deserialize', priority: 'low' });
    const apis = { bedrock: new BedrockApi(this.client), newModel: async () => this.newModel };
    this.handler = new ModelImportHandler(apis, () => clock.now(), line => this.log.push(line), serves);
  }

  public get bedrock() {
    return this.server.bedrock;
  }

  /** The endpoint of Bedrock. */
  public get url(): string {
    return this.server.url;
  }

  public async stop(): Promise<void> {
    this.client.destroy();
    await this.server.close();
  }

  /** Sends a Create or Update to the links of the model in order. Returns the response of the last link or of the first one that failed. */
  public async deploy(type: 'Create' | 'Update', more: RequestOptions = {}): Promise<Answer> {
    const first = await this.send(request(type, { ...more, link: 'import' }));
    return first.status === 'FAILED' ? first : this.send(request(type, { ...more, link: 'model', jobName: first.data?.JobName }));
  }

  /** Sends the Delete of the cleanup after an update, for the model with a physical ID. */
  public async cleanUp(id: string, more: RequestOptions = {}): Promise<Answer> {
    return this.send(request('Delete', { ...more, link: 'model', id }));
  }

  /** Deletes the links of the model in reverse order. Returns the response of the first link or of the one that failed. */
  public async destroy(more: RequestOptions): Promise<Answer> {
    const last = await this.send(request('Delete', { ...more, link: 'model' }));
    return last.status === 'FAILED' ? last : this.send(request('Delete', { ...more, link: 'import', id: NAME_PREFIX }));
  }

  /** Sends a request and polls every 30 seconds until it is complete. */
  public async send(event: OnEventRequest): Promise<Answer> {
    let begun: OnEventResponse;
    try {
      begun = overTheWire(await this.handler.handle(overTheWire(event))) as OnEventResponse;
    } catch (error) {
      return answer(event, event.PhysicalResourceId ?? '', 0, error as Error);
    }
    return this.poll({ ...event, ...begun });
  }

  /** Polls like the waiter of the framework, with the result of `onEvent`. */
  public async poll(event: IsCompleteRequest): Promise<Answer> {
    for (let polls = 1; ; polls++) {
      try {
        const result = overTheWire(await this.handler.handle(overTheWire(event)));
        if ('IsComplete' in result && result.IsComplete) return answer(event, event.PhysicalResourceId, polls, result.Data);
      } catch (error) {
        return answer(event, event.PhysicalResourceId, polls, error as Error);
      }
      if (polls > 1000) throw new Error('The request does not complete');
      this.clock.advance(MINUTE / 2);
    }
  }
}

/** The options of a request. */
export interface RequestOptions {
  readonly link?: Link;
  readonly properties?: LinkProperties;
  readonly old?: LinkProperties;
  readonly id?: string;
  readonly requestId?: string;
  readonly jobName?: string;
}

/** The properties of any link. All are optional, because of `Fn::If` and empty parameters. */
export type LinkProperties = Partial<Omit<CheckLinkProperties, 'Link'> & Omit<ImportLinkProperties, 'Link'> & Omit<ModelLinkProperties, 'Link'>>;

export const STACK_ID = 'arn:aws:cloudformation:us-east-1:111122223333:stack/ModelStack/3a0b6f10-0000-11f0-0000-0a0000000001';
export const SERVICE_ROLE = 'arn:aws:iam::111122223333:role/ModelStack-LlamaServiceRole-ABCDEFGHIJKL';

const LOGICAL_IDS: { readonly [link in Link]: string } = {
  check: 'LlamaCheck0AC200D6F', import: 'LlamaImport0AC200D6F', wait: 'LlamaWait10AC200D6F', model: 'Llama0AC200D6F',
};

/** The owner in generated names. */
export const OWNER = ownerOf({ stackId: STACK_ID, importLogicalId: LOGICAL_IDS.import });
/** The physical ID of the first link, and the prefix of generated names. */
export const NAME_PREFIX = `ModelStackLlama0C86119B8-${OWNER}`;

/** A CloudFormation request for a link of the model `Llama`. */
export function request(type: OnEventRequest['RequestType'], more: RequestOptions = {}): OnEventRequest {
  const { link = 'import', jobName } = more;
  const properties = (own: LinkProperties = {}): OnEventRequest['ResourceProperties'] => {
    const wire = {
      Link: link,
      ...link === 'import' ? { NameBase: 'ModelStackLlama0C86119B8' } : { ImportLogicalId: LOGICAL_IDS.import, NamePrefix: NAME_PREFIX, JobName: jobName },
      WindowMinutes: '55',
      ImportTimeoutMinutes: '110',
      S3Uri: 's3://amzn-s3-demo-bucket/llama/',
      RoleArn: SERVICE_ROLE,
      ...own,
    };
    return { ...wire, ...{ ServiceToken: 'arn:aws:lambda:us-east-1:111122223333:function:framework-onEvent' } };
  };
  return {
    RequestType: type,
    RequestId: more.requestId ?? randomUUID(),
    StackId: STACK_ID,
    LogicalResourceId: LOGICAL_IDS[link],
    PhysicalResourceId: more.id,
    ResourceProperties: properties(more.properties),
    OldResourceProperties: more.old && properties(more.old),
    ResponseURL: RESPONSE_URL,
  };
}

function overTheWire<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** The response of the framework: the reason contains the message, the name of the log group and the stack trace of the error. */
function answer(event: OnEventRequest, physicalResourceId: string, polls: number, end: Data | Error | undefined): Answer {
  const failed = end instanceof Error;
  const logs = 'Logs: /aws/lambda/ModelStack-BedrockModelImportProviderHandlerC5B7B4DE-ABCDEFGHIJKL';
  const reason = failed
    ? [`Error: ${end.message}`, '', logs, '', ...(end.stack ?? '').split('\n').slice(1)].join('\n')
    : '';
  const body = {
    Status: failed ? 'FAILED' : 'SUCCESS',
    Reason: reason || 'SUCCESS',
    StackId: event.StackId,
    RequestId: event.RequestId,
    PhysicalResourceId: physicalResourceId,
    LogicalResourceId: event.LogicalResourceId,
    Data: failed ? undefined : end,
  };
  return {
    status: failed ? 'FAILED' : 'SUCCESS',
    physicalResourceId,
    data: failed ? undefined : end,
    reason,
    polls,
    bytes: Buffer.byteLength(JSON.stringify(body)),
  };
}
