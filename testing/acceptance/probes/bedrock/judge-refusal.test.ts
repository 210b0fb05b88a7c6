import { isOfQuota, isOfToken, saysNothingOfWeights } from './judge-refusal';

const refusal = (name: string, message: string) => Object.assign(new Error(message), { name, $metadata: {} });

test.each([
  ['a token', refusal('ValidationException', 'The client request token was used before'), true],
  ['something that is invalid', refusal('ValidationException', 'Try again with another request'), true],
  ['the quota', refusal('ServiceQuotaExceededException', 'One import at a time'), false],
  ['a role', refusal('ValidationException', 'The role is unusable'), false],
  ['access to the weights', refusal('ValidationException', 'Access to the bucket is denied'), false],
])('whether a refusal is that of a token: %s', (_, error, expected) => {
  expect(isOfToken(error)).toBe(expected);
});

test('a quota is not a role', () => {
  expect(isOfQuota(refusal('ServiceQuotaExceededException', 'One import at a time'))).toBe(true);
  expect(isOfQuota(refusal('ValidationException', 'The role cannot be assumed'))).toBe(false);
});

test.each([
  ['Internal server error', true],
  ['The service role has no access to the weights', true],
  ['The KMS key is disabled', true],
  ['The model is too small', false],
  [undefined, false],
])('whether an import that fails with "%s" says nothing about its weights', (message, expected) => {
  expect(saysNothingOfWeights(message)).toBe(expected);
});
