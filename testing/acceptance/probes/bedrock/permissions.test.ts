import { isAboutAccess, isAboutGrant, showsNeed } from './permissions';

const refusal = (name: string, message: string) => Object.assign(new Error(message), { name, $metadata: {} });
const denied = (action: string) => refusal('AccessDeniedException', `User: arn is not authorized to perform: ${action} on resource: arn`);

test.each([
  ['without its permission', 'kms:Decrypt', denied('kms:Decrypt'), true],
  ['without a permission that names the resource', 'bedrock:TagResource on imported-model', denied('bedrock:TagResource'), true],
  ['for another permission, which has not propagated', 'kms:Decrypt', denied('bedrock:CreateModelImportJob'), false],
  ['because its credentials have expired', 'kms:Decrypt', refusal('ExpiredTokenException', 'The security token is expired: access denied'), false],
  ['because another import is running', 'kms:Decrypt', refusal('ServiceQuotaExceededException', 'You may have no access to more'), false],
  ['because of its weights', 'kms:Decrypt', refusal('ValidationException', 'There is no model in Amazon S3'), false],
])('a caller that is refused %s', (_, lacks, error, expected) => {
  expect(showsNeed(lacks, error)).toBe(expected);
});

test.each([
  ['ServiceUnavailableException: Amazon S3 is slow', false],
  ['Failed: the service role is not authorized to perform: s3:ListBucket', true],
  ['Failed: You do not have permission to read s3://bucket', true],
])('whether "%s" is about access', (text, expected) => {
  expect(isAboutAccess(text)).toBe(expected);
});

test.each([
  ['AccessDeniedException: kms:CreateGrant', true],
  ['ValidationException: the grant could not be created', true],
  ['ValidationException: The provided role cannot be assumed', false],
  ['ServiceQuotaExceededException: another import is running', false],
])('whether "%s" can be because of the conditions of a grant', (text, expected) => {
  expect(isAboutGrant(text)).toBe(expected);
});
