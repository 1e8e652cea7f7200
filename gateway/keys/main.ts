// `npm run keys -- create|list|revoke|rotate|purge`: API keys, and a tenant's cache.
import { perform } from "./commands.ts";
import { BadCommand, readCommand } from "./options.ts";
import { stateOf, StateFault } from "./state.ts";

try {
  const { command, place } = readCommand(process.argv.slice(2));
  const said = await perform(command, stateOf(place), place.remote ? "live" : "test");
  console.error(said.note);
  if (said.out !== "") console.log(said.out);
} catch (error) {
  if (!(error instanceof BadCommand || error instanceof StateFault)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
