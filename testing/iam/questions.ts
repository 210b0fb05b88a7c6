import type { AuthorizationRequest, Policies, PolicyStatement } from './engine';

/** A request whose result is documented by AWS. */
export interface Question {
  readonly sentence: string;
  /** The path below https://docs.aws.amazon.com/ */
  readonly page: string;
  readonly request: AuthorizationRequest;
  readonly policies: Policies;
  readonly allowed: boolean;
}

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/import`;
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/12345678-1234-1234-1234-123456789012`;
const JOBS = `arn:aws:bedrock:us-east-1:${ACCOUNT}:model-import-job`;
const INTERFACE = `arn:aws:ec2:us-east-1:${ACCOUNT}:network-interface/eni-0123456789abcdef0`;
const OPERATORS = 'IAM/latest/UserGuide/reference_policies_elements_condition_operators.html';
const MULTIVALUED = 'IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html';
const KEY_POLICIES = 'kms/latest/developerguide/key-policy-default.html';

const document = (...Statement: PolicyStatement[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], Resource: string, Condition?: PolicyStatement['Condition']): PolicyStatement => ({ Effect: 'Allow', Action, Resource, ...Condition && { Condition } });
const byRole = (action: string, resource: string, context: AuthorizationRequest['context'] = {}, account = ACCOUNT): AuthorizationRequest =>
  ({ principal: ROLE, action, resource, account, context: { 'aws:PrincipalArn': ROLE, ...context } });
const list = (prefix?: string) => byRole('s3:ListBucket', 'arn:aws:s3:::weights', prefix === undefined ? {} : { 's3:prefix': prefix });
const LIST_FOLDER = { identity: [document(allow('s3:ListBucket', 'arn:aws:s3:::weights', { StringLike: { 's3:prefix': ['llama', 'llama/*'] } }))] };

const assume = (context: AuthorizationRequest['context'], principal = 'bedrock.amazonaws.com'): AuthorizationRequest =>
  ({ principal, action: 'sts:AssumeRole', resource: ROLE, account: ACCOUNT, context });
const TRUST = {
  identity: [],
  resource: document({
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: 'bedrock.amazonaws.com' },
    Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT }, ArnEquals: { 'aws:SourceArn': `${JOBS}/*` } },
  }),
};

const DECRYPT = [document(allow('kms:Decrypt', KEY))];
const GRANTS = { identity: [document(allow('kms:CreateGrant', KEY, { 'Bool': { 'kms:GrantIsForAWSResource': 'true' }, 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'CreateGrant'] } }))], resource: keyPolicyOf(ACCOUNT) };
const grant = (context: AuthorizationRequest['context']) => byRole('kms:CreateGrant', KEY, context);

const OTHER_OBJECT = byRole('s3:GetObject', 'arn:aws:s3:::theirs/llama/config.json', {}, OTHER);
const READ_THEIRS = [document(allow('s3:GetObject', 'arn:aws:s3:::theirs/llama/*'))];
const THEY_LET_IN = document({ ...allow('s3:GetObject', 'arn:aws:s3:::theirs/llama/*', { ArnEquals: { 'aws:PrincipalArn': ROLE } }), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } });

function keyPolicyOf(account: string) {
  return document({ Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: `arn:aws:iam::${account}:root` } });
}

/** The documented behaviour that the policies of this library depend on. */
export const QUESTIONS: readonly Question[] = [
  { sentence: 'a request without an allow is denied', page: 'IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html', request: list('llama'), policies: { identity: [] }, allowed: false },
  { sentence: 'an explicit deny wins', page: 'IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html', request: list('llama'), policies: { identity: [document(allow('s3:ListBucket', '*'), { Effect: 'Deny', Action: 's3:*', Resource: '*' })] }, allowed: false },
  { sentence: 'one matching value is sufficient (StringLike, wildcard)', page: OPERATORS, request: list('llama/config'), policies: LIST_FOLDER, allowed: true },
  { sentence: 'a longer name with the same beginning does not match', page: OPERATORS, request: list('llama-evil/'), policies: LIST_FOLDER, allowed: false },
  { sentence: 'a condition on a missing key does not match', page: OPERATORS, request: list(), policies: LIST_FOLDER, allowed: false },
  { sentence: '${*} is a literal star, not a wildcard', page: 'IAM/latest/UserGuide/reference_policies_variables.html', request: byRole('s3:GetObject', 'arn:aws:s3:::weights/a*b/c'), policies: { identity: [document(allow('s3:GetObject', 'arn:aws:s3:::weights/a${*}b/*'))] }, allowed: true },
  { sentence: '${*} matches no other text', page: 'IAM/latest/UserGuide/reference_policies_variables.html', request: byRole('s3:GetObject', 'arn:aws:s3:::weights/axb/c'), policies: { identity: [document(allow('s3:GetObject', 'arn:aws:s3:::weights/a${*}b/*'))] }, allowed: false },
  { sentence: 'a service can assume a role if the conditions of its trust policy match', page: 'IAM/latest/UserGuide/confused-deputy.html', request: assume({ 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': `${JOBS}/abcdefghijkl` }), policies: TRUST, allowed: true },
  { sentence: '... not for another account', page: 'IAM/latest/UserGuide/confused-deputy.html', request: assume({ 'aws:SourceAccount': OTHER, 'aws:SourceArn': `${JOBS}/abcdefghijkl` }), policies: TRUST, allowed: false },
  { sentence: '... not for another resource (ArnEquals)', page: OPERATORS, request: assume({ 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': `${JOBS.replace('import', 'customization')}/abcdefghijkl` }), policies: TRUST, allowed: false },
  { sentence: '... and no other service', page: 'IAM/latest/UserGuide/reference_policies_elements_principal.html', request: assume({ 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': `${JOBS}/abcdefghijkl` }, 'lambda.amazonaws.com'), policies: TRUST, allowed: false },
  { sentence: 'IAM policies have no effect on a key whose policy does not allow the account', page: KEY_POLICIES, request: byRole('kms:Decrypt', KEY), policies: { identity: DECRYPT, resource: keyPolicyOf(OTHER) }, allowed: false },
  { sentence: 'IAM policies are effective on a key whose policy allows the account', page: KEY_POLICIES, request: byRole('kms:Decrypt', KEY), policies: { identity: DECRYPT, resource: keyPolicyOf(ACCOUNT) }, allowed: true },
  { sentence: 'a key policy that allows the account grants no access without an IAM policy', page: KEY_POLICIES, request: byRole('kms:Decrypt', KEY), policies: { identity: [], resource: keyPolicyOf(ACCOUNT) }, allowed: false },
  { sentence: 'ForAllValues: all values of the request are in the policy', page: MULTIVALUED, request: grant({ 'kms:GrantIsForAWSResource': 'true', 'kms:GrantOperations': ['Decrypt', 'CreateGrant'] }), policies: GRANTS, allowed: true },
  { sentence: 'ForAllValues: an additional value does not match', page: MULTIVALUED, request: grant({ 'kms:GrantIsForAWSResource': 'true', 'kms:GrantOperations': ['Decrypt', 'Encrypt'] }), policies: GRANTS, allowed: false },
  { sentence: 'ForAllValues: a request without the key matches', page: MULTIVALUED, request: grant({ 'kms:GrantIsForAWSResource': 'true' }), policies: GRANTS, allowed: true },
  { sentence: 'Bool: a request without the key does not match', page: OPERATORS, request: grant({ 'kms:GrantOperations': ['Decrypt'] }), policies: GRANTS, allowed: false },
  { sentence: 'access to another account requires both accounts to allow it', page: 'IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html', request: OTHER_OBJECT, policies: { identity: READ_THEIRS, resource: THEY_LET_IN }, allowed: true },
  { sentence: '... not only the account of the principal', page: 'IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html', request: OTHER_OBJECT, policies: { identity: READ_THEIRS }, allowed: false },
  { sentence: '... not only the account of the resource', page: 'IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html', request: OTHER_OBJECT, policies: { identity: [], resource: THEY_LET_IN }, allowed: false },
  { sentence: 'a request tag can be used as a condition', page: 'AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html', request: byRole('ec2:CreateNetworkInterface', INTERFACE, { 'aws:RequestTag/BedrockManaged': 'true', 'aws:RequestTag/Job': `${JOBS}/abcdefghijkl` }), policies: { identity: [document(allow('ec2:CreateNetworkInterface', INTERFACE.replace(/eni-.*/, '*'), { StringEquals: { 'aws:RequestTag/BedrockManaged': 'true' }, ArnEquals: { 'aws:RequestTag/Job': `${JOBS}/*` } }))] }, allowed: true },
];
