/**
 * Error messages that people quote -> the hosts and pods that they name. A message of a known program names its host for
 * certain; what surrounds it (the resolver that was asked, the address behind a name) is left out. Pure.
 */
import { hostLikeness, podLikeness } from './shapes.ts';

/** What a text names, each in the order of the text and once. */
export type Named = {
  readonly hosts: readonly string[];
  readonly pods: readonly string[];
  readonly namespaces: readonly string[];
};

const HOST = '\\[?([a-z0-9](?:[a-z0-9._:-]*[a-z0-9])?)\\]?';
const PORT = '(\\d{1,5})';

/** Messages with a host, then its port, where they have one. The best are first: what a later one finds beside them is only their echo. */
const HOST_MESSAGES: readonly RegExp[] = [
  // Go's HTTP client, wget and others: the whole URL.
  /\b(?:get|post|put|head|delete|patch|request to|fetch(?:ing)?|url:?)\s+"?((?:https?|tcp|udp):\/\/[^\s"'<>]+)/gi,
  // Node: getaddrinfo ENOTFOUND api.stripe.com; getaddrinfo EAI_AGAIN api.stripe.com:443
  pattern(`getaddrinfo (?:ENOTFOUND|EAI_AGAIN|EAI_FAIL|ESERVFAIL|ETIMEOUT)\\s+${HOST}`),
  pattern(`query(?:A|Aaaa|Any) E[A-Z]+ ${HOST}`),
  // Go: dial tcp: lookup api.stripe.com on 10.96.0.10:53: no such host. The resolver behind `on` is not the host.
  pattern(`lookup ${HOST}(?: on \\S+)?:`),
  // Python: HTTPSConnectionPool(host='api.stripe.com', port=443)
  pattern(`pool\\(host='${HOST}', port=${PORT}`),
  // libpq: connection to server at "db.example" (10.0.0.1), port 5432 failed
  pattern(`server at "${HOST}"(?: \\([^)]*\\))?, port ${PORT}`),
  pattern(`running on host "${HOST}"[^?]*?port ${PORT}`),
  pattern(`translate host name "${HOST}"`),
  // Java: UnknownHostException: api.stripe.com; Connect to api.stripe.com:443 [api.stripe.com/1.2.3.4] failed
  pattern(`UnknownHostException: ${HOST}`),
  pattern(`connect to ${HOST} \\[[^\\]]*\\] failed`),
  // curl, ssh, nc: Failed to connect to api.stripe.com port 443; connect to host db.example port 22: Connection timed out
  pattern(`connect(?:ion|ing)?(?: timed out)? to (?:host )?${HOST} \\(?(?:[0-9a-f.:]+\\) )?port ${PORT}`),
  pattern(`connection (?:timed out|refused) to ${HOST}`),
  pattern(`(?:resolve host(?: ?name| address)?|bad address|resolving|resolve proxy):? '?${HOST}`),
  // OpenSSL's line of curl: (35) ... in connection to api.stripe.com:443
  pattern(`in connection to ${HOST}`),
  pattern(`(?:error \\d+ )?connecting to ${HOST}`),
  // The address comes last: with a name beside it, it is where the name led.
  pattern(`connect E[A-Z]+ ${HOST}:${PORT}`),
  pattern(`dial (?:tcp|udp)[46]? ${HOST}:${PORT}`),
];

const POD_MESSAGES: readonly RegExp[] = [
  /\bpods?[/ ]"?([a-z0-9][a-z0-9.-]*[a-z0-9])"?/g,
  /\b(?:pod|pod_?name|kubernetes\.pod_name|kubernetes\.pod\.name|hostname)"?\s*[:=]\s*"?([a-z0-9][a-z0-9.-]*[a-z0-9])/gi,
  /\bkubectl\b[^\n]*?\bexec\b(?:\s+(?:-[a-z]+|--[a-z-]+(?:=\S+)?|-n\s+\S+|--namespace\s+\S+|-c\s+\S+))*\s+([a-z0-9][a-z0-9./-]*[a-z0-9])/g,
  // A prompt: root@billing-7d9f8b6c5d-x2x4z:/#
  /\b[a-z_][a-z0-9_-]*@([a-z0-9][a-z0-9.-]*[a-z0-9]):[~/]/g,
];

const NAMESPACE_MESSAGES: readonly RegExp[] = [
  /\b(?:namespace|namespace_?name|kubernetes\.namespace(?:_name)?)"?\s*[:=]\s*"?([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)/gi,
  /\bkubectl\b[^\n]*?\s(?:-n|--namespace)[ =]([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)/g,
];

/** Reads the messages of common programs. A text without any names nothing: a lone host is no message. */
export function namedInErrors(text: string): Named {
  const pods = unique([
    ...allMatches(POD_MESSAGES, text).filter(pod => /[-/]/.test(pod)),
    ...text
      .split(/[\s"'`()[\]{},;]+/)
      .filter(word => podLikeness(word.replace(/:$/, '')) === 'certain')
      .map(word => word.replace(/:$/, '')),
  ]);
  return { hosts: hostsOf(text), pods, namespaces: unique(allMatches(NAMESPACE_MESSAGES, text)) };
}

/** The hosts of the first kind of message that the text has: names before the addresses that they led to. */
function hostsOf(text: string): readonly string[] {
  const found = HOST_MESSAGES.flatMap(message =>
    [...text.matchAll(message)].map(match => withPort(match[1] ?? '', match[2])),
  ).filter(isHost);
  const names = found.filter(host => !isAddress(host));
  return unique(names.length > 0 ? names : found);
}

function withPort(host: string, port: string | undefined): string {
  const clean = host.replace(/[.:,]+$/, '');
  if (port === undefined || /^[a-z]+:\/\//i.test(clean)) return clean;
  return clean.includes(':') ? (/^[^:]*:\d+$/.test(clean) ? clean : `[${clean}]:${port}`) : `${clean}:${port}`;
}

/** In such a message a single label is a host, too: `ENOTFOUND redis`. */
function isHost(text: string): boolean {
  return hostLikeness(text) !== 'no' || /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::\d+)?$/i.test(text);
}

function isAddress(host: string): boolean {
  return hostLikeness(host) === 'certain' && /^[[\d]/.test(host) && !/[g-z]/i.test(host);
}

function pattern(source: string): RegExp {
  return new RegExp(source, 'gi');
}

function allMatches(patterns: readonly RegExp[], text: string): readonly string[] {
  return patterns.flatMap(one => [...text.matchAll(one)].map(match => match[1] ?? '')).filter(found => found !== '');
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
