import { judgeReads } from './key-through-s3';

const accepted = { result: {}, text: 'accepted' };
const refused = (message: string, name = 'AccessDenied') => ({ error: Object.assign(new Error(message), { name }), text: `${name}: ${message}` });
const ofKey = refused('User is not authorized to perform: kms:Decrypt');

test.each([
  ['accepted through Amazon S3 only', accepted, ofKey, true],
  ['refused through Amazon S3', ofKey, ofKey, false],
  ['accepted in any case, so that the key does not decide', accepted, accepted, undefined],
  ['accepted through Amazon S3, and refused for another permission otherwise', accepted, refused('User is not authorized to perform: s3:GetObject'), undefined],
  ['accepted through Amazon S3, and throttled otherwise', accepted, refused('kms is slow', 'SlowDown'), undefined],
  ['refused for another permission', refused('User is not authorized to perform: s3:GetObject'), ofKey, undefined],
  ['throttled', refused('kms is slow', 'SlowDown'), ofKey, undefined],
])('a read that is %s', (_, throughS3, throughOther, expected) => {
  expect(judgeReads(throughS3, throughOther).holds).toBe(expected);
});
