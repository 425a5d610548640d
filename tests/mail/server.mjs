// A mail server for tests, on this machine: node server.mjs PORT CERTIFICATES
//
// PORT answers over HTTP, the three behind it take mail: with TLS from the first byte, with STARTTLS, and with STARTTLS and a certificate that has
// ended. CERTIFICATES is a folder that certificates.sh made. What a user name makes it do stands in the name:
//
//   wrong      no password opens                       deferred   the mail is put off, the first two times
//   sender     it takes no mail from the address       recipient  it takes no mail for the address
//   refused    it does not take what a mail says       lost       the mail is recorded, and the connection ends without a reply
//
// GET /received?key=… tells what was recorded of a user, POST /revoked?key=… takes their password away, and DELETE /revoked?key=… gives it back.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { SMTPServer } from "smtp-server";

const [port, folder] = [Number(process.argv[2]), process.argv[3]];
const file = (name) => readFileSync(join(folder, name));
const received = new Map(); // user -> mails
const deferred = new Map(); // user -> how often one of theirs was
const revoked = new Set(); // users whose password was good once

const no = (responseCode, message) => Object.assign(new Error(message), { responseCode });

function serve(at, name, secure) {
  const server = new SMTPServer({
    secure,
    key: file(`${name}.key`),
    cert: file(`${name}.pem`),
    authMethods: ["PLAIN", "LOGIN"],
    disableReverseLookup: true,
    size: 30 * 1024 * 1024,
    logger: false,
    onAuth({ username, password }, _, answer) {
      const wrong = username.includes("wrong") || revoked.has(username) || password !== `password of ${username}`;
      answer(wrong ? no(535, "5.7.8 authentication failed") : null, { user: username });
    },
    onMailFrom(_, { user }, answer) {
      answer(user.includes("sender") ? no(553, "5.7.1 sender address rejected: not owned by user") : null);
    },
    onRcptTo({ address }, { user }, answer) {
      answer(user.includes("recipient") && !address.startsWith("hello@") ? no(550, "5.1.1 no such user here") : null);
    },
    onData(stream, session, answer) {
      const { user, envelope } = session;
      const chunks = [];
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("end", () => {
        const before = deferred.get(user) ?? 0;
        if (user.includes("refused")) return answer(no(554, "5.7.1 this looks like spam"));
        if (user.includes("deferred") && before < 2) {
          deferred.set(user, before + 1);
          return answer(no(451, "4.7.1 try again later"));
        }
        const mail = { from: envelope.mailFrom.address, to: envelope.rcptTo.map(({ address }) => address), secure: session.secure };
        received.set(user, [...(received.get(user) ?? []), { ...mail, mime: Buffer.concat(chunks).toString("latin1") }]);
        if (user.includes("lost")) return [...server.connections].find(({ session: one }) => one === session)?.close();
        answer(null, "2.0.0 queued as 1");
      });
    },
  });
  // A client that does not trust the certificate breaks off.
  server.on("error", () => {});
  server.listen(at, "127.0.0.1");
}

serve(port + 1, "good", true);
serve(port + 2, "good", false);
serve(port + 3, "ended", false);
createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const key = searchParams.get("key");
  const end = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(body);
  if (request.method === "GET" && pathname === "/received") return end(200, JSON.stringify(received.get(key) ?? []));
  if (request.method === "POST" && pathname === "/revoked") return end(204, (revoked.add(key), undefined));
  if (request.method === "DELETE" && pathname === "/revoked") return end(204, (revoked.delete(key), undefined));
  end(404, "{}");
}).listen(port, "127.0.0.1");
