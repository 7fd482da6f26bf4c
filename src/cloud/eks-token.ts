/**
 * A bearer token for an EKS cluster: a presigned request for the caller's own identity, which the API server sends to AWS to
 * learn who asks. Its form is documented; that a cluster accepts it depends on an access entry for the identity.
 * https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
import { awsSigner, type Signer } from './aws-signer.ts';

/** The signature's own life. The API server takes it up to 15 minutes after it was signed, whatever stands here. */
const EXPIRES_SECONDS = 60;
const PREFIX = 'k8s-aws-v1.';

/** Makes a token for the cluster, signed at `at`. */
export async function eksToken(
  clusterName: string,
  region: string,
  at: Date,
  signer: Signer = awsSigner('sts', region),
): Promise<string> {
  const request = {
    hostname: `sts.${region}.${domainOf(region)}`,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { 'x-k8s-aws-id': clusterName },
  };
  const url = await signer.presign(request, at, EXPIRES_SECONDS);
  return `${PREFIX}${Buffer.from(url).toString('base64url')}`;
}

/** Where a region's services are. https://docs.aws.amazon.com/general/latest/gr/rande.html */
export function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
