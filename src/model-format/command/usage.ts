export const USAGE = `npx cdk-bedrock-model-import check <model> [options]

Checks whether Amazon Bedrock can import a model, by what AWS documents. Reads the list of files, the small files and the headers of the weights:
megabytes at most, of models of any size. Nothing is written, and nothing is imported.

<model> is one of
  <directory>                          a directory with a model in Hugging Face format
  s3://<bucket>[/<prefix>]             a folder in Amazon S3; requires s3:ListBucket and s3:GetObject, and kms:Decrypt for encrypted objects
  hf://<organization>/<model>[@<rev>]  a model on the Hugging Face Hub, optionally of a branch, a tag or a commit

Options
  --region <region>     the Region of the import; by default AWS_REGION, AWS_DEFAULT_REGION, and for s3:// the Region of the profile
  --acknowledge <rule>  accept what the rule finds: it no longer fails the check; may be repeated
  --strict              fail on warnings, too
  --json                print the result as JSON: target, revision (of the Hub), region, bucketRegion, passed, digest, files, weightBytes,
                        findings (rule, severity, file, message, remedy, source, acknowledged), read (calls, bytes)
  --version             print the version of this package
  --help                print this help

Exit codes
  0  no documented rule is violated, as far as the files say; there may be warnings
  1  Bedrock would refuse the model, or there are warnings and --strict is used
  2  the model could not be checked: wrong arguments, no access, no network

Environment
  AWS_PROFILE, AWS_REGION, ...  credentials and Region, as for all AWS SDKs
  HF_TOKEN                      an access token for gated and private models
  HF_ENDPOINT                   another server with the API of the Hub
  NO_COLOR                      no colors; there are none either if the output is no terminal
`;
