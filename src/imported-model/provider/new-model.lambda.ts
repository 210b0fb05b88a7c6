import { S3Client } from '@aws-sdk/client-s3';

export const newModel = () => new S3Client();
