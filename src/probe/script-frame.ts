/**
 * The half of the probe script that knows no tool: clock, time limits, encoding, the line protocol and the main loop.
 * The protocol is described in `script.ts`. Plain POSIX sh: no arrays, no `local`, no here-documents (bash before 5.1
 * keeps them in files, and the root may be read-only), no temporary files.
 */

/**
 * Definitions that everything else uses. Never writes a file; takes the caller's environment out of play: proxy
 * variables, rc files (through HOME), node's and bash's start-up hooks. glibc's resolver asks as dig is told to.
 */
export const FRAME = `
LC_ALL=C HOME=/nonexistent RES_OPTIONS='timeout:1 attempts:3'
export LC_ALL HOME RES_OPTIONS
unset http_proxy https_proxy all_proxy no_proxy ftp_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
unset NODE_OPTIONS BASH_ENV ENV PYTHONSTARTUP PYTHONPATH WGETRC SYSTEM_WGETRC CURL_HOME POSIXLY_CORRECT IFS
set -f
# 9 keeps the error output open: containerd closes the input of an exec as soon as its error output is closed
exec 9>&2 2>/dev/null
LIMIT=$1 DEADLINE=$2
shift 2
NL='
'
# how a command is limited: g is GNU's timeout, k our own watch. busybox's timeout cuts decimals off, and leaves a process
# behind that stays a zombie where nobody reaps
TO=x
case $(timeout --version 2>&1) in *GNU*) TO=g ;; *) if command -v sleep >/dev/null; then TO=k; fi ;; esac
# without any way to limit a command, only tools that limit themselves are used
have() {
  case $TO:$1 in x:curl|x:python3|x:node|x:date|x:base64|x:od) ;; x:*) return 1 ;; esac
  command -v "$1" >/dev/null
}
case $(date +%s%N) in ''|*[!0-9]*) NANO=0 ;; *) NANO=1 ;; esac
# NOW: milliseconds, the last eight digits behind a 1, so that no shell reads them as octal or overflows
now() {
  if [ -n "$EPOCHREALTIME" ]; then NOW=\${EPOCHREALTIME%.*}\${EPOCHREALTIME#*.} NOW=\${NOW%???}
  elif [ $NANO = 1 ]; then NOW=$(date +%s%N) NOW=\${NOW%??????}
  elif read -r NOW x </proc/uptime; then NOW=\${NOW%.*}\${NOW#*.}0
  else NOW=$(date +%s)000; fi
  NOW=00000000$NOW NOW=1\${NOW#"\${NOW%????????}"}
}
since() {
  now
  MS=$((NOW - $1))
  [ $MS -ge 0 ] || MS=$((MS + 100000000))
}
# SEC and CEIL: what is left of this job's time, in seconds; fails when too little is left to see anything
left() {
  since $START
  MS=$((LIMIT - MS))
  [ $MS -ge 100 ] || return 1
  CEIL=$(((MS + 999) / 1000)) x=$((1000 + MS % 1000))
  SEC=$((MS / 1000)).\${x#1}
}
# watch SECONDS COMMAND...: runs the command when the time is over; when it is ended before, nothing of it stays
watch() {
  over=0
  # a command that is done at once ends its watch before s is known, or before sleep has dropped this shell's own traps
  trap 'over=1' TERM
  sleep $1 &
  s=$!
  trap 'kill -9 $s; wait $s; exit' TERM
  shift
  if [ $over = 1 ]; then
    kill -9 $s
    wait $s
  else
    wait $s && "$@"
  fi
}
lim() {
  case $TO in
    g) timeout "$SEC" "$@" ;;
    k)
      exec 4<&0
      "$@" <&4 4<&- &
      p=$!
      watch $CEIL kill $p >/dev/null 2>&1 </dev/null 4<&- 9>&- &
      attend $!
      return $r ;;
    *) "$@" ;;
  esac
}
# attend WATCH: waits for p, then ends its watch; r is how p ended
attend() {
  wait $p
  r=$?
  kill $1 2>/dev/null
  wait $1
}
if have base64; then ENC=base64; elif have od; then ENC=hex; else ENC=plain; fi
encode() {
  case $ENC in
    base64) printf %s "$1" | base64 ;;
    hex) printf %s "$1" | od -An -v -tx1 ;;
    *) plain "$1" ;;
  esac
}
# percent-encoding in the shell alone; characters that no tool's message needs become %3F
plain() {
  s=$1 o=
  while [ -n "$s" ]; do
    c=\${s%"\${s#?}"} s=\${s#?}
    case $c in
      [A-Za-z0-9./:=_,-]) ;;
      ' ') c=%20 ;; "$NL") c=%0A ;; '(') c=%28 ;; ')') c=%29 ;; '"') c=%22 ;; '*') c=%2A ;; "'") c=%27 ;;
      '<') c=%3C ;; '>') c=%3E ;; '[') c=%5B ;; ']') c=%5D ;; '{') c=%7B ;; '}') c=%7D ;; '#') c=%23 ;;
      '+') c=%2B ;; ';') c=%3B ;; '@') c=%40 ;; '|') c=%7C ;; '!') c=%21 ;; '%') c=%25 ;;
      *) c=%3F ;;
    esac
    o=$o$c
    if [ \${#o} -gt 900 ]; then echo "$o"; o=; fi
  done
  echo "$o"
}
# emit JOB RUN TOOL CODE MS TEXT: one result, in lines shorter than PIPE_BUF so that parallel writers never mix
emit() {
  part=0 buf= head="$3 $4 $5 $ENC"
  for w in $(encode "$6"); do
    if [ \${#buf} -gt 2900 ]; then
      echo "r $1 $2 $part + $head $buf"
      part=$((part + 1)) buf=
    fi
    buf=$buf$w
  done
  echo "r $1 $2 $part . $head $buf"
}
if have head; then clip() { head -c 65536; }; else clip() { cat; }; fi
# keep TOOL: the lines of its output that are read; response headers never leave the pod, they hold cookies and tokens
keep() {
  n=0 code=none
  while IFS= read -r l || [ -n "$l" ]; do
    case $1:$l in
      "$1:") continue ;;
      *:egress-code\\ *) code=\${l#egress-code }; continue ;;
      curl:\\**|curl:curl:*|curl:egress-w*|curl:\\<\\ HTTP/*) ;;
      curl:*) continue ;;
      wget:*HTTP/[0-9.]*\\ [0-9]*) ;;
      wget:\\ \\ *:\\ *) continue ;;
      openssl:CONNECTED*|openssl:depth=*|openssl:*erif*|openssl:*errno*|openssl:*error*|openssl:HTTP/*) ;;
      openssl:subject=*|openssl:issuer=*|openssl:not*=*|openssl:*DNS:*|openssl:*IP\\ Address:*|openssl:*peer\\ cert*) ;;
      openssl:s_client:*|openssl:*BIO_*) ;;
      openssl:*) continue ;;
    esac
    n=$((n + 1))
    [ $n -gt 150 ] || printf '%s\\n' "$l"
  done
  echo "egress-code $code"
}
# run TOOL COMMAND...: sets TEXT, CODE and MS
run() {
  TOOL=$1
  shift
  now
  T0=$NOW
  TEXT=$({ "$@"; printf '\\negress-code %s\\n' $?; } 2>&1 </dev/null | clip | keep $TOOL)
  CODE=\${TEXT##*egress-code } TEXT=\${TEXT%egress-code *}
  since $T0
}
say() {
  RUN=$((RUN + 1))
  emit $JOB $RUN $TOOL "$CODE" $MS "$TEXT"
}
none() {
  echo "n $JOB $1"
}
slurp() {
  o= n=0
  while IFS= read -r l || [ -n "$l" ]; do
    case $2:$l in status:[UG]id:*|status:Cap[BE]*|status:NoNew*) ;; status:*) continue ;; esac
    n=$((n + 1))
    [ $n -gt 200 ] || o=$o$l$NL
  done <$1
  emit @$2 1 - 0 0 "$o"
}
# the first line that holds a number: where a tool names its version
version() {
  "$@" 2>&1 </dev/null | {
    n=0
    while [ $n -lt 6 ] && IFS= read -r l; do
      n=$((n + 1))
      case $l in *[0-9].[0-9]*|*netcat*) echo "$l"; break ;; esac
    done
  }
}
tools() {
  o=
  START=$NOW LIMIT=2000
  left
  for t in curl:-V wget:--version nc:-h openssl:version dig:-v nslookup:-version getent:--version bash:--version \\
    python3:-V node:-v timeout:--version; do
    if have \${t%%:*}; then o="$o\${t%%:*} $(version lim \${t%%:*} \${t#*:})$NL"; fi
  done
  emit @tools 1 - 0 0 "$o"
}
facts() {
  slurp /etc/resolv.conf resolv
  slurp /etc/hosts hosts
  slurp /proc/net/route route4
  slurp /proc/net/ipv6_route route6
  slurp /proc/self/status status
  tools
}
`;

/**
 * Starts the jobs of the arguments, then those that arrive as lines, until `end`, the end of input, or the deadline;
 * waits for all of them. Jobs run side by side, with no input of their own, so that none can swallow a job's line.
 */
export const MAIN_LOOP = `
start() {
  job "$@" </dev/null &
  PIDS="$PIDS $!"
}
PIDS=
now
echo "egress-probe 1"
watch $DEADLINE kill $$ >/dev/null </dev/null 9>&- &
GUARD=$!
trap 'kill $GUARD; wait $GUARD' EXIT
trap 'kill $GUARD $PIDS; trap - EXIT; exit 143' TERM HUP INT
facts </dev/null &
PIDS=$!
for j; do start $j; done
while IFS= read -r j; do
  case $j in end) break ;; esac
  start $j
done
wait $PIDS
echo end
`;
