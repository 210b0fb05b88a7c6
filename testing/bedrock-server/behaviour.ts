/**
 * What Amazon Bedrock might do otherwise than assumed. Each member is an assumption of README.md that can be turned round, so that the server and the
 * simulation play what an account has shown.
 */
export interface Behaviour {
  /** SRV-1: the response to a request with the token of an earlier one. */
  readonly earlierToken: 'its job' | 'refused' | 'another job';
  /** SRV-4: whether two models can have one name. */
  readonly modelNamesAreUnique: boolean;

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

/** The assumptions. */
export const ASSUMED: Behaviour = {
  earlierToken: 'its job',
  modelNamesAreUnique: true,

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

/** Other values, for the command line: `earlierToken=refused`. */
export function behaviourOf(settings: readonly string[]): Behaviour {
  return settings.reduce((behaviour, setting) => {
    const [name, value] = setting.split('=');
    if (!Object.hasOwn(ASSUMED, name) || value === undefined) {
      throw new Error(`${setting} is no behaviour of Bedrock. There are: ${Object.entries(ASSUMED).map(([one, is]) => `${one}=${is}`).join(', ')}`);
    }
    return { ...behaviour, [name]: /^(true|false|\d+)$/.test(value) ? JSON.parse(value) as unknown : value };
  }, ASSUMED);
}
