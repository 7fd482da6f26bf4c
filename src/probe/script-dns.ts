/** The part of the probe script that looks names up: dig, either nslookup, the programs, or at last getent. */

/** `j_dns`, for `job` in `script-tools.ts`. */
export const LOOKUP_TOOLS = `
# dns NAME udp|tcp A|AAAA
j_dns() {
  v=
  if have dig; then
    [ $2 = udp ] || v=+tcp
    run dig lim dig +time=1 +tries=3 +search +noall +comments +question +answer +stats $v -t $3 -q $1
    unfit || { say; return; }
  fi
  if have nslookup; then
    case $(lim nslookup -version 2>&1 </dev/null) in
      *BusyBox*) if [ $2 = udp ]; then busy $1 $3 && return; fi ;;
      *)
        [ $2 = udp ] || v=-vc
        run nslookup lim nslookup -timeout=1 -retry=3 -type=$3 $v $1
        unfit || { say; return; } ;;
    esac
  fi
  program dns $1 $2 $3 && return
  if [ $2 = udp ] && have getent; then
    case $3 in A) x=ahostsv4 ;; *) x=ahostsv6 ;; esac
    run getent lim getent $x $1
    unfit || { say; return; }
  fi
  none dig,nslookup,python3,node,getent
}
# busybox nslookup follows no search path, so the names are tried here in the resolver's order (resolv.conf(5): ndots)
busy() {
  search=. ndots=1
  while read -r w x; do
    case $w in search|domain) search=$x ;; options)
      for y in $x; do case $y in ndots:[0-9]|ndots:1[0-5]) ndots=\${y#ndots:} ;; esac; done ;;
    esac
  done </etc/resolv.conf
  x=$1 n=0
  while case $x in *.*) true ;; *) false ;; esac; do x=\${x#*.} n=$((n + 1)); done
  names=
  for x in $search; do case $x in .) ;; *[!A-Za-z0-9._-]*) ;; *) names="$names $1.\${x%.}." ;; esac; done
  case $1 in *.) names=$1 ;; *) if [ $n -ge $ndots ]; then names="$1. $names"; else names="$names $1."; fi ;; esac
  for asked in $names; do
    left || {
      TOOL=nslookup TEXT="asked $asked" CODE=124
      since $START
      say
      return
    }
    # its own time-out is five seconds, too long to ask again: a lost datagram is no drop
    now
    FIRST=$NOW
    for try in 1 2 3; do
      left || break
      SEC=1 CEIL=1
      run nslookup lim nslookup -type=$2 $asked
      case $CODE in 124|137|143) ;; *) break ;; esac
    done
    since $FIRST
    if unfit; then return 1; fi
    TEXT="asked $asked$NL$TEXT"
    say
    case $TEXT in *NXDOMAIN*|*"No answer"*) ;; *) return 0 ;; esac
    case $TEXT in *"$NL"Name:*) return 0 ;; esac
  done
}
`;
