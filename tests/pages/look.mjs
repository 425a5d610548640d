// Looks at every page of the console that can be reached from the queue, as people see it: on a phone and wide, light and dark, with text
// of twice the size and from right to left. axe must find nothing, nothing may be cut off or move, Tab alone reaches everything and shows
// where it is, and a first view is light. With `--pictures FOLDER` each view
// is photographed as well. Speaks WebDriver to a chromedriver of its own; the stack is the one that COUNTERSIGN_STACK names.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { join } from "node:path";

const stack = JSON.parse(readFileSync(process.env.COUNTERSIGN_STACK ?? ".local/stack.json", "utf8"));
const at = process.argv.indexOf("--pictures");
const pictures = at > 0 ? process.argv[at + 1] : null;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Bytes on the wire and requests of a first view, the page itself among them.
const WEIGHT = 60_000;
const REQUESTS = 2;
// Pages that are looked at, at most: links lead everywhere.
const PAGES = 90;
const VIEWS = [
  { name: "phone-light", width: 390, height: 844, dark: false },
  { name: "phone-dark", width: 390, height: 844, dark: true },
  { name: "wide-dark", width: 1440, height: 900, dark: true },
  { name: "wide-light", width: 1440, height: 900, dark: false },
];

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

class Browser {
  static async open() {
    const port = await freePort();
    const driver = spawn("chromedriver", [`--port=${port}`], { stdio: "ignore" });
    const browser = new Browser();
    browser.driver = driver;
    browser.url = `http://127.0.0.1:${port}`;
    const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars"];
    const capabilities = { alwaysMatch: { "goog:chromeOptions": { args } } };
    for (let attempt = 0; ; attempt += 1) {
      try {
        const { sessionId } = await browser.call("POST", "/session", { capabilities });
        browser.url += `/session/${sessionId}`;
        return browser;
      } catch (error) {
        if (attempt === 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async call(method, path, body) {
    const answer = await fetch(this.url + path, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${value?.error}: ${value?.message}`);
    return value;
  }

  visit(url) {
    return this.call("POST", "/url", { url });
  }

  run(script, ...args) {
    return this.call("POST", "/execute/sync", { script, args });
  }

  wait(script, ...args) {
    return this.call("POST", "/execute/async", { script, args });
  }

  devtools(cmd, params) {
    return this.call("POST", "/goog/cdp/execute", { cmd, params });
  }

  async show({ width, height, dark }) {
    const mobile = width < 600;
    await this.devtools("Emulation.setDeviceMetricsOverride", { width, height, mobile, deviceScaleFactor: 1 });
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await this.devtools("Emulation.setEmulatedMedia", { features });
  }

  async photograph(file) {
    const { cssContentSize } = await this.devtools("Page.getLayoutMetrics", {});
    const clip = { x: 0, y: 0, scale: 1, width: cssContentSize.width, height: Math.min(cssContentSize.height, 4_000) };
    const { data } = await this.devtools("Page.captureScreenshot", { captureBeyondViewport: true, clip });
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  async close() {
    await this.call("DELETE", "").catch(() => {});
    this.driver.kill();
  }
}

// A page by what it is, whatever it is about: each id and digest in its address is one and the same.
const kind = (path) => path.replace(/(?<=^\/console\/docs\/)(?!types|errors)[a-z_]+$/, "{part}").replaceAll(/(?<=\/)([a-z]+_[0-9a-z]{20,}|[0-9a-f]{32,}|[0-9a-z.-]+\.test)(?=\/|$)/g, "{id}");

const problems = [];
const seen = new Map();
const queue = [];
const complain = (page, view, what) => problems.push(`${page} (${view}): ${what}`);

const note = (links) => {
  for (const link of links) {
    const url = new URL(link);
    const path = url.pathname;
    // Files are no pages, and whoever signs out sees no more.
    if (!path.startsWith("/console") || /\.(eml|csv|json|jsonl|css|js|zone|txt)$|\/(raw|file|download|export)$/.test(path)) continue;
    if (seen.has(kind(path)) || seen.size >= PAGES) continue;
    seen.set(kind(path), url.origin + path);
    queue.push(kind(path));
  }
};

const measure = `
  const [page] = performance.getEntriesByType("navigation");
  // What is asked for again and again once the page is there is no part of a first view.
  const isPart = ({ protocol, pathname }) => protocol !== "data:" && pathname !== "/console/live";
  const parts = performance.getEntriesByType("resource").filter((part) => isPart(new URL(part.name)));
  const root = document.documentElement;
  return {
    title: document.title,
    headings: [...document.querySelectorAll("h1")].map((heading) => heading.textContent.trim()),
    type: document.contentType,
    status: page.responseStatus,
    weight: page.transferSize + parts.reduce((sum, part) => sum + part.transferSize, 0),
    requests: 1 + parts.length,
    parts: parts.map((part) => part.name),
    links: [...document.querySelectorAll("main a[href], nav a[href], header a[href]")]
      .filter((link) => !link.hasAttribute("download")).map((link) => link.href),
    wider: root.scrollWidth - root.clientWidth,
    shift: window.shifted ?? 0,
    shiftedBy: window.shiftedBy ?? [],
    doubled: [...document.forms].flatMap((form) => {
      const names = [...form.elements].filter((field) => field.name && !["radio", "submit"].includes(field.type)).map((field) => field.name);
      return names.filter((name, at) => names.indexOf(name) !== at);
    }),
  };`;

// The longest count of what is yours to decide, which comes by itself: what stands in another place then.
const countComes = `
  const badge = document.querySelector("[data-mine]");
  if (!badge) return [];
  const place = (one) => { const { x, y, width, height } = one.getBoundingClientRect(); return [x, y, width, height].map(Math.round).join(); };
  const others = [...document.body.querySelectorAll("*")].filter((one) => one !== badge);
  const { textContent, hidden } = badge;
  badge.hidden = true;
  const before = others.map(place);
  Object.assign(badge, { textContent: "99+", hidden: false });
  const moved = others.filter((one, at) => place(one) !== before[at]).map((one) => one.outerHTML.slice(0, 80));
  if (badge.scrollWidth > badge.clientWidth) moved.push("its own text");
  Object.assign(badge, { textContent, hidden });
  return moved;`;

// Colours alone differ between light and dark.
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const judge = `
  const [runOnly, done] = arguments;
  axe.run(document, { runOnly, resultTypes: ["violations"], iframes: false })
    .then(({ violations }) => done(violations.map(({ id, nodes }) =>
      id + " at " + nodes.slice(0, 3).map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).join("; "))),
      (error) => done(["axe: " + error]));`;

// What keys have to reach, and what is there once Tab has gone through the page.
const listen = `
  const seen = (field) => field.checkVisibility({ visibilityProperty: true }) && !field.matches(":disabled, [tabindex='-1']");
  const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
  window.wanted = new Set([...all].filter(seen));
  window.unseen = new Set();
  document.addEventListener("focusin", ({ target }) => {
    const group = target.type === "radio" ? [...document.getElementsByName(target.name)] : [target];
    for (const one of group) window.wanted.delete(one);
    // Of a link that a whole row is pressed for, the row shows it.
    const bare = [undefined, "::after"].every((part) => getComputedStyle(target, part).outlineStyle === "none");
    if (bare) window.unseen.add(target.outerHTML.slice(0, 80));
  });
  // From the beginning, wherever the page puts the focus.
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  return window.wanted.size;`;
const reached = `
  return {
    missed: [...window.wanted].filter((field) => field.checkVisibility()).map((field) => field.outerHTML.slice(0, 80)),
    unseen: [...window.unseen],
  };`;
// As in Hebrew or Arabic: what stands beside the page then. What a box of its own scrolls or shortens is not asked.
const mirror = `
  const root = document.documentElement;
  root.style.fontSize = "";
  root.dir = "rtl";
  const width = root.clientWidth;
  const boxed = (one) => one && (getComputedStyle(one).overflowX !== "visible" || boxed(one.parentElement));
  const out = [...document.querySelectorAll("main *, header *, nav *")].filter((one) => {
    const { left, right, width: own } = one.getBoundingClientRect();
    return own > 1 && one.checkVisibility() && (left < -1 || right > width + 1) && !boxed(one.parentElement);
  });
  root.dir = "";
  return out.map((one) => one.outerHTML.slice(0, 80));`;
const TAB = "\uE004";

async function tabThrough(browser, page) {
  const count = await browser.run(listen);
  // A frame has places of its own.
  const presses = Array.from({ length: count + 40 }).flatMap(() => [{ type: "keyDown", value: TAB }, { type: "keyUp", value: TAB }]);
  await browser.call("POST", "/actions", { actions: [{ type: "key", id: "keys", actions: presses }] });
  const { missed, unseen } = await browser.run(reached);
  if (missed.length > 0) complain(page, "keys", `Tab does not reach ${missed.slice(0, 3).join(" ")}`);
  if (unseen.length > 0) complain(page, "keys", `nothing shows the focus at ${unseen.slice(0, 3).join(" ")}`);
}

async function look(browser, page) {
  let weight = 0;
  for (const view of VIEWS) {
    const first = view === VIEWS[0];
    await browser.show(view);
    if (first) {
      await browser.run("window.before = true");
      await browser.visit(seen.get(page));
      // A download leaves the page before it where it was.
      if (await browser.run("return window.before === true")) return;
    }
    const found = await browser.run(measure);
    if (!found.type.startsWith("text/html")) return;
    const name = page.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
    if (pictures) await browser.photograph(join(pictures, `${name}-${view.name}.png`));
    if (found.wider > 1) complain(page, view.name, `is ${found.wider} px too wide`);
    if (first) {
      weight = found.weight;
      note(found.links);
      complainOf(page, view.name, found);
      const moved = await browser.run(countComes);
      if (moved.length > 0) complain(page, view.name, `the count that comes later moves ${moved.slice(0, 3).join(" ")}`);
      await browser.run(axe);
    }
    for (const violation of await browser.wait(judge, view.dark ? ["color-contrast"] : RULES)) complain(page, view.name, violation);
  }
  await browser.show(VIEWS[0]);
  const wider = await browser.run(
    "const root = document.documentElement; root.style.fontSize = '200%'; return root.scrollWidth - root.clientWidth;");
  if (wider > 1) complain(page, VIEWS[0].name, `is ${wider} px too wide with text of twice the size`);
  const astray = await browser.run(mirror);
  if (astray.length > 0) complain(page, VIEWS[0].name, `from right to left these are not in view: ${astray.slice(0, 3).join(" ")}`);
  await tabThrough(browser, page);
  console.log(`${page} ${weight} bytes`);
}

function complainOf(page, view, found) {
  if (!found.title) complain(page, view, "has no title");
  if (found.headings.length !== 1) complain(page, view, `has ${found.headings.length} first headings: ${found.headings}`);
  if (found.status >= 500) complain(page, view, `answers ${found.status}`);
  if (found.weight > WEIGHT) complain(page, view, `weighs ${found.weight} bytes`);
  const scripts = found.parts.filter((part) => part.endsWith(".js"));
  if (found.requests > REQUESTS + scripts.length) complain(page, view, `makes ${found.requests} requests: ${found.parts}`);
  if (found.doubled.length > 0) complain(page, view, `sends fields of one name twice: ${found.doubled}`);
  if (found.shift > 0.02) complain(page, view, `moves by ${found.shift.toFixed(3)}: ${found.shiftedBy.slice(0, 3).join(" ")}`);
}

async function signIn(browser, { email, password }) {
  await browser.visit(stack.console_url);
  await browser.run(
    `const [email, password] = arguments;
     document.querySelector("input[name=email]").value = email;
     document.querySelector("input[name=password]").value = password;
     document.querySelector("input[name=password]").form.submit();`, email, password);
  for (let tries = 0; tries < 100; tries += 1) {
    const inside = await browser.run("return document.readyState === 'complete' && !document.querySelector('input[name=password]')").catch(() => false);
    if (inside) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nobody is signed in");
}

if (pictures) mkdirSync(pictures, { recursive: true });
// Calls the API as the owner.
async function owner() {
  let token = "";
  const call = async (method, path, body) => {
    const headers = { ...(token && { authorization: `Bearer ${token}` }), "content-type": "application/json" };
    const answer = await fetch(stack.api_url + path, { method, headers, body: body && JSON.stringify(body) });
    const value = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  };
  const { email, password } = stack.owner;
  ({ token } = await call("POST", "/v1/sessions", { email, password }));
  return call;
}

// A spreadsheet whose mails wait, and behind it one that is not confirmed yet: their pages are there only then.
async function upload(call, confirm) {
  const people = Array.from({ length: 30 }, (_, n) => `success+look${n}@simulator.amazonses.com,Person ${n},Berlin`);
  const file = `Email,First name,City\n${people.join("\n")}\nnobody,X,Y\n`;
  const about = { inbox_id: stack.inbox.id, filename: "clients.csv", content_type: "text/csv", size: file.length };
  const { id, upload_url: url, upload_headers: headers } = await call("POST", "/v1/uploads", about);
  const put = await fetch(url, { method: "PUT", body: file, headers: { "content-type": headers["content-type"] } });
  if (!put.ok) throw new Error(`PUT of a sheet: ${put.status}`);
  const until = async (status) => {
    for (let attempt = 0; (await call("GET", `/v1/uploads/${id}`)).status !== status; attempt += 1) {
      if (attempt === 600) throw new Error(`${id} is not ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await until("ready");
  const plan = { mapping: { to: "Email" }, subject: "Hi {{first_name}}", text: "See you in {{city}}." };
  await call("POST", `/v1/uploads/${id}/confirm`, { ...plan, dry_run: !confirm });
  if (confirm) await until("imported");
}
const call = await owner();
await upload(call, true);
await upload(call, false);
// A connected account, where something stands for its provider, and a mail that waits to leave through it.
if (process.env.COUNTERSIGN_PROVIDERS) {
  const { data } = await call("GET", "/v1/accounts");
  const about = { provider: "resend", email: "hello@example.com", display_name: "Hello", api_key: "key-fine-of-the-pages" };
  const { id } = data[0] ?? (await call("POST", "/v1/accounts", about));
  const mail = { to: ["success@simulator.amazonses.com"], subject: "Through our own provider", text: "Hello" };
  await call("POST", `/v1/inboxes/${id}/messages/send`, mail);
}

const browser = await Browser.open();
try {
  await browser.devtools("Page.addScriptToEvaluateOnNewDocument", {
    source: `new PerformanceObserver((list) => {
      window.shiftedBy ??= [];
      for (const entry of list.getEntries()) {
        window.shifted = (window.shifted ?? 0) + entry.value;
        window.shiftedBy.push(...entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? String(node)));
      }
    }).observe({ type: "layout-shift", buffered: true });`,
  });
  const console_ = new URL(stack.console_url);
  note(["", "/forgot", "/no-such-page"].map((path) => console_.href + path));
  const outside = [...queue];
  while (queue.length > 0) await look(browser, queue.shift());
  for (const page of outside) seen.delete(page);
  queue.length = 0;
  await signIn(browser, stack.owner);
  note([console_.href]);
  while (queue.length > 0) await look(browser, queue.shift());
} finally {
  await browser.close();
}
console.log(`${seen.size} pages in ${VIEWS.length} views`);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
