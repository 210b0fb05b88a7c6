/**
 * What Amazon Bedrock might do otherwise than assumed. Each member is an assumption that can be turned round, so that the server and the simulation
 * play what an account has shown. `least...` extends what a test or a history sets.
 *
 * A refusal is `<name of the error>: <message>`, as the report of an acceptance test has it. `{name}` and `{limit}` stand for what was asked for.
 */
export interface Behaviour {
  // --- CreateModelImportJob ---
  /** SRV-1: the response to a request with the token of an earlier one. */
  readonly earlierToken: 'its job' | 'refused' | 'another job';
  /** SRV-2: the response to another request with the token of an earlier one. */
  readonly earlierTokenOfAnother: 'refused' | 'its job';
  /** SRV-3: whether the token of a refused request can be used again. */
  readonly refusedTokensStayValid: boolean;
  /** SRV-4: whether two models can have one name. */
  readonly modelNamesAreUnique: boolean;
  /** SRV-5: whether the name of a deleted model can be used again. */
  readonly deletedNamesAreFree: boolean;
  /** SRV-6: when an import is refused or fails because there are too many models. */
  readonly modelQuotaIsChecked: 'at the start' | 'at the end';
  /** SRV-8: which of role, names and quotas is checked last. */
  readonly checkedLast: 'quotas' | 'role';
  /** SRV-9: when the propagation of a role starts. */
  readonly rolesPropagateFrom: 'first use' | 'creation';
  /** SRV-17: what happens to a tag key that is given twice. */
  readonly repeatedTagKeys: 'refused' | 'last wins';
  /** SRV-18: what happens to members that the service model does not have. */
  readonly unknownMembers: 'refused' | 'ignored';
  /** CMI-2: how long a role is invalid after it is created or first used, at least. */
  readonly leastRoleMinutes: number;
  /** CMI-3: how long a deleted role can still start an import. */
  readonly deletedRoleSeconds: number;
  /** CMI-3: whether a running import fails when its role is deleted. */
  readonly importsNeedTheirRole: boolean;
  /** ASK-1: when Bedrock notices that it may not read the weights or use the key. */
  readonly accessIsChecked: 'at the start' | 'in the job';
  /** ASK-6: the failure of every import. Empty if it succeeds. */
  readonly importFailure: string;
  /** ASK-10 to ASK-16: what the handler has to recognize. */
  readonly roleRefusal: string;
  readonly jobNameRefusal: string;
  readonly modelNameRefusal: string;
  readonly importQuotaRefusal: string;
  readonly modelQuotaRefusal: string;
  readonly weightsRefusal: string;
  readonly keyRefusal: string;

  // --- Jobs and models ---
  /** SRV-10: whether a job has the ARN of a model that was deleted. */
  readonly jobsKeepModelArns: boolean;
  /** SRV-11: the creation time of a model. */
  readonly modelsAreCreated: 'at the end of the job' | 'at its start';
  /** SRV-12: how long it takes to delete a model. */
  readonly deletionSeconds: number;
  /** SRV-13, CMI-4: how often a deletion conflicts, at least. */
  readonly leastDeleteConflicts: number;
  /** SRV-19, RET-4: the key of a model in the responses. */
  readonly keyIsReturned: 'as its ARN' | 'as given' | 'never';
  /** RET-4: the location of the weights in the responses. */
  readonly sourceIsReturned: 'as given' | 'as a URL' | 'never';
  /** RET-5: whether GetModelImportJob returns the role. */
  readonly roleIsReturned: boolean;
  /** RET-6: how long a job can be read after its end. */
  readonly endedJobMinutes: number;
  /** CMI-1: how long Get and List lag behind changes, at least. */
  readonly leastReadLagSeconds: number;

  // --- Lists ---
  /** SRV-14: whether the filters by time include that time. */
  readonly timeFiltersAreInclusive: boolean;
  /** SRV-14: whether the filter by name distinguishes upper case and lower case. */
  readonly nameFilterIsCaseSensitive: boolean;
  /** SRV-15: the default order. */
  readonly listsBeginWith: 'newest' | 'oldest';
  /** SRV-16: whether a page is shorter than it could be. */
  readonly pagesAreShort: boolean;

  // --- Tags ---
  /** NEW-5, CHK-2, CHK-3: how long ListTagsForResource lags behind changes. */
  readonly tagLagSeconds: number;
  /** CHK-1: when a model gets the tags of its import. */
  readonly modelTagsAfterSeconds: number;

  // --- InvokeModel ---
  /** SRI-1: the refusal of a model that does not exist, by its ARN. */
  readonly unknownModelRefusal: string;
  /** SRI-1: whether an imported model can be invoked by its name. */
  readonly namesAreInvoked: boolean;
  /** SRI-2: whether a new model is loaded. */
  readonly newModelsAreLoaded: boolean;
  /** SRI-3: how long a model stays loaded without an invocation, at least. */
  readonly leastIdleMinutes: number;
  /** SRI-4, CHK-12: how long it takes to load a model, at least. */
  readonly leastColdStartSeconds: number;
  /** SRI-5: how many requests a copy takes at the same time, at least. */
  readonly leastCopyConcurrency: number;
  /** SRI-6: whether a body is checked before the model is found, before it is loaded, or by the loaded model. */
  readonly bodyIsChecked: 'first' | 'before loading' | 'last';
  /** SRI-8: whether a body that is no JSON object is refused. */
  readonly bodiesAreObjects: boolean;
  /** SRI-9, CHK-10: the format of an answer. */
  readonly answers: 'in the format of the request' | 'as a generation' | 'in another format';
  /** NEW-3, CHK-12: what a model answers while it is loaded. */
  readonly loadingRefusal: string;
  /** CHK-14: the actions that a role must be allowed to invoke a model with a customer managed key, separated by spaces. */
  readonly invocationNeeds: string;
  /** CHK-11: whether a completion with `max_tokens` is accepted. */
  readonly maxTokensAreAccepted: boolean;

  // --- Batch inference ---

  /** BAT-1: the response to a request with the token of an earlier one. `forgotten`: as without the token. */
  readonly batchEarlierToken: 'its job' | 'forgotten';
  /** SRB-2: the same, if the two requests differ. */
  readonly batchTokenOfOtherRequest: 'refused' | 'its job';
  /** BAT-5: the error for a role that has not propagated. */
  readonly batchNewRole: string;
  /** SRB-1, BAT-2, BAT-4: the error for a job name in use, or `accepted`. */
  readonly batchNameInUse: string;
  /** SRB-3: what happens to an identifier that is not that of a model of the catalogue. */
  readonly batchUnknownModel: 'refused' | 'accepted';
  /** BAT-10: which characters the URIs of a job can have. */
  readonly batchUris: 'as documented' | 'any';
  /** BAT-18: whether the key of the output and the VPC can be omitted. */
  readonly batchKeyAndVpc: 'optional' | 'required';
  /** BAT-19: what happens to a bucket owner that is the account of the job. */
  readonly batchOwnAccountAsOwner: 'accepted' | 'refused';
  /** BAT-20: whether a service role with permissions on input and output only can run a job. */
  readonly batchRoleSuffices: boolean;
  /** BAT-3: how long a job is missing in lists. */
  readonly batchListLagSeconds: number;
  /** SRB-17: the timeout of a job for which none is requested. */
  readonly batchTimeoutHours: number;
  /** SRB-20: the type of a job for which none is requested. */
  readonly batchType: 'InvokeModel' | 'omitted';
  /** BAT-7: how Get and List call the status Scheduled. */
  readonly batchScheduledIs: string;
  /** SRB-11: the status from which on a job has record counts. */
  readonly batchCountsFrom: 'Scheduled' | 'InProgress';
  /** SRB-5: whether a job of too few records fails. */
  readonly batchMinimumIsEnforced: boolean;
  /** SRB-6: what a blank line is. */
  readonly batchBlankLine: 'invalid' | 'skipped';
  /** SRB-7: what the URI of the input is. */
  readonly batchInputUri: 'a file or a folder' | 'a prefix';
  /** SRB-9: the `recordId` in the output of a record without one. */
  readonly batchMissingIds: 'numbered' | 'omitted';
  /** SRB-14, BAT-14: what a record that fails has in its line of the output. `nothing`: it has no line. */
  readonly batchFailedRecord: 'errorCode and errorMessage' | 'text' | 'nothing';
  /** BAT-13: the folder of the output of a job. */
  readonly batchOutputFolder: 'job id' | 'job name';
  /** SRB-8: whether the output has the subfolders of the input. */
  readonly batchSubfolders: 'kept' | 'flat';
  /** SRB-13, BAT-15: which jobs write output. */
  readonly batchOutputOf: 'jobs that ran' | 'completed jobs' | 'all jobs';
  /** SRB-15: the status of a job whose output cannot be written. */
  readonly batchUnwritable: 'Failed' | 'Completed';
  /** SRB-18: the error for a second Stop, or `accepted`. */
  readonly batchSecondStop: string;
  /** BAT-17: the error for a Stop of a job that has ended, or `accepted`. */
  readonly batchStopAfterEnd: string;
  /** SRB-19: what happens to a Stop of a job that has not started. */
  readonly batchStopBeforeStart: 'accepted' | 'refused';
}

/** Only the end of the real message is known, and only for the quota of imports: it suggests an increase even if the quota cannot be increased. */
export function quotaRefusal(quota: string): string {
  return `ServiceQuotaExceededException: You have reached the limit of {limit}. To go on, request a quota increase for ${quota}`;
}

/** The assumptions. */
export const ASSUMED: Behaviour = {
  earlierToken: 'its job',
  earlierTokenOfAnother: 'refused',
  refusedTokensStayValid: true,
  modelNamesAreUnique: true,
  deletedNamesAreFree: true,
  modelQuotaIsChecked: 'at the start',
  checkedLast: 'quotas',
  rolesPropagateFrom: 'first use',
  repeatedTagKeys: 'refused',
  unknownMembers: 'refused',
  leastRoleMinutes: 0,
  deletedRoleSeconds: 0,
  importsNeedTheirRole: false,
  accessIsChecked: 'at the start',
  importFailure: '',
  roleRefusal: 'ValidationException: The provided role ARN is invalid',
  jobNameRefusal: 'ValidationException: The provided job name is currently in use.',
  modelNameRefusal: "ValidationException: Model with name '{name}' already exists",
  importQuotaRefusal: quotaRefusal('Concurrent model import jobs'),
  modelQuotaRefusal: quotaRefusal('Imported models per account'),
  // The first is that of model customization and batch inference, the other is invented.
  weightsRefusal: 'ValidationException: Could not validate GetObject permissions to access Amazon S3 bucket',
  keyRefusal: 'AccessDeniedException: You are not authorized to perform kms:CreateGrant on the key',

  jobsKeepModelArns: true,
  modelsAreCreated: 'at the end of the job',
  deletionSeconds: 0,
  leastDeleteConflicts: 0,
  keyIsReturned: 'as its ARN',
  sourceIsReturned: 'as given',
  roleIsReturned: true,
  endedJobMinutes: Infinity,
  leastReadLagSeconds: 0,

  timeFiltersAreInclusive: false,
  nameFilterIsCaseSensitive: true,
  listsBeginWith: 'newest',
  pagesAreShort: true,

  tagLagSeconds: 0,
  modelTagsAfterSeconds: 0,

  unknownModelRefusal: "ResourceNotFoundException: There is no imported model '{name}'",
  namesAreInvoked: false,
  newModelsAreLoaded: false,
  leastIdleMinutes: 0,
  leastColdStartSeconds: 0,
  leastCopyConcurrency: 0,
  bodyIsChecked: 'before loading',
  bodiesAreObjects: true,
  answers: 'in the format of the request',
  loadingRefusal: 'ModelNotReadyException: Model is not ready for inference. Wait and try your request again.',
  invocationNeeds: 'bedrock:InvokeModel kms:Decrypt',
  maxTokensAreAccepted: true,

  batchEarlierToken: 'its job',
  batchTokenOfOtherRequest: 'refused',
  batchNewRole: 'ValidationException',
  batchNameInUse: 'ConflictException',
  batchUnknownModel: 'refused',
  batchUris: 'as documented',
  batchKeyAndVpc: 'optional',
  batchOwnAccountAsOwner: 'accepted',
  batchRoleSuffices: true,
  batchListLagSeconds: 0,
  batchTimeoutHours: 24,
  batchType: 'InvokeModel',
  batchScheduledIs: 'Scheduled',
  batchCountsFrom: 'Scheduled',
  batchMinimumIsEnforced: true,
  batchBlankLine: 'invalid',
  batchInputUri: 'a file or a folder',
  batchMissingIds: 'numbered',
  batchFailedRecord: 'errorCode and errorMessage',
  batchOutputFolder: 'job id',
  batchSubfolders: 'kept',
  batchOutputOf: 'jobs that ran',
  batchUnwritable: 'Failed',
  batchSecondStop: 'ConflictException',
  batchStopAfterEnd: 'ConflictException',
  batchStopBeforeStart: 'accepted',
};

/** The members that are one of several texts. */
type Choice = { [Name in keyof Behaviour]: string extends Behaviour[Name] ? never : Behaviour[Name] extends string ? Name : never }[keyof Behaviour];

const CHOICES: { readonly [Name in Choice]: readonly Behaviour[Name][] } = {
  earlierToken: ['its job', 'refused', 'another job'],
  earlierTokenOfAnother: ['refused', 'its job'],
  modelQuotaIsChecked: ['at the start', 'at the end'],
  checkedLast: ['quotas', 'role'],
  rolesPropagateFrom: ['first use', 'creation'],
  repeatedTagKeys: ['refused', 'last wins'],
  unknownMembers: ['refused', 'ignored'],
  accessIsChecked: ['at the start', 'in the job'],
  modelsAreCreated: ['at the end of the job', 'at its start'],
  keyIsReturned: ['as its ARN', 'as given', 'never'],
  sourceIsReturned: ['as given', 'as a URL', 'never'],
  listsBeginWith: ['newest', 'oldest'],
  bodyIsChecked: ['first', 'before loading', 'last'],
  answers: ['in the format of the request', 'as a generation', 'in another format'],

  batchEarlierToken: ['its job', 'forgotten'],
  batchTokenOfOtherRequest: ['refused', 'its job'],
  batchUnknownModel: ['refused', 'accepted'],
  batchUris: ['as documented', 'any'],
  batchKeyAndVpc: ['optional', 'required'],
  batchOwnAccountAsOwner: ['accepted', 'refused'],
  batchType: ['InvokeModel', 'omitted'],
  batchCountsFrom: ['Scheduled', 'InProgress'],
  batchBlankLine: ['invalid', 'skipped'],
  batchInputUri: ['a file or a folder', 'a prefix'],
  batchMissingIds: ['numbered', 'omitted'],
  batchFailedRecord: ['errorCode and errorMessage', 'text', 'nothing'],
  batchOutputFolder: ['job id', 'job name'],
  batchSubfolders: ['kept', 'flat'],
  batchOutputOf: ['jobs that ran', 'completed jobs', 'all jobs'],
  batchUnwritable: ['Failed', 'Completed'],
  batchStopBeforeStart: ['accepted', 'refused'],
};

/** Other values, for the command line: `earlierToken=refused`. */
export function behaviourOf(settings: readonly string[]): Partial<Behaviour> {
  return Object.fromEntries(settings.map(setting => {
    const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(setting) ?? [];
    if (!Object.hasOwn(ASSUMED, name)) {
      throw new Error(`${setting} is no behaviour of Bedrock. There are: ${Object.entries(ASSUMED).map(([one, is]) => `${one}=${is}`).join(', ')}`);
    }
    const choices: readonly string[] | undefined = CHOICES[name as Choice];
    if (choices && !choices.includes(value)) throw new Error(`${setting} is none of ${choices.map(choice => `${name}=${choice}`).join(', ')}`);
    const type = typeof ASSUMED[name as keyof Behaviour];
    const given = type === 'string' ? value : { true: true, false: false }[value] ?? (/^\d+$/.test(value) ? Number(value) : undefined);
    if (typeof given !== type) throw new Error(`${setting} is not a ${type}`);
    return [name, given];
  }));
}
