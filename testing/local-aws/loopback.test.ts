import { startLocalAws } from './local-aws';
import { assertLoopback, assertLoopbackEnvironment } from './loopback';

test.each([
  'http://127.0.0.1:4566',
  'http://127.1:4566',
  'http://localhost',
  'https://LOCALHOST:4566/path',
  'http://[::1]:4566',
])('accepts %s', (url) => {
  expect(() => assertLoopback(url)).not.toThrow();
});

test.each([
  'https://bedrock.us-east-1.amazonaws.com',
  'http://0.0.0.0:4566',
  'http://10.0.0.1:4566',
  'http://127.0.0.1.example.com',
  'http://127.0.0.1@example.com',
  'http://localhost.example.com',
  'http://user:127.0.0.1@192.168.0.1',
  'http://[::ffff:10.0.0.1]',
  'ftp://127.0.0.1',
  '127.0.0.1:4566',
  '',
])('refuses %j', (url) => {
  expect(() => assertLoopback(url, 'the Bedrock endpoint')).toThrow(
    `the Bedrock endpoint must be a loopback address such as http://127.0.0.1:4566, not ${JSON.stringify(url)}`,
  );
});

test('refuses environment variables with other endpoints', () => {
  expect(() => assertLoopbackEnvironment({ AWS_ENDPOINT_URL: 'https://example.com' })).toThrow('the environment variable AWS_ENDPOINT_URL must be');
  expect(() => assertLoopbackEnvironment({ AWS_ENDPOINT_URL_S3: 'https://example.com' })).toThrow('AWS_ENDPOINT_URL_S3');
});

test('accepts environment variables without endpoints, or with local ones', () => {
  expect(() => assertLoopbackEnvironment({ PATH: '/bin', AWS_PROFILE: 'production', AWS_ENDPOINT_URL: '' })).not.toThrow();
  expect(() => assertLoopbackEnvironment({ AWS_ENDPOINT_URL_BEDROCK: 'http://127.0.0.1:1' })).not.toThrow();
});

test('the local AWS refuses another endpoint before it starts anything', async () => {
  await expect(startLocalAws({ bedrockEndpoint: 'https://bedrock.us-east-1.amazonaws.com' })).rejects.toThrow('must be a loopback address');
});
