// SPDX-License-Identifier: Apache-2.0
// console.mjs -- the console over a real daemon: every route's real answers are held against
// share/openapi.json, the refusals that protect it are tried, and a person's way through the
// pages is walked in Chromium.
//
// usage: node console.mjs ROOT BOTKOLL [SCREENSHOT_DIR]

import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { createConnection } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [root, botkoll, shots] = process.argv.slice(2).map((p) => resolve(p));
const require = createRequire(join(root, "ui/package.json"));
const Ajv = require("ajv/dist/2020").default;
const { chromium } = require("playwright-core");
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
const dir = mkdtempSync(join(tmpdir(), "botkoll-console-"));
chmodSync(dir, 0o711); // the roles become another user
const openapi = JSON.parse(readFileSync(join(root, "share/openapi.json"), "utf8"));
const ajv = new Ajv({ strict: false, formats: {
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, date: /^\d{4}-\d\d-\d\d$/ } });
ajv.addSchema(openapi, "api");

// ---- the daemon

function control(verb, args = {}) {
  return new Promise((done, fail) => {
    const socket = createConnection(join(dir, "data/control"));
    let text = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(JSON.stringify({ verb, args }) + "\n"));
    socket.on("data", (piece) => {
      text += piece;
      if (!text.includes("\n")) return;
      socket.destroy();
      const reply = JSON.parse(text);
      reply.ok ? done(reply.result) : fail(new Error(`${verb}: ${reply.error}`));
    });
    socket.on("error", fail);
  });
}

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

async function waitFor(what, seconds, ready) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
    const value = await Promise.resolve().then(ready).catch(() => undefined);
    if (value) return value;
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

function startDaemon() {
  execFileSync(botkoll, ["simulate", "-o", dir, "--lines", "300", "--days", "4", "--seed", "7"]);
  for (const n of [1, 2])
    writeFileSync(join(dir, "reports", `odd${n}.bin`), `\x01\x02 nothing that no parser reads, ${n}\n`);
  const file = join(dir, "botkoll.yaml");
  let text = readFileSync(file, "utf8").replace(/^console:\n(?: .*\n)*/m, "");
  text += "\nconsole:\n  enabled: yes\n  listen: 127.0.0.1\n  port: 0\n  metrics: yes\n";
  writeFileSync(file, text);
  const child = spawn(botkoll, ["run", "-c", file], { stdio: ["ignore", "inherit", "pipe"] });
  let log = "";
  child.stderr.on("data", (piece) => (log += piece));
  child.told = () => log.split("\n").slice(-15).join("\n");
  return child;
}

// ---- the API, held against its description

let cookie = "";
let csrf = "";
let base = "";
const used = new Set();

function template(path) {
  const plain = path.split("?")[0];
  return Object.keys(openapi.paths).find((t) =>
    new RegExp(`^${t.replace(/\{id\}/, "[^/]+").replace(/\./g, "\\.")}$`).test(plain) &&
    (t.includes("{id}") || t === plain));
}

async function call(method, path, { body, headers = {}, expect = 200 } = {}) {
  const reply = await fetch(base + path, {
    method,
    headers: { ...(cookie && { Cookie: cookie }), ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await reply.text();
  assert.equal(reply.status, expect, `${method} ${path}: ${text.slice(0, 200)}`);
  assert.match(reply.headers.get("content-security-policy"), /default-src 'none'/);
  const where = template(path);
  const told = openapi.paths[where]?.[method.toLowerCase()]?.responses[String(reply.status)];
  assert.ok(told, `${method} ${path} ${reply.status} is not in the description`);
  const [media, { schema }] = Object.entries(told.content)[0];
  assert.equal(reply.headers.get("content-type"), media);
  used.add(`${method} ${where} ${reply.status}`);
  const set = reply.headers.get("set-cookie");
  if (set) cookie = set.split(";")[0];
  if (media !== "application/json") return text;
  const value = JSON.parse(text);
  const pointer = schema.$ref ? `api${schema.$ref}` : undefined;
  const check = pointer ? ajv.getSchema(pointer)
    : ajv.compile({ ...schema, $id: undefined, components: openapi.components });
  assert.ok(check(value), `${method} ${path}: ${ajv.errorsText(check.errors)}`);
  return value;
}

const post = (path, body, expect = 200) => call("POST", path, { body, expect, headers: { "X-CSRF-Token": csrf } });

async function testRefusals(login) {
  await call("GET", "/api/cases", { expect: 401 });
  await call("POST", "/api/login", { body: { name: login.name, password: "wrong" }, expect: 401 });
  await call("POST", "/api/login", { body: { name: login.name }, expect: 400 });
  await call("POST", "/api/login", { body: login, headers: { "Content-Type": "text/plain" }, expect: 415 });
}

async function testLogin(login) {
  let session = await call("POST", "/api/login", { body: login });
  csrf = session.csrf;
  assert.ok(session.must_change_password);
  await call("GET", "/api/cases", { expect: 403 }); // before the one-time password is changed
  await call("POST", "/api/password", { body: { password: "x".repeat(20) }, expect: 403 }); // no token
  await post("/api/password", { password: "short" }, 409);
  await post("/api/password", { password: "a good long password" });
  session = await call("GET", "/api/session");
  assert.equal(session.must_change_password, false);
}

const jar = () => ({ cookie, csrf });
const use = (kept) => ({ cookie, csrf } = kept);

async function anotherSession(login) {
  cookie = "";
  csrf = (await call("POST", "/api/login", { body: login })).csrf;
  return jar();
}

// A new password ends the other sessions of its owner; one set by root ends them all. Many
// tries for one name from here are refused, and keep no other name out.
async function testSessions(name, password) {
  const first = jar();
  const second = await anotherSession({ name, password });
  const { name: other, password: once } = await control("staff.onetime", { name: "other" });
  const stranger = await anotherSession({ name: other, password: once });
  use(second);
  await post("/api/password", { password: password + "!" });
  await call("GET", "/api/session");
  await post("/api/password", { password });
  use(first);
  await call("GET", "/api/session", { expect: 401 });
  use(stranger);
  await call("GET", "/api/session");
  const again = await control("staff.onetime", { name: other });
  await waitFor("the end of the session", 10, () =>
    call("GET", "/api/session", { expect: 401 }).then(() => true));
  cookie = "";
  for (let tries = 0, expect = 401; expect === 401; tries++) {
    assert.ok(tries < 20, "a guesser is never refused");
    const reply = await fetch(base + "/api/login", { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: "guessed", password: "guess" }) });
    expect = reply.status;
  }
  await call("POST", "/api/login", { body: { name: "guessed", password }, expect: 429 });
  await anotherSession({ name: other, password: again.password });
  use(second);
}

async function testCases() {
  const { cases } = await call("GET", "/api/cases?limit=500");
  assert.ok(cases.length > 0, "the simulated week must open cases");
  const page = await call("GET", "/api/cases?limit=1");
  const next = await call("GET", `/api/cases?limit=1&before=${page.cases[0].id}`);
  assert.equal(page.cases.length, 1);
  if (cases.length > 1) assert.equal(next.cases[0].id, cases[1].id);
  const { cases: open } = await call("GET", "/api/cases?open=true&limit=500");
  assert.ok(open.every((c) => c.open));
  const code = open[0].code;
  const one = await call("GET", `/api/cases/${code}`);
  assert.equal(one.entries.length, one.case.entries);
  assert.equal(one.entries[0].type, "opened");
  const why = await call("GET", `/api/cases/${code}/explain`);
  assert.ok(why.evidence.length > 0);
  assert.match(await call("GET", `/api/cases/${code}/evidence.svg`), /^<svg[\s\S]*<\/svg>\s*$/);
  await call("GET", "/api/cases/ZZZZZZZZ", { expect: 404 });
  await post(`/api/cases/${code}/note`, { note: "called, no answer" });
  await post(`/api/cases/${code}/hold`, { note: "router is being replaced" });
  assert.equal((await call("GET", `/api/cases/${code}`)).case.held, true);
  await post(`/api/cases/${code}/release`, { note: "done" });
  const after = await call("GET", `/api/cases/${code}`);
  assert.equal(after.case.held, false);
  assert.ok(after.entries.some((e) => e.note === "called, no answer"));
  await call("POST", `/api/cases/${code}/note`, { body: { note: "x" }, expect: 403 });
  return code;
}

// What no parser understood, and who reports. The simulation's directory holds two such.
async function testReports() {
  const waiting = await call("GET", "/api/unread");
  assert.equal(waiting.length, 2);
  const [first, second] = waiting.map((w) => w.number);
  assert.match((await call("GET", `/api/unread/${first}`)).piece, /no parser/);
  await call("GET", "/api/unread/999", { expect: 409 });
  await post(`/api/unread/${first}/done`, {}, 409);
  await post(`/api/unread/${first}/done`, { outcome: "x", more: "y" }, 400);
  await post(`/api/unread/${first}/done`, { outcome: "advertising" });
  await post(`/api/unread/${second}/item`, { address: "nowhere", time: "2026-09-08T00:00:00Z", class: "spam" }, 409);
  await post(`/api/unread/${second}/item`, { address: "198.19.1.90", time: "2026-09-08T00:00:00Z", class: "spam" });
  assert.equal((await call("GET", "/api/unread")).length, 0);
  assert.ok((await call("GET", "/api/reporters")).some((r) => r.reporter === "shadowserver" && r.claims > 0));
}

async function testRest() {
  const figures = await call("GET", "/api/prevalence");
  assert.equal(figures.subscribed_lines, 300);
  assert.ok(figures.days.some((d) => d.active > 0));
  assert.match(await call("GET", "/api/prevalence.svg"), /^<svg/);
  await call("GET", "/api/status");
  await testReports();
  await call("GET", "/api/openapi.json");
  await testMetrics();
}

// Every line a sample, none of them twice, and nobody's address among them.
async function testMetrics() {
  const session = cookie;
  cookie = "";
  const lines = (await call("GET", "/metrics")).trimEnd().split("\n");
  cookie = session;
  for (const line of lines) assert.match(line, /^[a-z_][a-z0-9_]*(\{([a-z]+="[^"]*",?)+\})? -?[0-9.e+]+$/);
  const names = lines.map((l) => l.slice(0, l.lastIndexOf(" ")));
  assert.equal(new Set(names).size, names.length);
  for (const name of ["source_lost_flows", "source_dropped", "detect_pair_evicted", "role_alive", "stream_newest_seconds"])
    assert.ok(names.some((n) => n.startsWith(`botkoll_${name}`)), name);
  assert.doesNotMatch(lines.join("\n"), /198\.1[89]\./);
}

function testAllDescribed() {
  for (const [path, item] of Object.entries(openapi.paths))
    for (const method of Object.keys(item)) {
      const key = `${method.toUpperCase()} ${path} 200`;
      if (path.endsWith("/close") || path.endsWith("/logout")) continue; // tried in the browser
      assert.ok(used.has(key), `${key} was never tried`);
    }
}

// ---- a person's way through the pages

async function browse(code, password) {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const problems = [];
  page.on("pageerror", (e) => problems.push(String(e)));
  page.on("console", (m) => m.type() === "error" && !/401/.test(m.text()) && problems.push(m.text()));
  page.setDefaultTimeout(8000);
  const shot = async (name) => shots && page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

  await page.goto(base);
  await page.fill("input[name=name]", "admin");
  await page.fill("input[name=password]", password);
  await shot("login");
  await page.click("button");
  await page.waitForSelector("tbody tr");
  await shot("cases");
  await page.keyboard.press("j");
  await page.waitForSelector("tr.picked");
  await page.click(`a[href="#/cases/${code}"]`);
  await page.waitForSelector("details.piece").catch(async (e) => {
    await shot("failed");
    throw new Error(`${e.message}\n${problems.join("\n")}`);
  });
  await page.waitForFunction(() => document.querySelector("img.chart")?.naturalWidth > 0);
  await page.click("details.piece summary");
  await shot("case");
  page.on("dialog", (d) => d.accept());
  await page.fill("textarea", "a test network, not a bot");
  await page.click("button.grave");
  await page.waitForSelector(".state-false_positive");
  await page.click('a[href="#/prevalence"]');
  await page.waitForFunction(() => document.querySelector("img.chart")?.naturalWidth > 0);
  await shot("prevalence");
  await page.click('a[href="#/status"]');
  await page.waitForSelector("dl.facts");
  await shot("status");
  await page.click("button.plain");
  await page.waitForSelector("input[name=password]");
  await browser.close();
  assert.deepEqual(problems, []);
}

let daemon;
try {
  daemon = startDaemon();
  const status = await waitFor("the replay", 60, async () => {
    const s = await control("status");
    return s.replay === "done" && s.roles.find((r) => r.role === "console")?.status?.port && s;
  });
  base = `http://127.0.0.1:${status.roles.find((r) => r.role === "console").status.port}`;
  const { name, password } = await control("staff.onetime", { name: "admin" });
  await testRefusals({ name, password });
  await testLogin({ name, password });
  await testSessions(name, "a good long password");
  const code = await testCases();
  await testRest();
  testAllDescribed();
  if (CHROMIUM) await browse(code, "a good long password");
  else console.log("skipped: no Chromium, the pages were not walked");
  console.log("ok: console");
} catch (e) {
  console.error(e, daemon?.told());
  process.exitCode = 1;
} finally {
  daemon?.kill("SIGTERM");
  await sleep(500);
  rmSync(dir, { recursive: true, force: true });
}
