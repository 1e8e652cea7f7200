// `npm start`: checks that this Node can run the rest, in syntax that any Node reads.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `themerank needs Node 22.18 or newer; this is ${process.versions.node}.\n` +
      "On Linux and Windows `npm install` brings one along; on a Mac install it from nodejs.org.",
  );
  process.exitCode = 1;
} else {
  const { start } = await import("./stack.ts");
  process.exitCode = await start(process.argv.slice(2));
}
