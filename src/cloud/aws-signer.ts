/** Signs requests with the process's own AWS identity, where AWS has no client among our dependencies. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SignatureV4 } from '@smithy/signature-v4';

/** One GET. `query` and `headers` are signed, too. */
export type UnsignedRequest = {
  readonly hostname: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
};

/** Signs requests to one service in one region. */
export type Signer = {
  /** The request's headers with the signature among them. */
  readonly sign: (request: UnsignedRequest, at: Date) => Promise<Readonly<Record<string, string>>>;
  /** The request as a URL that is its own proof for some seconds; the headers have to be sent along. */
  readonly presign: (request: UnsignedRequest, at: Date, expiresSeconds: number) => Promise<string>;
};

/** Credentials and hash of an AWS client: the process's own. */
type Identity = Pick<ConstructorParameters<typeof SignatureV4>[0], 'credentials' | 'sha256'>;

/** Makes the signer. `identity` null: whatever AWS's own clients find (the function's role, variables, a profile). */
export function awsSigner(service: string, region: string, identity: Identity | null = null): Signer {
  const { credentials, sha256 } = identity ?? new SecretsManagerClient({ region }).config;
  const signer = new SignatureV4({ service, region, credentials, sha256 });
  const plain = ({ hostname, path, query, headers }: UnsignedRequest) => ({
    method: 'GET',
    protocol: 'https:',
    hostname,
    path,
    query: { ...query },
    headers: { ...headers, host: hostname },
  });
  return {
    sign: async (request, at) => (await signer.sign(plain(request), { signingDate: at })).headers,
    presign: async (request, at, expiresSeconds) => {
      const headers = new Set(Object.keys(request.headers));
      const options = {
        signingDate: at,
        expiresIn: expiresSeconds,
        unhoistableHeaders: headers,
        signableHeaders: headers,
      };
      const signed = await signer.presign(plain(request), options);
      const query = Object.entries(signed.query ?? {}).map(
        ([name, value]) => `${encoded(name)}=${encoded(String(value))}`,
      );
      return `https://${request.hostname}${request.path}?${query.join('&')}`;
    },
  };
}

/** AWS compares what it decodes, and signs what RFC 3986 leaves unreserved. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, found => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
}
