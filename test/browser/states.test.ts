// Every state of a run, reached for real: `npm start` with fake upstreams that are made to fail.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startFakeGemini, type FakeGemini } from "../support/fake-gemini.ts";
import { startFakeVllm, type FakeVllm } from "../support/fake-vllm.ts";
import { startStack, type Stack } from "../support/stack.ts";
import { launchChromium, type Browser, type Page } from "./chromium.ts";
import { inspect, openPlayground, type Playground } from "./playground.ts";

const failing = { kind: "status", status: 500 } as const;

let [origin, gemini, stack, browser]: [FakeVllm?, FakeGemini?, Stack?, Browser?] = [];
let visit: Playground;
let count = 0;

beforeAll(async () => {
  [origin, gemini] = await Promise.all([startFakeVllm(), startFakeGemini()]);
  const settings = {
    GEMINI_API_KEY: "a-key",
    GEMINI_BASE_URL: gemini.url,
    // Without a price no cost is known.
    ORIGIN_HOURLY_USD: "1.2",
    // Without the extract a summary can fail.
    SUMMARIZERS: "gemini",
    // What failed in one test is not passed over in the next; what hangs does so until it was looked at.
    BREAKER: "closed",
    ORIGIN_TIMEOUT_MS: "12000",
    SUMMARY_TIMEOUT_MS: "14000",
  };
  [stack, browser] = await Promise.all([
    startStack(["--origin", origin.url], settings),
    launchChromium(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  await Promise.all([origin?.stop(), gemini?.stop()]);
});

/** A fresh page with a text that nobody has ranked. */
beforeEach(async () => {
  origin?.reset();
  gemini?.reset();
  if (stack === undefined || browser === undefined) throw new Error("nothing to open");
  visit = await openPlayground(browser, stack.url);
  count += 1;
  await visit.page.locator("#text").fill(`The rent went up again, letter ${count}. I lie awake.`);
  return () => visit.close();
});

const fail = (upstream: FakeVllm | FakeGemini | undefined, fault: FakeVllm["fault"]) => {
  if (upstream !== undefined) upstream.fault = fault;
};

/** A busy machine's. */
const patient = { timeout: 10_000 };

/** From each ranking's arrival to its frame, in ms. */
const painted = (page: Page) =>
  page.evaluate<number[]>(
    'performance.getEntriesByName("ranking-painted").map(({ duration }) => duration)',
  );

describe("while it runs", () => {
  it("says that it ranks, and Escape cancels", async () => {
    fail(origin, { kind: "hang" });
    const { page } = visit;
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector("#answer[data-phase=ranking]");
    expect(await page.locator("#answer").innerText()).toContain("Ranking 24 themes…");
    expect(await page.locator("#run").innerText()).toMatch(/^Ranking \d+\.\d s$/);
    expect(await page.locator("#live").textContent()).toBe("Ranking 24 themes.");
    await inspect(visit, "ranking");
    await page.keyboard.press("Escape");
    expect(await visit.state("cancelled")).toContain("Cancelled. Your text is kept.");
    expect(await page.locator("#text").inputValue()).toContain("The rent went up again");
    await inspect(visit, "cancelled");
  });

  it("paints the ranking before the summary ends, which is written as it comes", async () => {
    fail(gemini, { kind: "stream", events: 1, ending: "stall", path: ":streamGenerateContent" });
    const { page } = visit;
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector("#ranking button .score");
    await expect.poll(() => page.locator("#summary").textContent(), patient).not.toBe("");
    await expect.poll(() => painted(page), patient).toHaveLength(1);
    expect(await page.locator("#summary-part").getAttribute("data-phase")).toBe("pending");
    expect(await page.locator("#summary-by").innerText()).toContain("being written");
    expect(await page.locator("#answer").getAttribute("data-phase")).toBe("summarising");
    await inspect(visit, "summary-pending");
    // The connection ends in the middle of it.
    await page.locator("#cancel").click();
    await visit.state("cancelled");
    expect(await page.locator("#summary-by").innerText()).toBe("broken off");
    expect(await page.locator("#ranking button").count()).toBe(24);
  });
});

describe("an answer", () => {
  it("shows score, confidence and its spread, who wrote the summary, and the legs of the time", async () => {
    const { page } = visit;
    await visit.rank();
    expect(await page.locator(".badge").innerText()).toContain("Self-hosted model");
    expect(await page.locator("#ranking .confidence").first().innerText()).toMatch(/0\.\d\d|1\.00/);
    expect(await page.locator("#ranking .spread").count()).toBe(24);
    expect(await page.locator("#summary-by").innerText()).toContain("by Gemini");
    expect(await page.locator("#summary").innerText()).toContain("In short: The rent went up");
    const legs = await page.locator(".leg-name").allTextContents();
    expect(legs).toEqual(
      expect.arrayContaining([
        "Origin",
        "Gateway and network",
        "Ranking, in all",
        "Summary, Gemini",
      ]),
    );
    expect(await page.locator("#receipt").innerText()).toMatch(/Cost\s+\$0\.\d+\s+Saved\s+\$0\s/);
    await inspect(visit, "ranked");
  });

  it("says how much of it the cache knew", async () => {
    const { page } = visit;
    await visit.rank();
    await page.locator("#add-theme").click();
    await page.keyboard.insertText("Rent");
    await visit.rank();
    expect(await visit.state("partial")).toBe(
      "24 of 25 scores came from the cache. Only one was ranked now.",
    );
    expect(await page.locator("#receipt").innerText()).toMatch(/Saved\s+\$0\.\d+/);
    await inspect(visit, "partial");
  });

  it("may be about a catalogue that is stored, which is offered once somebody has ranked", async () => {
    const { page } = visit;
    const themes = [{ id: "rent", label: "Rent", description: "Rent and landlords" }, "Sleep"];
    await fetch(`${stack?.url}/v1/catalogs/mine`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ themes }),
    });
    await visit.rank();
    const offered = () => page.locator("#catalog option").allTextContents();
    await expect.poll(offered, patient).toEqual(["life, built in", "own list", "mine"]);
    await page.locator("#catalog").selectOption("mine");
    await expect.poll(() => page.locator("#theme-count").textContent(), patient).toBe("2");
    expect(await page.locator("#themes .description").first().inputValue()).toBe(
      "Rent and landlords",
    );
    await visit.rank();
    expect(await page.locator("#ranking .name").allTextContents()).toEqual(["Rent", "Sleep"]);
    expect(await page.locator("#code").innerText()).toContain('"catalog": "mine"');
    expect(visit.errors).toEqual([]);
  });

  it("says who stood in and why, and hatches the attempt that failed", async () => {
    fail(origin, failing);
    const { page } = visit;
    await page.locator("#samples button").nth(1).click();
    await visit.rank();
    expect(await visit.state("degraded")).toBe(
      "The origin did not answer, so Gemini ranked this text. Why: it answered with an error. Scores may differ.",
    );
    expect(await page.locator(".badge").innerText()).toContain("Gemini");
    expect(await page.locator(".leg[data-failed]").count()).toBe(1);
    expect(await page.locator(".leg-why").innerText()).toBe("failed: it answered with an error");
    await inspect(visit, "degraded");
  });

  it("is shared words where no model answers", async () => {
    fail(origin, failing);
    fail(gemini, failing);
    await visit.rank();
    expect(await visit.state("degraded")).toContain("so shared words ranked this text");
    // Both rankers, and the summary.
    expect(await visit.page.locator(".leg[data-failed]").count()).toBe(3);
    await inspect(visit, "lexical");
  });

  it("stands without a summary, which can be tried again", async () => {
    fail(gemini, failing);
    const { page } = visit;
    await visit.rank();
    await page.waitForSelector("#summary-part[data-phase=unavailable]");
    expect(await page.locator("#summary").innerText()).toBe(
      "No summary could be had: it answered with an error. The ranking is complete.",
    );
    expect(await page.locator("#ranking button").count()).toBe(24);
    await inspect(visit, "summary-unavailable");
    fail(gemini, null);
    await page.locator("#retry-summary").click();
    await page.waitForSelector("#summary-part[data-phase=complete]");
  });
});

describe("no answer", () => {
  it("names the field that is wrong beside it and puts the cursor there", async () => {
    const { page } = visit;
    const focused = () => page.evaluate<string>("document.activeElement.id");
    await page.locator("#text").fill("");
    await page.locator("#themes .label").nth(2).fill("x".repeat(121));
    await page.locator("#options summary").click();
    await page.locator("#top_k").fill("many");
    await visit.rank();
    expect(await visit.state("invalid")).toContain("3 fields need a change.");
    expect(await page.locator("#text-error").innerText()).toContain("must hold");
    expect(await page.locator("#theme-2-error").innerText()).toContain("at most 120 characters");
    expect(await page.locator("#top_k-error").innerText()).not.toBe("");
    expect(await focused()).toBe("text");
    await inspect(visit, "invalid");
    await page.locator("#text").fill("The rent.");
    await page.locator("#themes .label").nth(2).fill("Rent");
    await visit.rank();
    expect(await focused()).toBe("top_k");
    expect(await page.locator("#text-error").innerText()).toBe("");
    expect(origin?.requests.length).toBe(0);
  });

  it("keeps the text and tells who was tried when nobody answers", async () => {
    fail(origin, failing);
    fail(gemini, failing);
    const { page } = visit;
    await page.locator("#options summary").click();
    await page.locator("[value=lexical]").setChecked(false);
    await visit.rank();
    expect(await visit.state("down")).toMatch(
      /^No ranking service answers\. Your text is kept\..*Request req_/s,
    );
    expect(await page.locator(".leg[data-failed]").count()).toBe(2);
    expect(await page.locator("#text").inputValue()).toContain("The rent");
    await inspect(visit, "down");
    fail(origin, null);
    fail(gemini, null);
    await page.locator("#notice button").click();
    await page.waitForSelector("#answer[data-phase=done]");
  });

  it("says that one is offline, and leaves the last answer", async () => {
    const { page } = visit;
    await visit.rank();
    await page.context().setOffline(true);
    await visit.rank();
    expect(await visit.state("offline")).toContain(
      "You are offline. Your text is kept. The last result stays below.",
    );
    expect(await page.locator("#ranking button").count()).toBe(24);
    await inspect(visit, "offline");
    await page.context().setOffline(false);
    await visit.rank();
    await visit.state("cached");
  });
});

describe("what people and models write", () => {
  it("is shown as text, whatever it says", async () => {
    const { page } = visit;
    const hostile = [
      `<img src=x onerror="window.owned=1">`,
      `<script>window.owned=1</script>`,
      `<svg onload="window.owned=1"><a href="javascript:window.owned=1">x</a></svg>`,
      `"><iframe srcdoc="<script>parent.owned=1</script>">`,
      "{{constructor.constructor('window.owned=1')()}}",
      "\u202egnirts desrever\u202c \u2066hidden\u2069",
      "W".repeat(120),
      "𒐫".repeat(60),
    ];
    const themes = hostile.map((label, index) => ({
      id: `t${index}`,
      label,
      description: `${label} and more`.slice(0, 500),
    }));
    await page.locator("#paste-themes").click();
    await page.locator("#paste-text").fill(JSON.stringify(themes));
    await page.locator("#paste-replace").click();
    const text = `${hostile.join(" ")} ${"long".repeat(400)}`;
    await page.locator("#text").fill(text);
    // The fake writes the text's own first words into its summary.
    await visit.rank();
    const shown = await page.locator("#ranking .name").allTextContents();
    expect(shown.toSorted()).toEqual(hostile.toSorted());
    expect(await page.locator("#summary").innerText()).toContain("<img src=x");
    const buttons = await page.locator("#ranking button").count();
    for (let index = 0; index < buttons; index += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await page.locator("#ranking button").nth(index).click();
    }
    const tabs = await page.locator("[role=tab]").count();
    for (let index = 0; index < tabs; index += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await page.locator("[role=tab]").nth(index).click();
    }
    const made = "document.querySelectorAll('main :is(img, svg, script, iframe, a)').length";
    expect(await page.evaluate<number>(made)).toBe(0);
    expect(await page.evaluate<unknown>("window.owned ?? null")).toBeNull();
    const isolated = "getComputedStyle(document.querySelector('#ranking .name')).unicodeBidi";
    expect(await page.evaluate<string>(isolated)).toBe("isolate");
    await inspect(visit, "hostile");
  });
});

describe("its pace", () => {
  it("puts a ranking on the screen soon after its arrival; the run prints how soon", async () => {
    const { page } = visit;
    const runs = 15;
    for (let run = 0; run < runs; run += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await visit.rank();
    }
    await expect.poll(() => painted(page), patient).toHaveLength(runs);
    const times = await painted(page);
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(share * (runs - 1))] ?? 0).toFixed(1);
    process.stdout.write(
      `From a ranking's arrival to its frame: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, n = ${runs}.\n`,
    );
    expect(sorted).toHaveLength(runs);
  });
});

describe("a gateway that goes away", () => {
  it("is a connection that broke in the middle, and no answer after that", async () => {
    fail(gemini, { kind: "stream", events: 1, ending: "stall", path: ":streamGenerateContent" });
    const { page } = visit;
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => page.locator("#summary").textContent(), patient).not.toBe("");
    await stack?.stop();
    stack = undefined;
    expect(await visit.state("cut")).toContain("The ranking is complete, the summary is not.");
    await inspect(visit, "cut");
    await visit.rank();
    expect(await visit.state("unreachable")).toContain("The gateway does not answer.");
    await inspect(visit, "unreachable");
  });
});
