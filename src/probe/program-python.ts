/**
 * The probe as a Python 3.6+ program, for containers that have an interpreter and no network tools. Prints one JSON
 * object per line, flushed, so that what was seen before a kill is not lost; `read-program.ts` reads them. It stands
 * inside single quotes in the shell script, so it must hold none.
 */

/** Arguments: mode, seconds, then the words of the job: `tcp|udp|https|http|proxy-https|proxy-http|dns`. */
export const PYTHON_PROGRAM = `
import sys, socket, ssl, time, json, errno, struct, os
mode, seconds, a = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
end = time.time() + seconds
def say(layer, since, kind, **more):
    print(json.dumps(dict(more, layer=layer, kind=kind, ms=round((time.time() - since) * 1000, 1))), flush=True)
def left():
    return max(end - time.time(), 0.01)
def name_of(e):
    return errno.errorcode.get(getattr(e, "errno", None) or 0, type(e).__name__)
def facts(c):
    flat = lambda rdns: ",".join("%s=%s" % kv for rdn in rdns for kv in rdn)
    return dict(subject=flat(c.get("subject", ())), issuer=flat(c.get("issuer", ())), notBefore=c.get("notBefore", ""),
                notAfter=c.get("notAfter", ""), names=[v for _, v in c.get("subjectAltName", ())])
def failed(layer, t, e):
    if isinstance(e, socket.timeout):
        say(layer, t, "timeout")
    elif isinstance(e, (ssl.SSLError, ssl.CertificateError)):
        why = getattr(e, "verify_message", None) or getattr(e, "reason", None) or str(e)
        say(layer, t, "tls", why=str(why), code=getattr(e, "verify_code", 0) or 0)
    else:
        say(layer, t, "errno", errno=name_of(e))
    sys.exit(1)
def connect(address, port, kind=socket.SOCK_STREAM):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    s.settimeout(left())
    s.connect((address, int(port)))
    return s
def tcp(address, port):
    t = time.time()
    try:
        s = connect(address, port)
    except OSError as e:
        failed("tcp", t, e)
    say("tcp", t, "connected")
    return s
def tls(s, host):
    t = time.time()
    try:
        s.settimeout(left())
        s = ssl.create_default_context().wrap_socket(s, server_hostname=host)
    except (OSError, ssl.CertificateError) as e:
        failed("tls", t, e)
    say("tls", t, "connected", certificate=facts(s.getpeercert()))
    return s
def ask(s, layer, text):
    t, got = time.time(), b""
    try:
        s.settimeout(left())
        s.sendall(text.encode("latin-1") + b"\\r\\nUser-Agent: egress-probe\\r\\nConnection: close\\r\\n\\r\\n")
        while b"\\n" not in got and len(got) < 4096:
            s.settimeout(left())
            more = s.recv(4096)
            if not more:
                say(layer, t, "closed")
                sys.exit(1)
            got += more
    except OSError as e:
        failed(layer, t, e)
    say(layer, t, "answer", line=got.split(b"\\r")[0].split(b"\\n")[0][:200].decode("latin-1"))
    while b"\\r\\n\\r\\n" not in got and len(got) < 65536 and layer == "proxy":
        s.settimeout(left())
        more = s.recv(4096)
        if not more:
            break
        got += more
    return got
def header(host, port, usual):
    host = "[%s]" % host if ":" in host else host
    return host if port == usual else host + ":" + port
def udp(address, port):
    t = time.time()
    try:
        s = connect(address, port, socket.SOCK_DGRAM)
        s.send(b"\\n")
        time.sleep(0.2)
        s.send(b"\\n")
        s.settimeout(left())
        s.recv(2048)
    except OSError as e:
        failed("tcp", t, e)
    say("tcp", t, "answered")
def resolver():
    servers, search, ndots = [], [], 1
    for line in open("/etc/resolv.conf"):
        w = line.split()
        if w[:1] == ["nameserver"] and len(w) > 1: servers.append(w[1])
        if w[:1] in (["search"], ["domain"]): search = w[1:]
        for o in w[1:] if w[:1] == ["options"] else []:
            if o.startswith("ndots:") and o[6:].isdigit(): ndots = int(o[6:])
    return servers or ["127.0.0.1"], search, ndots
def exchange(server, transport, query):
    if transport == "udp":
        s = connect(server, 53, socket.SOCK_DGRAM)
        s.settimeout(min(1, left()))
        s.send(query)
        return s.recv(4096)
    s = connect(server, 53)
    s.sendall(struct.pack(">H", len(query)) + query)
    got = b""
    while len(got) < 2 or len(got) < 2 + struct.unpack(">H", got[:2])[0]:
        s.settimeout(left())
        more = s.recv(4096)
        if not more: raise ConnectionResetError(errno.ECONNRESET, "closed")
        got += more
    return got[2:]
def skip(b, i):
    while b[i]:
        if b[i] >= 192: return i + 2
        i += b[i] + 1
    return i + 1
def addresses(b, kind):
    i, found = 12, []
    for _ in range(struct.unpack(">H", b[4:6])[0]): i = skip(b, i) + 4
    for _ in range(struct.unpack(">H", b[6:8])[0]):
        i = skip(b, i)
        t, _c, _ttl, n = struct.unpack(">HHIH", b[i:i + 10])
        if t == kind: found.append(socket.inet_ntop(socket.AF_INET if n == 4 else socket.AF_INET6, b[i + 10:i + 10 + n]))
        i += 10 + n
    return found
def dns(name, transport, family):
    servers, search, ndots = resolver()
    full = [name + "." + d.rstrip(".") for d in search if d != "."]
    names = [name] if name.endswith(".") else [name] + full if name.count(".") >= ndots else full + [name]
    kind = 1 if family == "A" else 28
    for asked in names:
        query = os.urandom(2) + struct.pack(">HHHHH", 256, 1, 0, 0, 0)
        query += b"".join(struct.pack("B", len(p)) + p for p in asked.rstrip(".").encode().split(b".")) + struct.pack(">BHH", 0, kind, 1)
        t, trouble = time.time(), None
        for server in servers * 3:
            if time.time() >= end: break
            try:
                b = exchange(server, transport, query)
            except OSError as e:
                trouble = e
                continue
            if b[:2] != query[:2]: continue
            rcode, found = b[3] & 15, addresses(b, kind)
            say("dns", t, "answered", asked=asked, rcode=rcode, addresses=found, server=server)
            trouble = None
            if found or rcode not in (0, 3): return
            break
        else:
            if trouble is None: trouble = socket.timeout()
        if trouble is not None or time.time() >= end:
            return failed("dns", t, trouble or socket.timeout())
say("start", time.time(), "started")
if mode == "tcp": tcp(*a[:2])
elif mode == "udp": udp(*a[:2])
elif mode == "dns": dns(*a[:3])
elif mode in ("http", "https"):
    s = tcp(a[0], a[1])
    if mode == "https": s = tls(s, a[2])
    ask(s, "http", "GET %s HTTP/1.1\\r\\nHost: %s" % (a[3], header(a[2], a[1], "443" if mode == "https" else "80")))
else:
    s, there = tcp(a[0], a[1]), header(a[2], a[3], "")
    if mode == "proxy-https":
        first = ask(s, "proxy", "CONNECT %s HTTP/1.1\\r\\nHost: %s" % (there, there))
        if first.split(b" ")[1:2] == [b"200"]:
            s = tls(s, a[2])
            ask(s, "http", "GET %s HTTP/1.1\\r\\nHost: %s" % (a[4], header(a[2], a[3], "443")))
    else:
        ask(s, "http", "GET http://%s%s HTTP/1.1\\r\\nHost: %s" % (there, a[4], header(a[2], a[3], "80")))
`;
