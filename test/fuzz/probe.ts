/** Tries flows with real packets: one process in each pod, all its flows at the same time. */
import type { ApiClient } from '../../src/cluster/client.ts';
import { openExec } from '../../src/cluster/exec.ts';
import type { FuzzFlow } from './flows.ts';
import { ACTORS, type FarName, type World } from './world.ts';

/** What became of a flow: `allow`: the far end answered, refused or was unreachable by itself. Other words: not measured. */
export type Measured = 'allow' | 'deny' | (string & {});

/**
 * `$1`: seconds that a connection may take; then `lookup SERVER NAME -`, then `WORD ADDRESS PORT-OR-NAME INDEX`, then
 * `tcp` and what curl is told. Lookups come first: they teach the agent the addresses of names. A refused query is how a
 * DNS proxy denies. One curl tries all connections: a process for each would keep the machine from answering in time.
 */
const SCRIPT = `
limit=$1; shift
try() {
  case $1 in
    udp)
      said=$(printf hostname | nc -n -u -w "$limit" -W 1 "$2" "$3" 2>/dev/null)
      if [ -n "$said" ]; then word=allow; else word=deny; fi ;;
    dns-*)
      if [ "$1" = dns-tcp ]; then set -- "$@" +tcp; fi
      said=$(dig +tries=1 "+time=$limit" +noall +comments \${5:+"$5"} "@$2" "$3" 2>&1)
      case $said in
        *'status: REFUSED'*) word=deny ;;
        *'status: '*) word=allow ;;
        *) word=deny ;;
      esac ;;
    ping)
      if ping -c 1 -W "$limit" "$2" >/dev/null 2>&1; then word=allow; else word=deny; fi ;;
  esac
  printf '%s %s\\n' "$4" "$word"
}
while [ "$1" = lookup ]; do
  dig +tries=1 "+time=$limit" +short "@$2" "$3" >/dev/null 2>&1 &
  shift 4
done
wait
while [ "$1" != tcp ]; do
  try "$1" "$2" "$3" "$4" &
  shift 4
done
shift
curl -q --silent --parallel --parallel-immediate --parallel-max 100 --noproxy '*' \\
  --connect-timeout "$limit" --max-time "$((limit + 1))" --write-out 'tcp %{urlnum} %{exitcode} %{time_connect}\\n' "$@"
wait
`;

/** curl's exit codes: no connection (refused or unreachable), and time-out. */
const NOT_CONNECTED = '7';
const TIMED_OUT = '28';

/** Reads curl's line for one connection. What comes after the connection does not matter. */
function readConnection(exitCode: string, connectSeconds: string): Measured {
  if (Number(connectSeconds) > 0 || exitCode === NOT_CONNECTED || exitCode === '0') return 'allow';
  return exitCode === TIMED_OUT ? 'deny' : `odd: curl ${exitCode}`;
}

/** Tries every flow once; `limitSeconds` is how long a connection may take. */
export async function measureOnce(
  client: ApiClient,
  world: World,
  flows: readonly FuzzFlow[],
  names: readonly FarName[],
  options: { readonly dns: string; readonly limitSeconds: number },
): Promise<readonly Measured[]> {
  const results: Measured[] = flows.map(() => 'odd: nothing printed');
  const lookups = names.flatMap(name => ['lookup', options.dns, `${name.host}.`, '-']);
  await Promise.all(
    ACTORS.map(async actor => {
      const own = [...flows.entries()].filter(([, flow]) => flow.actor === actor);
      const connections = own.filter(([, { probe }]) => probe[0] === 'tcp');
      const others = own.filter(([, { probe }]) => probe[0] !== 'tcp');
      const command = [
        ...['sh', '-c', SCRIPT, 'fuzz', String(options.limitSeconds)],
        ...lookups,
        ...others.flatMap(([index, { probe }]) => [...probe, String(index)]),
        'tcp',
        ...connections.flatMap(([, { probe }]) => ['--output', '/dev/null', `http://${probe[1]}:${probe[2]}/`]),
      ];
      await run(client, { namespace: world[actor.ns], pod: actor.name }, command, line => {
        const [first = '', second = '', third = '', fourth = ''] = line.split(' ');
        if (first !== 'tcp') results[Number(first)] = second;
        else results[connections[Number(second)]?.[0] ?? -1] = readConnection(third, fourth);
      });
    }),
  );
  return results;
}

/** Runs a command in a pod's client container and gives its lines; throws when it could not be run to its end. */
export async function run(
  client: ApiClient,
  place: { readonly namespace: string; readonly pod: string },
  command: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const stream = openExec(
    client,
    { ...place, container: 'client' },
    { command, onLine: ({ text }) => onLine(text), limitMs: 60_000 },
  );
  const end = await stream.end;
  if (end.kind !== 'exited') throw new Error(`exec in ${place.namespace}/${place.pod}: ${end.why}`);
}
