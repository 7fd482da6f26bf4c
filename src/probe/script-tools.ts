/**
 * The half of the probe script that knows tools: for each kind of job, which tool is best, and its arguments. A lighter
 * tool comes before a heavier one that sees as much: in the target's own container an interpreter's memory counts
 * against the application's limit. Nothing of a job is ever part of a command's text: jobs are words in "$1", "$2", ...
 */

/**
 * One function per kind of job, and `job`, which picks it. The words after a job's kind are those of `jobWords`.
 * A tool that turns out not to know an option or a protocol is passed over without a result.
 */
export const TOOLS = `
W='\\negress-w %{http_code} %{http_connect} %{time_connect} %{time_appconnect} %{time_starttransfer} %{time_total} %{ssl_verify_result} %{remote_ip}\\n'
# own N COMMAND...: for tools that keep the limit themselves; the outer limit comes N seconds later, so that they can report
own() {
  CEIL=$((CEIL + $1)) SEC=$CEIL
  shift
  lim "$@"
}
fetch() {
  own 1 curl -q -sSv -g --path-as-is --max-filesize 65536 -o /dev/null -m $SEC --connect-timeout $SEC -w "$W" "$@"
}
bracket() {
  case $1 in *:*) B="[$1]" ;; *) B=$1 ;; esac
}
# what a tool says when it lacks an option, a protocol or /dev/tcp: pass it over
unfit() {
  case $TOOL:$CODE:$TEXT in
    *:12[67]:*|curl:[12]:*) return 0 ;;
    curl:*) return 1 ;;
    *nvalid\\ option*|*nrecognized\\ option*|*nknown\\ option*|*[Uu]sage:*|*"can't execute"*) return 0 ;;
    bash:*/dev/[tu][cd]p/*No\\ such\\ file*) return 0 ;;
  esac
  return 1
}
ncat_like() {
  case $(lim nc -h 2>&1 </dev/null) in
    *BusyBox*-z*|*OpenBSD*|*Ncat*|*v1.10*) lim nc -z -v -n -w $CEIL $1 $2 ;;
    *BusyBox*) have true && lim nc -w $CEIL $1 $2 -e true || return ;;
    *) lim nc -z -v -n -w $CEIL $1 $2 ;;
  esac
}
# bash's own program: its fork and its start are no part of the time; bash before 5 has no such clock
DIAL='tell() { n=\${EPOCHREALTIME:-0}; echo egress-$1 $((\${n/./} - \${t/./})); t=$n; }
t=\${EPOCHREALTIME:-0}
exec 3<>"/dev/tcp/$0/$1" && tell connected'
# connect ADDRESS PORT, with something small
connect() {
  left || return 1
  if have bash; then
    run bash lim bash -c "$DIAL" $1 $2
    unfit || { say; return; }
  fi
  if have nc; then run nc ncat_like $1 $2; unfit || { say; return; }; fi
  return 1
}
program() {
  if have python3; then
    run python3 own 2 python3 -I -c "$PY" "$1" $SEC "$2" "$3" "$4" "$5" "$6" "$7"
    [ "$CODE" = 127 ] || { say; return 0; }
  fi
  if have node; then
    run node own 2 node -e "$JS" "$1" $SEC "$2" "$3" "$4" "$5" "$6" "$7"
    [ "$CODE" = 127 ] || { say; return 0; }
  fi
  return 1
}
# tcp ADDRESS PORT
j_tcp() {
  bracket $1
  connect $1 $2 && return
  program tcp $1 $2 && return
  # late, because curl keeps the connection open until its time is over
  if have curl; then run curl fetch --noproxy '*' telnet://$B:$2; unfit || { say; return; }; fi
  if have openssl; then run openssl lim openssl s_client -connect $B:$2; unfit || { say; return; }; fi
  none bash,nc,python3,node,curl,openssl
}
# udp ADDRESS PORT: two datagrams, because the answer to the first shows only in the second call
j_udp() {
  if have bash; then
    run bash lim bash -c 'exec 3<>"/dev/udp/$0/$1" && echo >&3 && sleep 0.2 && echo >&3 && echo egress-sent && read -r -N 1 x <&3 && echo egress-answered' $1 $2
    unfit || { say; return; }
  fi
  program udp $1 $2 && return
  if have nc; then
    run nc datagram $1 $2
    unfit || { say; return; }
  fi
  none bash,python3,node,nc
}
datagram() {
  { echo egress; sleep 1; echo egress; sleep $((CEIL - 1)); } | lim nc -u -n -w $CEIL $1 $2
}
CR=$(printf '\\r')
# compose METHOD TARGET: R, a request without its last two line ends
compose() {
  R="$1 $2 HTTP/1.1$CR\${NL}Host: $HH$CR\${NL}User-Agent: egress-probe$CR\${NL}Connection: close"
}
send() {
  printf '%s\\r\\n\\r\\n' "$R"
}
# the name in a Host header: without the port where it is the scheme's own
host_header() {
  bracket $1
  case $2:$3 in https:443|http:80) HH=$B ;; *) HH=$B:$3 ;; esac
}
# sclient ADDRESS PORT HOST PATH [ARGUMENT...]: handshake, then one request
sclient() {
  bracket $1
  A=$B:$2 H=$3
  host_header $3 https $2
  compose GET "$4"
  shift 4
  case $H in
    *:*) set -- -verify_ip $H "$@" ;;
    *[!0-9.]*) set -- -servername $H -verify_hostname $H "$@" ;;
    *) set -- -verify_ip $H "$@" ;;
  esac
  send | lim openssl s_client -connect $A -ign_eof -verify_return_error "$@"
}
# certificate ADDRESS PORT HOST: what was presented, when it was not accepted; sends no request
certificate() {
  have openssl && left || return
  bracket $1
  case $3 in
    *:*) set -- $B:$2 ;;
    *[!0-9.]*) set -- $B:$2 -servername $3 ;;
    *) set -- $B:$2 ;;
  esac
  run openssl present "$@"
  say
}
present() {
  lim openssl s_client -connect "$@" 2>/dev/null | openssl x509 -noout -subject -issuer -startdate -enddate -ext subjectAltName -nameopt RFC2253
}
# shake ADDRESS PORT HOST PATH: by openssl, which alone cannot tell a dropped SYN from a silent server when it is stopped
shake() {
  have openssl && left || return 1
  run openssl sclient $1 $2 $3 "$4"
  if unfit; then return 1; fi
  say
  case $TEXT in *"verify error"*) certificate $1 $2 $3 ;; esac
  return 0
}
# https ADDRESS PORT HOST PATH
j_https() {
  bracket $3
  if have curl; then
    run curl fetch --noproxy '*' --resolve $3:$2:$1 "https://$B:$2$4"
    unfit || {
      say
      case $CODE in 51|60) certificate $1 $2 $3 ;; esac
      return
    }
  fi
  if connect $1 $2; then
    [ "$CODE" = 0 ] || return
    shake "$@" && return
  fi
  program https $1 $2 $3 "$4" && return
  [ $RUN = 0 ] && shake "$@" && return
  browse https "$@"
}
# guarded COMMAND...: for busybox's wget, whose TLS is a child that outlives it; the child is stopped with it
guarded() {
  have sleep || return 127
  "$@" &
  p=$!
  watch $CEIL family $p >/dev/null 2>&1 </dev/null 9>&- &
  attend $!
  return $r
}
family() {
  all=$1
  set +f
  for s in /proc/[0-9]*/stat; do
    read -r c x x parent x <$s && [ "$parent" = $1 ] && all="$all $c"
  done
  kill $all
}
# browse SCHEME ADDRESS PORT HOST PATH: wget chooses the address itself; what it chose is in its output
browse() {
  bracket $4
  left || return
  if have wget; then
    case $(lim wget --version 2>&1 </dev/null) in
      *GNU*) run wget lim wget --no-proxy -S -O /dev/null -t 1 --max-redirect=0 "$1://$B:$3$5" ;;
      *) run wget guarded wget -S -O /dev/null "$1://$B:$3$5" ;;
    esac
    unfit || { say; return; }
  fi
  none curl,openssl,python3,node,wget
}
# http ADDRESS PORT HOST PATH
j_http() {
  bracket $3
  if have curl; then
    run curl fetch --noproxy '*' --resolve $3:$2:$1 "http://$B:$2$4"
    unfit || { say; return; }
  fi
  host_header $3 http $2
  compose GET "$4"
  talk $1 $2 && return
  program http $1 $2 $3 "$4" && return
  browse http "$@"
}
# talk ADDRESS PORT: sends R over a bare connection and prints the first line of the answer
talk() {
  if have bash; then
    run bash lim bash -c "$DIAL"' && printf "%s\\r\\n\\r\\n" "$2" >&3 && IFS= read -r l <&3 && tell answered && printf "%s\\n" "$l"' $1 $2 "$R"
    unfit || { say; return 0; }
  fi
  if have nc; then
    run nc ncat_like $1 $2
    unfit || {
      say
      [ "$CODE" = 0 ] || return 0
      left || return 0
      run nc chat $1 $2
      TEXT=egress-asked$NL$TEXT
      say
      return 0
    }
  fi
  return 1
}
chat() {
  { send; sleep $CEIL; } | lim nc -w $CEIL "$@" | {
    IFS= read -r l && since $T0 && printf 'egress-ms %s\\n%s\\n' $MS "$l"
  }
}
# proxy APPLICATION SCHEME PROXYHOST PROXYADDRESS PROXYPORT HOST PORT PATH
j_proxy() {
  bracket $6
  U=$1://$B:$7$8 T=$B:$7
  if have curl; then
    bracket $3
    s=$2
    [ $s != socks5 ] || s=socks5h
    run curl fetch --resolve $3:$5:$4 -x $s://$B:$5 "$U"
    unfit || { say; return; }
  fi
  if [ $2 = http ]; then
    if [ $1 = https ] && have openssl; then
      bracket $4
      run openssl sclient $6 $7 $6 "$8" -proxy $B:$5
      unfit || { say; return; }
    fi
    program proxy-$1 $4 $5 $6 $7 "$8" && return
    if [ $1 = https ]; then
      HH=$T
      compose CONNECT $T
    else
      host_header $6 http $7
      compose GET "$U"
    fi
    talk $4 $5 && return
  fi
  none curl,openssl,python3,node,bash,nc
}
job() {
  JOB=$1 kind=$2 RUN=0
  shift 2
  now
  START=$NOW
  left
  case $kind in
    dns) j_dns "$@" ;;
    tcp) j_tcp "$@" ;;
    udp) j_udp "$@" ;;
    http) j_http "$@" ;;
    https) j_https "$@" ;;
    proxy) j_proxy "$@" ;;
  esac
  echo "d $JOB"
}
`;
