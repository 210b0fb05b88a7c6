import type { Behaviour } from '../bedrock-server/behaviour';
import type { EnforcementOptions } from '../iam/enforcement';

/** What to do when an assumption is wrong. */
export interface Remedy {
  /** The behaviour of the Bedrock server, and of the simulation (`npm run simulate -- --behaviour name=value`), that contradicts it. */
  readonly server?: Partial<Behaviour>;
  /** The option of the enforcement of IAM (`../iam/enforcement.ts`) that contradicts it. */
  readonly iam?: EnforcementOptions;
  /** The option of the simulation that plays it. */
  readonly simulation?: string;
  /** What to change in the library or in its tests, where no switch is enough. */
  readonly change?: string;
}

export const SWITCHES: { readonly [id: string]: Remedy } = {
  'SRV-1': { server: { earlierToken: 'refused' } },
  'SRV-4': { server: { modelNamesAreUnique: false } },

  'CFN-1': { change: 'testing/simulation/cloudformation.ts: `abandonRequests` and `inventedId`; the Delete of the handler finds its jobs by the generated ID' },
  'CFN-2': { change: 'testing/simulation/cloudformation.ts: `createResource` records `inventedId` without an answer' },
  'CFN-3': { change: 'testing/simulation/cloudformation.ts: a third value of `failedUpdateRecords`' },
  'CFN-4': { change: 'testing/simulation/cloudformation.ts: a third value of `cleanupCarries`' },
  'CFN-5': { change: 'testing/simulation/cloudformation.ts: `rollBackUpdate`' },
  'CFN-6': { change: 'testing/simulation/cloudformation.ts: `abandonRequests` of an update; the waiter of a cancelled update then ends before its rollback' },
  'CFN-7': { change: 'testing/simulation/cloudformation.ts: `answered` of a request takes the last answer' },
  'CFN-8': { change: 'testing/simulation/cloudformation.ts: `cleanUp` and `deleteAll`' },
  'CFN-9': { change: 'testing/simulation/cloudformation.ts: `rollBackUpdate` starts with `restored`' },
  'CFN-10': { change: 'testing/simulation/cloudformation.ts: `responseUrl`; without X-Amz-Date, the handler uses its own clock' },
  'CRP-1': { change: 'testing/simulation/provider.ts: `executionNames`' },
  'CRP-4': { change: 'testing/simulation/cloudformation.ts: `end` leaves the provider alive, as with `providerElsewhere`' },
  'CRP-7': { change: 'testing/simulation/histories.ts: `deliveredLate`; src/imported-model/provider/patience.ts: WAIT_WINDOW' },
  'CRP-11': { change: 'testing/simulation/assumptions.md: a change of `queryInterval` then needs a history' },
  'RET-1': { change: 'testing/simulation/cloudformation.ts: `retains`' },
  'RET-2': { change: 'testing/simulation/cloudformation.ts: `cleanUp` after a rollback' },
  'RET-3': { change: 'testing/simulation/cloudformation.ts: what `rollBackUpdate` records for `skipped`' },
  'RET-7': { iam: { grantIsForResource: false }, change: 'ModelEncryption.customerManaged(): the default of `unconditionalGrants`' },
  'RET-8': { iam: { serviceRoleUsesKey: true }, change: 'ModelEncryption.customerManaged(): the default of `serviceRoleUsesKey`' },
  'RET-9': { iam: { unasked: 'bedrock:TagResource' }, change: 'testing/iam/requests.ts, and the statements of the library' },
  'RET-10': { change: 'src/imported-model/provider/served-stack-names.ts' },
  'CHK-4': { change: 'nothing: the tag decides, and the simulation plays both (`--world cleanupCarries=new`)' },
  'CHK-5': { change: 'testing/s3-server/server.ts; src/model-format/folders/s3-folder.ts: HeadBucket instead of ListObjectsV2' },
  'CHK-9': { change: 'src/model-format: `filesDigest` without the entity tags' },
  'CHK-10': { change: 'src/imported-model/provider/handler/answer.ts: a further format' },
  'ASK-2': { change: 'nothing: the description of the security group may have other characters' },
  'ASK-4': { iam: { listedPrefix: 'none' }, change: 'src/imported-model/weights-access.ts: `s3:ListBucket` without a condition' },
  'ASK-5': { iam: { listedPrefix: 'without slash' }, change: 'nothing: the role allows both' },
  'ASK-7': { change: 'src/imported-model/imported-model-base.ts: the dimensions of the metrics' },
  'ASK-8': { change: 'README.md: "Why not `AWS::Bedrock::ModelImportJob`?"' },
};
