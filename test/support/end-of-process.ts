// Ends a process whose work is over. Node 24 takes itself down by waiting until every handle is closed,
// and at times one of them, of what bundles the tests, never is: it then spins for ever after a green
// summary (seen in uv_run below node::FreeEnvironment).

process.once("beforeExit", () => {
  // Last of the listeners: what others tidy up is tidied up.
  process.once("exit", (code) => process.exit(code));
});
