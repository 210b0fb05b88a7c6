import type { Rule } from '../rule';
import { GPT_OSS_POST, IMPORT_GUIDE } from '../sources';
import { GPT_OSS_REGION, isGptOss, REGIONS } from '../supported';
import { show } from '../wording';

/** Where models are imported. */
export const REGION_RULES: readonly Rule[] = [
  {
    id: 'unsupported-region',
    checks: 'Region of the import',
    severity: 'warning',
    source: IMPORT_GUIDE,
    find: (model, { region }) => region === undefined || REGIONS.includes(region) || isGptOss(model) ? [] : [{
      message: `The Region is ${show(region)}. AWS documents Custom Model Import for ${REGIONS.join(', ')}.`,
      remedy: 'Import the model in one of these Regions.',
    }],
  },
  {
    id: 'gpt-oss-region',
    checks: `Region of GPT-OSS: only ${GPT_OSS_REGION}`,
    severity: 'error',
    source: IMPORT_GUIDE,
    find: (model, { region }) => region === undefined || region === GPT_OSS_REGION || !isGptOss(model) ? [] : [{
      message: `The Region is ${show(region)}. GPT-OSS can be imported only in ${GPT_OSS_REGION}.`,
      remedy: `Import the model in ${GPT_OSS_REGION}, from a bucket there.`,
    }],
  },
  {
    id: 'bucket-region',
    checks: 'Region of the bucket: that of the import',
    severity: 'error',
    source: GPT_OSS_POST,
    find: (model, { region, bucketRegion }) => region === undefined || bucketRegion === undefined || region === bucketRegion ? [] : [{
      message: `The bucket is in ${show(bucketRegion)}, and the import in ${show(region)}. Bedrock reads the model from a bucket in its own Region.`,
      remedy: isGptOss(model) ? remedyOfGptOss(bucketRegion) : `Copy the model to a bucket in ${show(region)}.`,
    }],
  },
];

function remedyOfGptOss(bucketRegion: string): string {
  return bucketRegion === GPT_OSS_REGION
    ? `Import the model in ${GPT_OSS_REGION}, where the bucket is.`
    : `Copy the model to a bucket in ${GPT_OSS_REGION}, and import it there.`;
}
