import type { Behaviour } from '../bedrock-server/behaviour';
import type { EnforcementOptions } from '../iam/enforcement';

/** What to do when an assumption is wrong. */
export interface Remedy {
  /**
   * The behaviour of the Bedrock server, and of the simulation (`npm run simulate -- --behaviour name=value`), that contradicts it. Several, if it can
   * be wrong in several ways.
   */
  readonly server?: Partial<Behaviour> | readonly Partial<Behaviour>[];
  /** The option of the enforcement of IAM (`../iam/enforcement.ts`) that contradicts it. */
  readonly iam?: EnforcementOptions;
  /** The option of the simulation that plays it. */
  readonly simulation?: string;
  /** What to change in the library or in its tests, where no switch is enough. */
  readonly change?: string;
}

const PATIENCE = '`src/imported-model/provider/patience.ts`';
const ERRORS = '`src/imported-model/provider/handler/bedrock-error.ts`';

export const SWITCHES: { readonly [id: string]: Remedy } = {
  // --- Bedrock: imports, models and tags ---
  'SRV-1': { server: [{ earlierToken: 'refused' }, { earlierToken: 'another job' }] },
  'SRV-2': { server: { earlierTokenOfAnother: 'its job' } },
  'SRV-3': { server: { refusedTokensStayValid: false } },
  'SRV-4': { server: { modelNamesAreUnique: false } },
  'SRV-5': { server: { deletedNamesAreFree: false } },
  'SRV-6': { server: { modelQuotaIsChecked: 'at the end' } },
  'SRV-7': { server: { modelQuotaRefusal: 'ValidationException: You have too many models' }, change: ERRORS },
  'SRV-8': { server: { checkedLast: 'role' } },
  'SRV-9': { server: { rolesPropagateFrom: 'creation' } },
  'SRV-10': { server: { jobsKeepModelArns: false } },
  'SRV-11': { server: { modelsAreCreated: 'at its start' } },
  'SRV-12': { server: { deletionSeconds: 60 } },
  'SRV-13': { server: { leastDeleteConflicts: 1 } },
  'SRV-14': { server: [{ timeFiltersAreInclusive: true }, { nameFilterIsCaseSensitive: false }] },
  'SRV-15': { server: { listsBeginWith: 'oldest' } },
  'SRV-16': { server: { pagesAreShort: false } },
  'SRV-17': { server: { repeatedTagKeys: 'last wins' } },
  'SRV-18': { server: { unknownMembers: 'ignored' } },
  'SRV-19': { server: { keyIsReturned: 'as given' } },
  'CMI-1': { server: { leastReadLagSeconds: 35 }, change: `\`VISIBILITY_PATIENCE\` and \`QUIET_TIME\` in ${PATIENCE}` },
  'CMI-2': { server: { leastRoleMinutes: 9 }, change: `\`PROPAGATION_PATIENCE\` in ${PATIENCE}` },
  'CMI-3': { server: [{ deletedRoleSeconds: 20 }, { importsNeedTheirRole: true }] },
  'CMI-4': { server: { leastDeleteConflicts: 4 }, change: `\`ORPHAN_PATIENCE\` and \`GIVE_WAY_PATIENCE\` in ${PATIENCE}` },
  'NEW-3': { server: { loadingRefusal: 'ModelErrorException: The model is being loaded' } },
  'NEW-5': { server: { tagLagSeconds: 2 } },
  'RET-4': { server: [{ sourceIsReturned: 'as a URL' }, { sourceIsReturned: 'never' }, { keyIsReturned: 'never' }] },
  'RET-5': { server: { roleIsReturned: false } },
  'RET-6': { server: { endedJobMinutes: 2 } },
  'CHK-1': { server: { modelTagsAfterSeconds: 60 } },
  'CHK-2': { server: { tagLagSeconds: 35 } },
  'CHK-3': { server: { tagLagSeconds: 600 } },
  'CHK-10': { server: { answers: 'in another format' }, change: '`textOf` in `src/imported-model/provider/handler/answer.ts`' },
  'CHK-11': { server: { maxTokensAreAccepted: false }, change: 'the default body of `src/imported-model/model-verification.ts`' },
  'CHK-12': {
    server: [{ loadingRefusal: 'ModelErrorException: The model is being loaded' }, { leastColdStartSeconds: 1200 }],
    change: `\`VERIFICATION_PATIENCE\` in ${PATIENCE}`,
  },
  'CHK-14': { server: { invocationNeeds: 'bedrock:InvokeModel kms:Decrypt kms:DescribeKey' }, change: '`src/imported-model/provider/caller-permissions.ts`' },
  'ASK-1': { server: { accessIsChecked: 'in the job' }, change: `the patience with \`access\` is needless: ${ERRORS}` },
  'ASK-6': { server: { importFailure: 'The model is too small' }, change: 'run the acceptance test with `--weights`' },
  'ASK-9': { server: { roleRefusal: 'ValidationException: Bedrock cannot act for you yet' }, change: ERRORS },
  'ASK-10': { server: { roleRefusal: 'ValidationException: Bedrock cannot act for you yet' }, change: ERRORS },
  'ASK-11': { server: { jobNameRefusal: 'ValidationException: There is such a job' }, change: ERRORS },
  'ASK-12': { server: { modelNameRefusal: 'ValidationException: There is such a model' }, change: ERRORS },
  'ASK-13': { server: { importQuotaRefusal: 'ValidationException: One import at a time' }, change: ERRORS },
  'ASK-14': { server: { modelQuotaRefusal: 'ValidationException: You have too many models' }, change: ERRORS },
  'ASK-15': { server: { weightsRefusal: 'ValidationException: The weights cannot be read' }, change: ERRORS },
  'ASK-16': { server: { keyRefusal: 'ValidationException: The key cannot be used' }, change: ERRORS },
  'SRI-1': { server: [{ unknownModelRefusal: 'ValidationException: The provided model identifier is invalid.' }, { namesAreInvoked: true }] },
  'SRI-2': { server: { newModelsAreLoaded: true } },
  'SRI-3': { server: { leastIdleMinutes: 30 } },
  'SRI-4': { server: { leastColdStartSeconds: 200 } },
  'SRI-5': { server: { leastCopyConcurrency: 10 } },
  'SRI-6': { server: [{ bodyIsChecked: 'first' }, { bodyIsChecked: 'last' }] },
  'SRI-8': { server: { bodiesAreObjects: false } },
  'SRI-9': { server: { answers: 'as a generation' } },

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
  'ASK-2': { change: 'nothing: the description of the security group may have other characters' },
  'ASK-4': { iam: { listedPrefix: 'none' }, change: 'src/imported-model/weights-access.ts: `s3:ListBucket` without a condition' },
  'ASK-5': { iam: { listedPrefix: 'without slash' }, change: 'nothing: the role allows both' },
  'ASK-7': { change: 'src/imported-model/imported-model-base.ts: the dimensions of the metrics' },
  'ASK-8': { change: 'README.md: "Why not `AWS::Bedrock::ModelImportJob`?"' },

  'SRB-1': { server: { batchNameInUse: 'ValidationException' } },
  'SRB-2': { server: { batchTokenOfOtherRequest: 'its job' } },
  'SRB-3': { server: { batchUnknownModel: 'accepted' } },
  'SRB-5': { server: { batchMinimumIsEnforced: false } },
  'SRB-6': { server: { batchBlankLine: 'skipped' } },
  'SRB-7': { server: { batchInputUri: 'a prefix' } },
  'SRB-8': { server: { batchSubfolders: 'flat' } },
  'SRB-9': { server: { batchMissingIds: 'omitted' } },
  'SRB-11': { server: { batchCountsFrom: 'InProgress' } },
  'SRB-13': { server: { batchOutputOf: 'all jobs' } },
  'SRB-14': { server: { batchFailedRecord: 'nothing' } },
  'SRB-15': { server: { batchUnwritable: 'Completed' } },
  'SRB-17': { server: { batchTimeoutHours: 72 } },
  'SRB-18': { server: { batchSecondStop: 'accepted' } },
  'SRB-19': { server: { batchStopBeforeStart: 'refused' } },
  'SRB-20': { server: { batchType: 'omitted' } },

  'BAT-1': { server: { batchEarlierToken: 'forgotten' }, change: 'nothing: the job is found by its name' },
  'BAT-2': { server: { batchNameInUse: 'ValidationException' }, change: 'CONFLICT in src/batch-inference/workflow/retries.ts' },
  'BAT-3': { server: { batchListLagSeconds: 300 }, change: 'LIST_LAG in src/batch-inference/patience.ts' },
  'BAT-4': { server: { batchNameInUse: 'accepted' }, change: 'findJob() in src/batch-inference/workflow/job-calls.ts' },
  'BAT-5': { server: { batchNewRole: 'ResourceNotFoundException' }, change: 'retryCreation() in src/batch-inference/workflow/retries.ts' },
  'BAT-7': { server: { batchScheduledIs: 'Queued' }, change: 'src/batch-inference/job-statuses.ts' },
  'BAT-10': { server: { batchUris: 'any' }, change: 'the pattern of the output prefix in src/batch-inference/library-limits.ts' },
  'BAT-13': { server: { batchOutputFolder: 'job name' }, change: 'src/batch-inference/records/handler/engine-output.ts' },
  'BAT-14': { server: { batchFailedRecord: 'text' }, change: 'src/batch-inference/records/handler/engine-output.ts' },
  'BAT-15': { server: { batchOutputOf: 'completed jobs' }, change: 'the price of a deadline in docs/guides/batch-inference.md' },
  'BAT-17': { server: { batchStopAfterEnd: 'ValidationException' }, change: 'nothing: every error of Stop is caught' },
  'BAT-18': { server: { batchKeyAndVpc: 'required' }, change: 'encryption key and VPC must be required properties' },
  'BAT-19': { server: { batchOwnAccountAsOwner: 'refused' }, change: 'S3BucketOwner in src/batch-inference/workflow/job-calls.ts' },
  'BAT-20': { server: { batchRoleSuffices: false }, change: 'src/batch-inference/job-service-role.ts' },

  // Of Step Functions and Amazon S3, which no switch plays: probes/state-machine/judge.test.ts alters what was seen.
  'BAT-6': { change: 'the paths of responses in src/batch-inference/workflow/job-states.ts and src/batch-inference/workflow/job-calls.ts' },
  'BAT-8': { change: 'the parameter in src/batch-inference/workflow/job-calls.ts' },
  'BAT-9': { change: 'refuse ModelInvocationType.CONVERSE until Step Functions knows it' },
  'BAT-12': { change: 'keysOfMapRun() in src/batch-inference/batch-location.ts' },
  'BAT-21': { change: 'the permissions on the key in src/batch-inference/job-service-role.ts' },
  'BAT-22': { change: 'onJobStateChange() in src/batch-inference/batch-inference.ts' },
  'BAT-23': { change: 'Invoke model in src/batch-inference/workflow/map-states.ts, and bedrock.py of testing/step-functions' },
  'BAT-24': { change: 'invokeByReference in src/batch-inference/workflow/map-states.ts, and its permissions' },
  'BAT-25': { change: 'MAX_INLINE_BYTES, and the largest record in src/batch-inference/library-limits.ts' },
  'BAT-26': { change: 'the prefixes in src/batch-inference/workflow/retries.ts' },
  'BAT-28': { change: 'COLD_START in src/batch-inference/patience.ts' },
  'BAT-29': { change: 'RECORD_ERRORS in src/batch-inference/workflow/retries.ts: a response that is too large cannot be caught' },
  'BAT-30': { change: 'isLate() in src/batch-inference/workflow/job-states.ts' },
  'BAT-31': { change: 'maxConcurrencyPath in src/batch-inference/workflow/map-states.ts' },
  'BAT-32': { change: 'WorkReader in src/batch-inference/workflow/map-states.ts, or what src/batch-inference/records/handler/rounds.ts writes' },
  'BAT-33': { change: 'src/batch-inference/records/handler/engine-output.ts, and result_files.py of testing/step-functions' },
  'BAT-34': { change: 'outputPrefix in src/batch-inference/records/handler/rounds.ts' },
  'BAT-35': { change: 'src/batch-inference/records/handler/engine-output.ts' },
  'BAT-36': { change: 'src/batch-inference/workflow/batch-states.ts: parts need executions of their own' },
  'BAT-37': { change: 'what a redrive costs in docs/guides/batch-inference.md, and runs.py of testing/step-functions' },
  'BAT-38': { change: 'the permissions of the state machine in src/batch-inference/batch-inference-fragment.ts' },
  'BAT-39': { change: 'src/batch-inference/workflow/job-states.ts: a redriven part must find its job' },
  'BAT-40': { change: 'what stopping an execution does in docs/guides/batch-inference.md' },
  'BAT-41': { change: 'the log level in src/batch-inference/batch-inference.ts' },
  'BAT-42': { change: 'list() in src/batch-inference/batch-location.ts' },
  'BAT-43': { change: 'the statement that the message names, and testing/iam/batch-requests.ts' },
  'BAT-44': { change: 'ON_OBJECTS and WITH_KEY in src/batch-inference/batch-location.ts' },
  'BAT-45': { change: 'claim() in src/batch-inference/records/handler/s3-store.ts' },
  'BAT-46': { change: 'bucketOwner in src/batch-inference/batch-location.ts' },
  'BAT-47': { change: 'lines() in src/batch-inference/records/handler/s3-store.ts' },
};

/** The ways in which the server can contradict an assumption: one that does nothing, if only IAM contradicts it. */
export function waysOf({ iam, server }: Remedy): readonly Partial<Behaviour>[] {
  return server === undefined && iam !== undefined ? [{}] : [server ?? []].flat();
}
