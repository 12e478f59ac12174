// Opens the report's page as people do: light, dark, on a phone; sorts, filters, and asks axe-core.
// node report-page.mjs PAGE CHROMIUM; ends with 0 and prints what it did.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [file, executablePath] = process.argv.slice(2);
const address = pathToFileURL(file).href;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  // As it is, with its own content security policy.
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const errors = [];
  const asked = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(address);

  const column = (number) =>
    page.$$eval(
      "#by-repository tbody tr:not([hidden])",
      (rows, at) => rows.map((row) => row.cells[at].textContent),
      number,
    );
  const head = page.locator("#by-repository thead th").first().getByRole("button");
  await head.focus();
  await page.keyboard.press("Enter");
  const up = await column(0);
  assert.deepEqual(up, [...up].sort(), "the keyboard sorts by name");
  await head.click();
  assert.deepEqual(await column(0), [...up].sort().reverse(), "a second time the other way round");
  assert.equal(await page.locator("#by-repository th").first().getAttribute("aria-sort"), "descending");
  await page.locator("#by-repository thead th").nth(2).getByRole("button").click();
  const numbers = (await column(2)).map(Number);
  assert.deepEqual(numbers, [...numbers].sort((one, other) => one - other), "numbers sort as numbers");

  await page.fill("#filter-by-repository", "payments");
  const shown = await column(0);
  assert.ok(shown.length > 0 && shown.length < up.length, "the filter leaves some rows");
  assert.ok(shown.every((name) => name.includes("payments")), "and only those that were asked for");
  await page.fill("#filter-by-repository", "");
  assert.equal((await column(0)).length, up.length, "an empty filter leaves all");

  // On paper nobody can open the numbers of a chart.
  await page.emulateMedia({ media: "print" });
  const numbersOfCharts = await page.$$eval("figure details table", (all) =>
    all.map((each) => each.checkVisibility({ contentVisibilityAuto: true }) && each.getBoundingClientRect().height > 0),
  );
  assert.ok(numbersOfCharts.length > 0 && numbersOfCharts.every((each) => each), "the numbers of charts are printed");
  await page.emulateMedia({ media: null });

  assert.deepEqual(errors, [], "the console has no errors");
  assert.deepEqual(asked, [address], "the page asks for nothing");

  // axe-core is a script of somebody else: the policy stays out for it alone.
  for (const scheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      const context = await browser.newContext({
        bypassCSP: true,
        colorScheme: scheme,
        viewport: { width, height: 900 },
      });
      const open = await context.newPage();
      await open.goto(address);
      await open.$$eval("details", (all) => all.forEach((each) => (each.open = true)));
      const wide = await open.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `at ${width} pixels the page is ${wide} wider than the screen`);
      await open.evaluate(axe);
      const { violations } = await open.evaluate(() =>
        globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
      );
      assert.deepEqual(
        violations.map((each) => `${each.id}: ${each.nodes[0].html} ${each.nodes[0].failureSummary}`),
        [],
        `${scheme}, ${width} pixels`,
      );
      await context.close();
    }
  }
  console.log(`${up.length} repositories sorted and filtered; no errors; axe-core finds nothing`);
} finally {
  await browser.close();
}
