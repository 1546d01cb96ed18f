// One tab of Chromium, told what to do line by line: a JSON object on stdin, its answer on stdout. See browser.py.
// In a container it may run as root, and with little memory that processes share.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.PERIGEE_WEB}/package.json`);
const { chromium } = require("playwright-core");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const cdp = await browser.newBrowserCDPSession();
let page;
let complaints = [];

/** Seconds of the processor so far: the page's own process, and all of the browser with it. */
async function cpu() {
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  const sum = (those) => those.reduce((so_far, each) => so_far + each.cpuTime, 0);
  return { page: sum(processInfo.filter((each) => each.type === "renderer")), browser: sum(processInfo) };
}

/** What the page holds that nothing can be freed of. */
async function held() {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
  await session.detach();
  return { heap_bytes: usedSize, dom_nodes: nodes, listeners: jsEventListeners };
}

/** Milliseconds from the start of the navigation to the first chart or small trend with something drawn in it. */
async function firstChart({ url }) {
  await page.addInitScript(() => {
    const isInked = (canvas) =>
      canvas.width > 0 && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((each) => each > 0);
    window.firstChart = new Promise((drawn) => {
      const look = () => {
        if ([...document.querySelectorAll(".chart canvas, .value-row canvas")].some(isInked)) drawn(performance.now());
        else requestAnimationFrame(look);
      };
      look();
    });
  });
  await page.goto(url);
  return page.evaluate(() => window.firstChart);
}

/** What axe-core finds against WCAG 2.2 A and AA and its own best practice. It runs beside the page's policy. */
async function axe() {
  const session = await page.context().newCDPSession(page);
  const source = await import("node:fs").then((fs) => fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  await session.send("Runtime.evaluate", { expression: source });
  await session.detach();
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), rules);
  return violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 200)).join("; ")}`);
}

const deeds = {
  /** A fresh profile: no cookie, no storage. */
  async open({ url, width, height, theme, patience }) {
    await page?.context().close();
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, hasTouch: width < 600 });
    context.setDefaultTimeout(patience * 1000);
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
    // A browser reports each answer that is no success. What of these is wrong, a test sees on the page.
    page.on("console", (m) => m.type() === "error" && !m.text().startsWith("Failed to load resource") && complaints.push(m.text()));
    await page.goto(url);
  },
  goto: ({ url }) => page.goto(url).then(() => {}),
  resize: ({ width, height, theme }) => page.setViewportSize({ width, height }).then(() => page.emulateMedia({ colorScheme: theme })),
  see: ({ selector, text }) => page.locator(selector, text ? { hasText: text } : {}).first().waitFor(),
  gone: ({ selector, text }) => page.locator(selector, text ? { hasText: text } : {}).first().waitFor({ state: "hidden" }),
  click: ({ selector, text }) => page.locator(selector, text ? { hasText: text } : {}).first().click(),
  fill: ({ selector, text }) => page.locator(selector).first().fill(text),
  press: ({ key }) => page.keyboard.press(key),
  drag: async ({ selector, from, to }) => {
    const box = await page.locator(selector).first().boundingBox();
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * from, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * to, y, { steps: 8 });
    await page.mouse.up();
  },
  text: ({ selector }) => page.locator(selector).first().innerText(),
  texts: ({ selector }) => page.locator(selector).allInnerTexts(),
  evaluate: ({ script }) => page.evaluate(script),
  shot: ({ file, whole }) => page.screenshot({ path: file, fullPage: whole }).then(() => {}),
  complaints: () => complaints,
  axe,
  cpu,
  held,
  firstChart,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { deed, ...given } = JSON.parse(line);
  const answer = await Promise.resolve(deeds[deed](given)).then((value) => ({ value: value ?? null }), (error) => ({ error: error.message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
