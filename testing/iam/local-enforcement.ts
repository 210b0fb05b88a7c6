import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import { EmulatedAccount } from './emulated-account';
import { Enforcement } from './enforcement';
import { hasEngine } from './engine';
import type { Bedrock } from '../bedrock-server/bedrock';
import type { BedrockServerOptions } from '../bedrock-server/server';
import { EmulatorApi } from '../local-aws/emulator-api';
import { ACCOUNT, REGION } from '../local-aws/environment';

/** Preloaded into the Node.js of a Lambda function: sets the app ID of the SDK to the function name, limited to 50 characters. */
const PRELOAD = 'process.env.AWS_SDK_UA_APP_ID = (process.env.AWS_LAMBDA_FUNCTION_NAME ?? "").slice(-50);';

/**
 * Enforces the policies of a local AWS for the Bedrock calls of the handler and for the use of the service role by Bedrock, if the engine is
 * installed (by `npm run iam`). With `ENFORCE_IAM=true` in the environment, the engine is required.
 */
export class LocalEnforcement {
  /** The NODE_OPTIONS of the Lambda functions in the emulator. */
  public readonly nodeOptions = `--import=data:text/javascript;base64,${Buffer.from(PRELOAD).toString('base64')}`;
  public readonly isOn = hasEngine();
  private enforcement?: Enforcement;
  private bedrock?: Bedrock;

  constructor() {
    if (!this.isOn && process.env.ENFORCE_IAM === 'true') throw new Error('ENFORCE_IAM=true requires the IAM engine: run npm run iam');
  }

  /** The number of authorization requests so far. */
  public get questions(): number {
    return this.enforcement?.decisions.length ?? 0;
  }

  /** For the Bedrock server, which starts before the emulator. */
  public readonly authorize: BedrockServerOptions['authorize'] = async call => {
    // Calls from a shell or a test have no function name.
    return call.functionName === '' ? undefined : this.enforcement?.authorize(call);
  };

  /** The same for the verification of a model. The reads of its files go to the emulator, which enforces no policies: `npm run iam` plays them. */
  public readonly authorizeInvocation: BedrockServerOptions['authorizeInvocation'] = async call => {
    if (call.functionName === '') return undefined;
    const models = this.bedrock?.snapshot().models ?? [];
    return this.enforcement?.authorizeInvocation(call, arn => models.find(({ modelArn }) => modelArn === arn)?.modelKmsKeyArn);
  };

  /** For the Bedrock server: the outcome of an import. */
  public readonly planImport = (request: CreateModelImportJobRequest) => this.enforcement?.planImport(request) ?? {};

  /** Starts the enforcement when the emulator is running. */
  public connect(endpoint: string, bedrock: Bedrock): void {
    if (!this.isOn) return;
    this.bedrock = bedrock;
    this.enforcement = new Enforcement(new EmulatedAccount(new EmulatorApi(endpoint)), { partition: 'aws', region: REGION, account: ACCOUNT });
  }
}
