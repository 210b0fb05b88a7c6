import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import { EmulatedAccount } from './emulated-account';
import { Enforcement } from './enforcement';
import { hasEngine } from './engine';
import type { BedrockServerOptions } from '../bedrock-server/server';
import { EmulatorApi } from '../local-aws/emulator-api';
import { ACCOUNT, REGION } from '../local-aws/environment';

/** Loaded into the Node.js of a Lambda function before anything else: the SDK presents itself to Bedrock as the function, of which it takes 50 characters. */
const PRELOAD = 'process.env.AWS_SDK_UA_APP_ID = (process.env.AWS_LAMBDA_FUNCTION_NAME ?? "").slice(-50);';

/**
 * The policies of a local AWS, enforced where the handler calls Bedrock and where Bedrock uses the service role. Only where the engine is there
 * (`npm run iam` fetches it); with `ENFORCE_IAM=true` in the environment it has to be.
 */
export class LocalEnforcement {
  /** For the emulator: NODE_OPTIONS of the Lambda functions. */
  public readonly nodeOptions = `--import=data:text/javascript;base64,${Buffer.from(PRELOAD).toString('base64')}`;
  public readonly isOn = hasEngine();
  private enforcement?: Enforcement;

  constructor() {
    if (!this.isOn && process.env.ENFORCE_IAM === 'true') throw new Error('ENFORCE_IAM=true needs the IAM engine: npm run iam fetches it');
  }

  /** How much was asked of IAM until now. */
  public get questions(): number {
    return this.enforcement?.decisions.length ?? 0;
  }

  /** For the Bedrock server, which is there before the emulator. */
  public readonly authorize: BedrockServerOptions['authorize'] = async call => {
    // A person who looks around, or a test, is no function.
    return call.functionName === '' ? undefined : this.enforcement?.authorize(call);
  };

  /** ... and this, when it is asked what becomes of an import. */
  public readonly planImport = (request: CreateModelImportJobRequest) => this.enforcement?.planImport(request) ?? {};

  /** Begins when the emulator is there. */
  public connect(endpoint: string): void {
    if (!this.isOn) return;
    this.enforcement = new Enforcement(new EmulatedAccount(new EmulatorApi(endpoint)), { partition: 'aws', region: REGION, account: ACCOUNT });
  }
}
