/** An EKS cluster by its name -> a kubeconfig with a token of the process's own AWS identity. */
import { asRecord, textOf } from '../cluster/json.ts';
import { FaultError } from '../faults.ts';
import { awsSigner, type Signer } from './aws-signer.ts';
import { domainOf, eksToken } from './eks-token.ts';
import { writeKubeconfigFile } from './kubeconfig-file.ts';

const TIMEOUT_MS = 10_000;

/** AWS's own variables redirect the call. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Writes the kubeconfig to a file that only this process reads and returns its path. The token in it lives 15 minutes. Throws a
 * FaultError when AWS does not describe the cluster.
 */
export async function writeEksKubeconfig(clusterName: string, region: string, env: Environment): Promise<string> {
  const at = new Date();
  const cluster = await describeCluster(clusterName, region, { env, at, signer: awsSigner('eks', region) });
  const token = await eksToken(clusterName, region, at);
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: clusterName, cluster: { server: cluster.endpoint, 'certificate-authority-data': cluster.authority } },
    ],
    users: [{ name: 'egress', user: { token } }],
    contexts: [{ name: clusterName, context: { cluster: clusterName, user: 'egress' } }],
    'current-context': clusterName,
  };
  return writeKubeconfigFile(`eks/${region}/${clusterName}`, JSON.stringify(kubeconfig));
}

type Cluster = { readonly endpoint: string; readonly authority: string };
type Call = { readonly env: Environment; readonly at: Date; readonly signer: Signer };

/** https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html */
async function describeCluster(clusterName: string, region: string, { env, at, signer }: Call): Promise<Cluster> {
  const own = env.AWS_ENDPOINT_URL_EKS || env.AWS_ENDPOINT_URL;
  const url = new URL(
    `/clusters/${encodeURIComponent(clusterName)}`,
    own || `https://eks.${region}.${domainOf(region)}`,
  );
  const request = { hostname: url.host, path: url.pathname, query: {}, headers: {} };
  const { host: _ownName, ...headers } = await signer.sign(request, at);
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: unknown) => {
    throw notDescribed(clusterName, error instanceof Error ? error.name : 'unknown error');
  });
  if (!answer.ok) throw notDescribed(clusterName, `HTTP ${answer.status}`, answer.status === 403);
  const cluster = asRecord(asRecord(await answer.json()).cluster);
  const endpoint = textOf(cluster.endpoint);
  const authority = textOf(asRecord(cluster.certificateAuthority).data);
  if (endpoint === '' || authority === '') throw notDescribed(clusterName, `its status is ${textOf(cluster.status)}`);
  return { endpoint, authority };
}

function notDescribed(clusterName: string, why: string, isForbidden = false): FaultError {
  return new FaultError({
    code: isForbidden ? 'forbidden' : 'cluster-unreachable',
    what: `EKS did not tell where the cluster ${clusterName} is.`,
    cause: `AWS answered eks:DescribeCluster with: ${why}.`,
    remedy:
      'Check its name and region in the configuration, and that the role of the function allows eks:DescribeCluster.',
  });
}
