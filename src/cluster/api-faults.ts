/** Turns an answer of the API server with which nothing can go on into a fault with cause and remedy. */
import type { Fault } from '../faults.ts';
import type { ApiAnswer } from './client.ts';

/** An answer that is no success. */
export type Unanswered = Exclude<ApiAnswer, { kind: 'ok' }>;

/** The fault of a failed call; `doing` completes "Could not ...", e.g. `read pods in payments`; `server` is its URL. */
export function faultOfAnswer(answer: Unanswered, doing: string, server: string): Fault {
  if (answer.kind === 'no-answer') return faultOfSilence(answer.errno, answer.why, server);
  const what = `Could not ${doing}.`;
  switch (answer.status) {
    case 401:
      return {
        code: 'forbidden',
        what: `${server} does not accept these credentials.`,
        cause: `It answered 401 ${answer.message}: the token or client certificate has expired, or is for another cluster.`,
        remedy:
          'Sign in again (the same way that makes `kubectl get pods` work), or name another context with --context.',
      };
    case 403:
      return {
        code: 'forbidden',
        what,
        cause: answer.message,
        remedy: '`egress access` lists what this identity lacks and what it costs; infra/kubernetes has the roles.',
      };
    default:
      return {
        code: 'cluster-unreachable',
        what,
        cause: `${server} answered ${answer.status} ${answer.reason}: ${answer.message}`,
        remedy: 'Ask again; if it stays, `kubectl get --raw /readyz?verbose` says what is wrong with the API server.',
      };
  }
}

/** Errnos whose cause can be said better than the socket says it. */
const SILENCES: Readonly<Record<string, { readonly cause: string; readonly remedy: string }>> = {
  ECONNREFUSED: {
    cause: 'Nothing listens at that address: the cluster is stopped, or the kubeconfig is of an older one.',
    remedy: 'Start the cluster, or correct the server in the kubeconfig.',
  },
  ETIMEDOUT: {
    cause: 'No answer came in time: a VPN that is off, a firewall, or a private endpoint are the usual reasons.',
    remedy: 'Turn on the VPN or run this from a host that reaches the API server; `kubectl get ns` must work first.',
  },
  ENOTFOUND: {
    cause: 'Its name does not resolve here.',
    remedy: 'Check the server in the kubeconfig, and the VPN when its name is private.',
  },
  CREDENTIALS: {
    cause: 'The credentials could not be got.',
    remedy: 'Run the login command of this cluster; `kubectl get ns` must work first.',
  },
};

function faultOfSilence(errno: string, why: string, server: string): Fault {
  const known = SILENCES[errno] ?? SILENCES[SAME_AS[errno] ?? ''];
  return {
    code: 'cluster-unreachable',
    what: `The API server ${server} could not be reached.`,
    cause: `${known?.cause ?? (isCertificateErrno(errno) ? 'Its certificate is not accepted.' : 'The connection failed.')} (${errno}: ${why})`,
    remedy:
      known?.remedy ??
      (isCertificateErrno(errno)
        ? 'Renew the kubeconfig: its certificate authority is not that of this server, or a certificate has expired.'
        : '`kubectl get ns` with the same kubeconfig shows whether it is this program.'),
  };
}

const SAME_AS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
  EHOSTUNREACH: 'ETIMEDOUT',
  ENETUNREACH: 'ETIMEDOUT',
  EAI_AGAIN: 'ENOTFOUND',
};

/** Node's names for TLS trouble: CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT, ERR_TLS_CERT_ALTNAME_INVALID, ... */
function isCertificateErrno(errno: string): boolean {
  return /CERT|SIGNATURE|TLS|SSL/.test(errno);
}
