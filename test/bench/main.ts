// `npm run bench -- NAME`: runs one benchmark, prints its table and writes its figures as JSON.
import { benchCache } from "./cache.ts";
import { benchFlow } from "./flow/flow.ts";
import { benchGateway } from "./gateway/gateway.ts";
import { benchOrigin } from "./origin.ts";
import { benchOutage } from "./outage.ts";
import { benchScaling } from "./scaling/scaling.ts";
import { benchTelemetry } from "./telemetry.ts";
import { benchTenants } from "./tenants.ts";

const benches: Record<string, (args: readonly string[]) => Promise<void>> = {
  cache: benchCache,
  flow: benchFlow,
  gateway: benchGateway,
  origin: benchOrigin,
  outage: benchOutage,
  scaling: benchScaling,
  telemetry: benchTelemetry,
  tenants: benchTenants,
};

const [name = "", ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(`npm run bench -- NAME, NAME being one of: ${Object.keys(benches).join(", ")}`);
  process.exitCode = 2;
} else {
  await bench(args);
}
