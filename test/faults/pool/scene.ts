// What each test of the matrix begins and ends with: healed upstreams, empty stores, a clock of its own.
import { reset } from "cloudflare:test";
import { afterEach, beforeEach, vi } from "vitest";
import { gemini, moveOn, origin, Watch } from "./isolate.ts";

const realNow = Date.now;

interface Scene {
  watch: Watch;
  /** Moves the Worker's clock; timeouts run on the real one. */
  advance: (ms: number) => void;
  /** What Math.random gives. */
  chance: number;
}

/** Filled anew before each test. */
export function useScene(): Scene {
  const scene: Scene = { watch: null as unknown as Watch, advance: () => undefined, chance: 0.5 };
  beforeEach(() => {
    let aheadMs = 0;
    moveOn();
    vi.spyOn(Date, "now").mockImplementation(() => realNow() + aheadMs);
    vi.spyOn(Math, "random").mockImplementation(() => scene.chance);
    scene.advance = (ms) => (aheadMs += ms);
    scene.chance = 0.5;
    scene.watch = new Watch();
  });
  afterEach(async () => {
    await Promise.all([origin.heal(), gemini.heal()]);
    await scene.watch.settled();
    vi.restoreAllMocks();
    await reset();
  });
  return scene;
}
