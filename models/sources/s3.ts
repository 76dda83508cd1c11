// How an object of S3, or of a store that speaks it (MinIO), is asked for: its address and the signature, from the environment that
// AWS's own tools read. Must never be logged.
import { AwsV4Signer } from 'aws4fetch';
import { ModelError } from '../model-error.js';

export interface WebRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const ADDRESS = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/;

/**
 * The request for `s3://bucket/key`. Without credentials in the environment it is not signed, for buckets that are public.
 * @throws ModelError `FETCH_FAILED` where the address or the environment is wrong
 */
export async function s3Request(from: string, env: NodeJS.ProcessEnv = process.env): Promise<WebRequest> {
  const [, bucket, key] = ADDRESS.exec(from) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new ModelError('FETCH_FAILED', `${from} is no address of an object: s3://bucket/key is expected`);
  }
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || 'us-east-1';
  const url = `${bucketUrl(bucket, region, env)}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const accessKeyId = env['AWS_ACCESS_KEY_ID'] ?? '';
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] ?? '';
  if (accessKeyId === '' && secretAccessKey === '') return { url, headers: {} };
  if (accessKeyId === '' || secretAccessKey === '') {
    throw new ModelError('FETCH_FAILED', `${from} needs both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither`);
  }
  const sessionToken = env['AWS_SESSION_TOKEN'] || undefined;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  const signed = await new AwsV4Signer({ url, method: 'GET', service: 's3', region, ...credentials }).sign();
  // The host is part of what is signed, and set by whoever sends it.
  signed.headers.delete('host');
  const headers: Record<string, string> = {};
  signed.headers.forEach((value, name) => (headers[name] = value));
  return { url: signed.url.toString(), headers };
}

function bucketUrl(bucket: string, region: string, env: NodeJS.ProcessEnv): string {
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'];
  if (endpoint) {
    if (!/^https?:\/\//.test(endpoint))
      throw new ModelError('FETCH_FAILED', `AWS_ENDPOINT_URL must be an address such as http://minio:9000`);
    return `${endpoint.replace(/\/+$/, '')}/${bucket}`;
  }
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  // A name with dots is under no certificate as part of the host's.
  return bucket.includes('.') ? `https://s3.${region}.${domain}/${bucket}` : `https://${bucket}.s3.${region}.${domain}`;
}
