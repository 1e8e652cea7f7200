// `npm start`: checks that this Node can run the rest, in syntax that any Node reads.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `themerank needs Node 22.18 or newer; this is ${process.versions.node}.\n` +
      "On Linux and Windows `npm install` brings one along; on a Mac install it from nodejs.org.",
  );
  process.exitCode = 1;
} else {
  const stack = await import("./stack.ts").catch(tellWhatIsMissing);
  process.exitCode = stack === null ? 1 : await stack.start(process.argv.slice(2));
}

/** A package or a file that is not there is no defect: its stack would say nothing more. */
function tellWhatIsMissing(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const [, name] = /^Cannot find package '([^']+)'/.exec(error.message) ?? [];
  if (name === undefined) console.error(`${error.message}.`);
  else console.error(`A dependency is missing, ${name}: run npm install first.`);
  return null;
}
