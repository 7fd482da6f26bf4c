/**
 * The probe as a Node program (14+), for containers that have node and no network tools. Prints the same lines as the
 * Python program; `read-program.ts` reads both. It stands inside single quotes in the shell script, so it must hold none.
 */

/** Arguments: mode, seconds, then the words of the job: `tcp|udp|https|http|proxy-https|proxy-http|dns`. */
export const NODE_PROGRAM = `
const net = require("net"), tls = require("tls"), dgram = require("dgram"), fs = require("fs");
const [mode, seconds, ...a] = process.argv.slice(1);
const end = Date.now() + Number(seconds) * 1000;
const left = () => Math.max(end - Date.now(), 10);
const clock = () => process.hrtime.bigint();
const say = (layer, since, kind, more) => fs.writeSync(1, JSON.stringify({ ...more, layer, kind, ms: Number((clock() - since) / 100000n) / 10 }) + "\\n");
const fail = (layer, since, e) => {
  const code = String(e.code || e.message);
  if (/disconnected before/.test(e.message)) say(layer, since, "tls", { why: "closed" });
  else if (code === "TIMEOUT") say(layer, since, "timeout");
  else if (/^E[A-Z0-9]+$/.test(code) && code !== "EPROTO") say(layer, since, "errno", { errno: code });
  else say(layer, since, "tls", { why: String(e.reason || e.message || code), code });
  process.exit(1);
};
const within = (work, ms) => new Promise((yes, no) => {
  const timer = setTimeout(() => no({ code: "TIMEOUT" }), ms);
  work(v => { clearTimeout(timer); yes(v); }, e => { clearTimeout(timer); no(e); });
});
const open = (address, port, ms) => within((yes, no) => {
  const s = net.connect({ host: address, port: Number(port) }, () => { s.removeListener("error", no); yes(s); });
  s.on("error", no);
}, ms);
async function tcp(address, port) {
  const t = clock();
  const s = await open(address, port, left()).catch(e => fail("tcp", t, e));
  say("tcp", t, "connected");
  return s;
}
const facts = c => ({
  subject: Object.entries(c.subject || {}).map(p => p.join("=")).join(","),
  issuer: Object.entries(c.issuer || {}).map(p => p.join("=")).join(","),
  names: (c.subjectaltname || "").split(", ").map(n => n.replace(/^[^:]*:/, "")).filter(Boolean),
  notBefore: c.valid_from || "", notAfter: c.valid_to || "",
});
async function secure(socket, host) {
  const t = clock();
  let bad = null;
  const s = await within((yes, no) => {
    const s = tls.connect({ socket, host, servername: net.isIP(host) ? "" : host, rejectUnauthorized: false }, () => yes(s));
    s.on("error", no);
    socket.on("error", no);
    socket.on("close", () => no({ code: "CLOSED", message: "closed" }));
  }, left()).catch(e => fail("tls", t, e));
  const c = s.getPeerCertificate();
  if (!s.authorized) bad = String(s.authorizationError.code || s.authorizationError);
  else { const e = tls.checkServerIdentity(host, c); if (e) bad = e.code; }
  if (bad) { say("tls", t, "tls", { why: bad, code: bad, certificate: facts(c) }); process.exit(1); }
  say("tls", t, "connected", { certificate: facts(c) });
  return s;
}
async function ask(s, layer, text) {
  const t = clock();
  s.removeAllListeners("error");
  s.removeAllListeners("close");
  let got = "";
  const line = await within((yes, no) => {
    s.on("error", no);
    s.on("end", () => no({ code: "CLOSED" }));
    s.on("close", () => no({ code: "CLOSED" }));
    const more = b => {
      got += b.toString("latin1");
      const done = layer === "proxy" ? got.includes("\\r\\n\\r\\n") : got.includes("\\n");
      if (done || got.length > 65536) { s.removeListener("data", more); yes(got.split(/[\\r\\n]/)[0].slice(0, 200)); }
    };
    s.on("data", more);
    s.write(text + "\\r\\nUser-Agent: egress-probe\\r\\nConnection: close\\r\\n\\r\\n");
  }, left()).catch(e => {
    if (e.code === "CLOSED") { say(layer, t, "closed"); process.exit(1); }
    fail(layer, t, e);
  });
  s.removeAllListeners("end");
  s.removeAllListeners("close");
  say(layer, t, "answer", { line });
  return line;
}
function header(host, port, usual) {
  const h = host.includes(":") ? "[" + host + "]" : host;
  return port === usual ? h : h + ":" + port;
}
function udp(address, port) {
  const t = clock();
  const s = dgram.createSocket(address.includes(":") ? "udp6" : "udp4");
  s.on("error", e => fail("tcp", t, e));
  s.on("message", () => { say("tcp", t, "answered"); process.exit(0); });
  s.connect(Number(port), address, () => { s.send("\\n"); setTimeout(() => s.send("\\n"), 200); });
  setTimeout(() => fail("tcp", t, { code: "TIMEOUT" }), left());
}
function resolver() {
  const servers = [];
  let search = [], ndots = 1;
  for (const line of fs.readFileSync("/etc/resolv.conf", "latin1").split("\\n")) {
    const w = line.trim().split(/\\s+/);
    if (w[0] === "nameserver" && w[1]) servers.push(w[1]);
    if (w[0] === "search" || w[0] === "domain") search = w.slice(1);
    if (w[0] === "options") for (const o of w) if (/^ndots:\\d+$/.test(o)) ndots = Number(o.slice(6));
  }
  return { servers: servers.length ? servers : ["127.0.0.1"], search, ndots };
}
const exchange = (server, transport, query) => transport === "tcp"
  ? open(server, 53, left()).then(s => within((yes, no) => {
      let got = Buffer.alloc(0);
      s.on("error", no);
      s.on("close", () => no({ code: "ECONNRESET" }));
      s.on("data", b => { got = Buffer.concat([got, b]); if (got.length > 1 && got.length >= 2 + got.readUInt16BE(0)) yes(got.subarray(2)); });
      s.write(Buffer.concat([Buffer.from([0, query.length]), query]));
    }, left()))
  : within((yes, no) => {
      const s = dgram.createSocket(server.includes(":") ? "udp6" : "udp4");
      s.on("error", no);
      s.on("message", b => { if (b[0] === query[0] && b[1] === query[1]) { s.close(); yes(b); } });
      s.connect(53, server, () => s.send(query));
    }, Math.min(1000, left()));
function skip(b, i) {
  for (; b[i]; i += b[i] + 1) if (b[i] >= 192) return i + 2;
  return i + 1;
}
const text6 = b => new URL("http://[" + b.toString("hex").replace(/(....)(?=.)/g, "$1:") + "]").hostname.slice(1, -1);
function addresses(b, kind) {
  const found = [];
  let i = 12;
  for (let n = b.readUInt16BE(4); n > 0; n--) i = skip(b, i) + 4;
  for (let n = b.readUInt16BE(6); n > 0; n--) {
    i = skip(b, i);
    const d = b.subarray(i + 10, i + 10 + b.readUInt16BE(i + 8));
    if (b.readUInt16BE(i) === kind) found.push(kind === 1 ? d.join(".") : text6(d));
    i += 10 + d.length;
  }
  return found;
}
async function dns(name, transport, family) {
  const { servers, search, ndots } = resolver();
  const full = search.filter(d => d !== ".").map(d => name + "." + d.replace(/\\.$/, ""));
  const names = name.endsWith(".") ? [name] : name.split(".").length > ndots ? [name, ...full] : [...full, name];
  const kind = family === "A" ? 1 : 28;
  for (const asked of names) {
    const labels = asked.replace(/\\.$/, "").split(".").map(p => Buffer.from([p.length, ...Buffer.from(p)]));
    const id = [Math.floor(Math.random() * 256), Math.floor(Math.random() * 256)];
    const query = Buffer.concat([Buffer.from([...id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, Buffer.from([0, 0, kind, 0, 1])]);
    const t = clock();
    let trouble = { code: "TIMEOUT" }, b = null;
    for (const server of [...servers, ...servers, ...servers]) {
      if (Date.now() >= end) break;
      b = await exchange(server, transport, query).catch(e => { trouble = e; return null; });
      if (!b) continue;
      const found = addresses(b, kind), rcode = b[3] & 15;
      say("dns", t, "answered", { asked, rcode, addresses: found, server });
      if (found.length || (rcode !== 0 && rcode !== 3)) process.exit(0);
      break;
    }
    if (!b) fail("dns", t, trouble);
  }
  process.exit(0);
}
async function main() {
  say("start", clock(), "started");
  if (mode === "tcp") await tcp(a[0], a[1]);
  else if (mode === "udp") return udp(a[0], a[1]);
  else if (mode === "dns") return dns(a[0], a[1], a[2]);
  else if (mode === "http" || mode === "https") {
    let s = await tcp(a[0], a[1]);
    if (mode === "https") s = await secure(s, a[2]);
    await ask(s, "http", "GET " + a[3] + " HTTP/1.1\\r\\nHost: " + header(a[2], a[1], mode === "https" ? "443" : "80"));
  } else {
    let s = await tcp(a[0], a[1]);
    const there = header(a[2], a[3], "");
    if (mode === "proxy-https") {
      const first = await ask(s, "proxy", "CONNECT " + there + " HTTP/1.1\\r\\nHost: " + there);
      if (first.split(" ")[1] === "200") {
        s = await secure(s, a[2]);
        await ask(s, "http", "GET " + a[4] + " HTTP/1.1\\r\\nHost: " + header(a[2], a[3], "443"));
      }
    } else await ask(s, "http", "GET http://" + there + a[4] + " HTTP/1.1\\r\\nHost: " + header(a[2], a[3], "80"));
  }
  process.exit(0);
}
main();
`;
