import type { Case, FailingCase } from './case';
import { gptOss, llama } from './variations';

/** Where it is imported: models that break a rule. */
export const FAILING: readonly FailingCase[] = [
  {
    rule: 'unsupported-region',
    what: 'London',
    files: llama,
    options: { region: 'eu-west-2' },
    finds: [{
      severity: 'warning',
      message: 'The Region is "eu-west-2". AWS documents Custom Model Import for us-east-1, us-east-2, us-west-2, eu-central-1.',
      remedy: 'Import the model in one of these Regions.',
    }],
  },
  {
    rule: 'gpt-oss-region',
    what: 'Oregon',
    files: gptOss,
    options: { region: 'us-west-2' },
    finds: [{
      severity: 'error',
      message: 'The Region is "us-west-2". GPT-OSS can be imported only in us-east-1.',
      remedy: 'Import the model in us-east-1, from a bucket there.',
    }],
  },
  {
    rule: 'gpt-oss-region',
    what: 'London',
    files: gptOss,
    options: { region: 'eu-west-2' },
    finds: [{
      severity: 'error',
      message: 'The Region is "eu-west-2". GPT-OSS can be imported only in us-east-1.',
      remedy: 'Import the model in us-east-1, from a bucket there.',
    }],
  },
  {
    rule: 'bucket-region',
    what: 'a bucket elsewhere',
    files: llama,
    options: { region: 'us-east-1', bucketRegion: 'us-west-2' },
    finds: [{
      severity: 'error',
      message: 'The bucket is in "us-west-2", and the import in "us-east-1". Bedrock reads the model from a bucket in its own Region.',
      remedy: 'Copy the model to a bucket in "us-east-1".',
    }],
  },
  {
    rule: 'bucket-region',
    what: 'a bucket elsewhere with GPT-OSS',
    files: gptOss,
    options: { region: 'us-east-1', bucketRegion: 'us-west-2' },
    finds: [{
      severity: 'error',
      message: 'The bucket is in "us-west-2", and the import in "us-east-1". Bedrock reads the model from a bucket in its own Region.',
      remedy: 'Copy the model to a bucket in us-east-1, and import it there.',
    }],
  },
];

/** Models that come close to it. */
export const PASSING: readonly Case[] = [
  { rule: 'unsupported-region', what: 'Frankfurt', files: llama, options: { region: 'eu-central-1' } },
  { rule: 'unsupported-region', what: 'GPT-OSS, which another rule is about', files: gptOss, options: { region: 'eu-west-2' } },
  { rule: 'gpt-oss-region', what: 'Virginia', files: gptOss, options: { region: 'us-east-1' } },
  { rule: 'gpt-oss-region', what: 'Llama', files: llama, options: { region: 'us-west-2' } },
  { rule: 'bucket-region', what: 'the same', files: llama, options: { region: 'us-east-1', bucketRegion: 'us-east-1' } },
  { rule: 'bucket-region', what: 'not known', files: llama, options: { region: 'us-east-1' } },
];
