// How the pages look: one column on a phone, contents beside it on a screen, light and dark.

export const style = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1b1f24, #e4e7eb);
  --soft: light-dark(#57606a, #a3adb8);
  --paper: light-dark(#ffffff, #14171b);
  --field: light-dark(#f3f5f7, #1e2329);
  --line: light-dark(#d8dee4, #353c44);
  --link: light-dark(#0a58b8, #7db7ff);
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
code { background: var(--field); padding: 0.1em 0.3em; border-radius: 4px; }
pre { background: var(--field); border: 1px solid var(--line); border-radius: 6px; padding: 0.75rem 1rem; overflow-x: auto; overflow-wrap: normal; max-height: 30rem; }
pre code { background: none; padding: 0; }
header, main, nav { padding: 0 1rem; }
main { max-width: 52rem; padding-bottom: 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.5rem 0 0.5rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 0.5rem; border-top: 1px solid var(--line); padding-top: 1.5rem; }
h3 { font-size: 1.05rem; margin: 2rem 0 0.25rem; }
h4 { font-size: 0.9rem; margin: 1.25rem 0 0.25rem; color: var(--soft); }
.route { font-weight: 600; }
.route .soft { font-weight: 400; }
.method { color: var(--soft); font-weight: 700; }
.soft { color: var(--soft); }
.fields { list-style: none; padding: 0; margin: 0.5rem 0; }
.fields li { margin-top: 0.6rem; }
.fields p { margin: 0 0 0 1rem; }
ul { padding-left: 1.2rem; }
nav ul { list-style: none; padding: 0; margin: 0.25rem 0 1rem; }
nav a { display: inline-block; padding: 0.15rem 0; min-height: 1.5rem; }
summary { cursor: pointer; padding: 0.25rem 0; }
@media (min-width: 60rem) {
  .beside { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 1rem; }
  .beside nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; border-right: 1px solid var(--line); padding-top: 1rem; }
}
`;
