// A node that is made up, for work on the page without one: `node mock/server.mjs [port]`, then `npm run dev`, or the
// built page from the same port. It speaks the API's contract and is part of no test.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { Site } from "./site.mjs";

const port = Number(process.argv[2] ?? 8099);
const dist = fileURLToPath(new URL("../dist", import.meta.url));
const site = new Site(Number(process.env.METRICS_PER_DEVICE ?? 6));
const sessions = new Set();
const tokens = new Set();

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

function send(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(body === undefined ? "" : JSON.stringify(body));
}
const problem = (response, status, type, title) =>
  send(response, status, { type, title, status }, { "Content-Type": "application/problem+json" });

async function bodyOf(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return text ? JSON.parse(text) : {};
}

const sessionOf = (request) => /perigee_session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
const described = (id) => ({
  user: "operator",
  role: "operator",
  expires: new Date(Date.now() + 432e5).toISOString(),
  csrf: `c${id}`,
});

async function session(request, response) {
  const id = sessionOf(request);
  if (request.method === "GET") {
    if (sessions.has(id)) return send(response, 200, described(id));
    return problem(response, 401, "/problems/no-session", "There is no session.");
  }
  if (request.method === "DELETE") {
    sessions.delete(id);
    return send(response, 204);
  }
  const asked = await bodyOf(request);
  if (asked.token && asked.token !== "new" && !tokens.delete(asked.token)) {
    return problem(response, 401, "/problems/token-used", "This link was used already, or is too old.");
  }
  if (!asked.token && asked.password !== "secret") {
    return problem(response, 401, "/problems/wrong-password", "Name or password is wrong.");
  }
  const made = Math.random().toString(36).slice(2);
  sessions.add(made);
  send(response, 201, described(made), { "Set-Cookie": `perigee_session=${made}; HttpOnly; SameSite=Strict; Path=/` });
}

function live(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const tell = (event, data) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const values = setInterval(() => tell("values", { values: site.liveValues() }), 100);
  const links = setInterval(() => tell("links", { links: site.links() }), 1000);
  site.onAlarm = (alarm) => tell("alarms", { alarms: [alarm] });
  response.on("close", () => [values, links].forEach(clearInterval));
}

async function api(request, response, url) {
  const path = url.pathname.slice("/api/v1".length);
  if (path === "/session") return session(request, response);
  if (path === "/session/tokens") {
    const token = Math.random().toString(36).slice(2);
    tokens.add(token);
    return send(response, 201, { token, expires: new Date(Date.now() + 6e5).toISOString() });
  }
  if (!sessions.has(sessionOf(request))) return problem(response, 401, "/problems/no-session", "There is no session.");
  if (path === "/live") return live(response);
  const alarm = /^\/alarms\/(a\d+)(?:\/([a-z-]+))?$/.exec(path);
  if (alarm?.[2] === "history") return send(response, 200, site.alarmHistory(alarm[1]));
  if (alarm && request.method === "POST")
    return send(response, 200, site.act(alarm[1], alarm[2], await bodyOf(request)));
  if (alarm)
    return send(
      response,
      200,
      site.alarms.find((each) => each.id === alarm[1]),
    );
  const demo = /^\/demo\/links\/([^/]+)\/(cut|heal)$/.exec(path);
  if (demo) return send(response, 200, site.cut(demo[1], demo[2] === "cut"));
  const found = site.resource(path, url.searchParams);
  return found ? send(response, 200, found) : problem(response, 404, "about:blank", "Nothing is served here.");
}

async function asset(response, url) {
  const name = normalize(url.pathname === "/" ? "/index.html" : url.pathname);
  try {
    const body = await readFile(join(dist, name));
    response.writeHead(200, {
      "Content-Type": types[extname(name)] ?? "text/plain",
      "Content-Security-Policy": policy,
    });
    response.end(body);
  } catch {
    problem(response, 404, "about:blank", "Nothing is served here.");
  }
}

createServer((request, response) => {
  const url = new URL(request.url, "http://node");
  const answered = url.pathname.startsWith("/api/") ? api(request, response, url) : asset(response, url);
  answered.catch((e) => problem(response, 500, "about:blank", String(e)));
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/#token=new`));
