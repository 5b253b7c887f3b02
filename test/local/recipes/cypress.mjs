// Runs a recipe for Cypress without Cypress, whose browser and runner come from elsewhere:
// its few commands, on the machine's Chromium.
// node cypress.mjs CHROMIUM RECIPE
import assert from "node:assert/strict";
import { chromium } from "@playwright/test";

const [executablePath, recipe] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
const before = [], tests = [];
let commands = [];

// Cypress queues commands; each gets what the one before came to.
const chain = { its, should, click };
const queue = command => { commands.push(command); return chain; };
function its(path) { return queue(value => path.split(".").reduce((of, name) => of[name], value)); }
function click() { return queue(locator => locator.click()); }
function should(how, want) {
  return queue(value => {
    if (how === "equal") assert.equal(value, want);
    else if (how === "include") {
      for (const [name, part] of Object.entries(want)) {
        assert.equal(value[name], part, `${name} of ${JSON.stringify(value)}`);
      }
    } else throw new Error(`should("${how}") is not known here`);
  });
}

globalThis.beforeEach = prepare => before.push(prepare);
globalThis.it = (name, test) => tests.push([name, test]);
globalThis.cy = {
  visit: url => queue(() => page.goto(url)),
  contains: (selector, text) => queue(() => page.locator(selector, { hasText: text })),
  request: (...parts) => queue(async () => {
    const [method, url] = parts.length > 1 ? parts : ["GET", parts[0]];
    const answer = await fetch(url, { method });
    assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
    return { status: answer.status, body: await answer.json() };
  }),
};

await import(recipe);
try {
  for (const [name, test] of tests) {
    commands = [];
    [...before, test].forEach(run => run());
    let value;
    for (const command of commands) value = await command(value);
    console.log(`passed: ${name}`);
  }
} finally {
  await browser.close();
}
